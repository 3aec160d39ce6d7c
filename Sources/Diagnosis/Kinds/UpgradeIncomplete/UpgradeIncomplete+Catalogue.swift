// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension Catalogue {
    /// ``IncidentKind/upgradeIncomplete``.
    static let upgradeIncomplete = Catalogue(
        .upgradeIncomplete, condition: .upgradeComplete, messageID: "b8c608a326994ae78df34fcc1bfc97c3",
        runbook: PackageResources.UpgradeIncomplete_md, speaksOfAll: true,
        causes: [
            .init(.binaryRemoved, .warning),
            .init(.restartPending, .warning),
            .init(.unitPointsElsewhere, .warning),
            .init(.twoInstalls, .warning),
            .init(.oldShims, .info),
        ])
}
