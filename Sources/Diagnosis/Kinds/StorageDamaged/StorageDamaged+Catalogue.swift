// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension Catalogue {
    /// ``IncidentKind/storageDamaged``.
    static let storageDamaged = Catalogue(
        .storageDamaged, condition: .runtimeReady, messageID: "c58f2b7e9d614a03b7e8a4f1963d0c2e",
        runbook: PackageResources.StorageDamaged_md, speaksOfAll: true, folds: [.createFailed, .pullFailed],
        causes: [
            .init(.databaseCorrupt, .critical),
            .init(.snapshotterMismatch, .critical),
            .init(.snapshotMissing, .critical),
            .init(.contentMissing, .critical),
            .init(.layerMissing, .critical),
        ])
}
