// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension Catalogue {
    /// ``IncidentKind/knownDefect``.
    static let knownDefect = Catalogue(
        .knownDefect, messageID: "9eb5e9436d1c4ebfb65cdf1b01c6f0c3", runbook: PackageResources.KnownDefect_md,
        causes: [])
}
