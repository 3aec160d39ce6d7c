// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What one question about an endpoint told.
struct Climb: Equatable, Codable, Sendable {
    /// Of each rung that was asked, lowest first; one that failed is the last.
    var reports: [ProbeReport] = []
    /// Whether the server behind the socket greets in time; nil: it was not asked, or could not be.
    var greets: Bool?
}
