// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension Catalogue {
    /// ``IncidentKind/plegUnhealthy``.
    static let plegUnhealthy = Catalogue(
        .plegUnhealthy, condition: .kubeletReady, messageID: "b94e07c6a1d3427fa8c25e6f913b0d74",
        runbook: PackageResources.PLEGUnhealthy_md, speaksOfAll: true, owns: [.kubeletPLEG],
        folds: [.kubeletNotReady],
        causes: [
            .init(.storageHangs, .critical),
            .init(.sandboxHangs, .critical),
            .init(.runtimeHangs, .critical),
            .init(.unexplained, .warning),
        ])
}
