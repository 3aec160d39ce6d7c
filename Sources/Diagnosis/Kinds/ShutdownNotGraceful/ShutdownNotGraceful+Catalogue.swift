// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension Catalogue {
    /// ``IncidentKind/shutdownNotGraceful``.
    static let shutdownNotGraceful = Catalogue(
        .shutdownNotGraceful, condition: .shutdownGraceful, messageID: "fe14175105e04c57afbec26ceaf0c98a",
        runbook: PackageResources.ShutdownNotGraceful_md,
        causes: [
            .init(.happened, .warning),
            .init(.exposed, .warning),
        ])
}
