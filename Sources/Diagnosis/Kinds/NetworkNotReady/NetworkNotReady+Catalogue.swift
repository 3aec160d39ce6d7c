// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension Catalogue {
    /// ``IncidentKind/networkNotReady``.
    static let networkNotReady = Catalogue(
        .networkNotReady, condition: .networkReady, messageID: "5ec6df9a06ba43108b7ed1fce1f2cf84",
        runbook: PackageResources.NetworkNotReady_md, speaksOfAll: true,
        owns: [.kubeletNetworkNotReady, .sandboxNetworkFailed], folds: [.kubeletNotReady, .createFailed],
        causes: [
            .init(.cniPluginMissing, .critical),
            .init(.cniConfigInvalid, .critical),
            .init(.cniDirectoryMissing, .critical),
            .init(.cniConfigNotLoaded, .critical),
            .init(.cniConfigMissing, .critical),
            .init(.cniNotInitialized, .critical),
        ])
}
