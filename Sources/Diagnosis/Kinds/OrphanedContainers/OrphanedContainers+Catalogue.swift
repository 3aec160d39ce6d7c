// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension Catalogue {
    /// ``IncidentKind/orphanedContainers``.
    static let orphanedContainers = Catalogue(
        .orphanedContainers, condition: .containersTracked, messageID: "f1aace10b60947d1b0fd71060b06b479",
        runbook: PackageResources.OrphanedContainers_md, speaksOfAll: true,
        causes: [
            .init(.unlisted, .warning),
            .init(.calledExited, .warning),
        ])
}
