// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension Catalogue {
    /// ``IncidentKind/podNetworkFailing``.
    static let podNetworkFailing = Catalogue(
        .podNetworkFailing, condition: .networkReady, messageID: "e07b5c93f2a8416d9c4b8e1a7f60d352",
        runbook: PackageResources.PodNetworkFailing_md, speaksOfAll: true, owns: [.sandboxNetworkFailed],
        folds: [.createFailed, .kubeletNotReady],
        causes: [
            .init(.cniPluginMissing, .warning, .critical),
            .init(.cniConfigStale, .warning, .critical),
            .init(.cniAgentDown, .warning, .critical),
            .init(.cniDependencyNotReady, .warning, .critical),
            .init(.cniVersionIncompatible, .warning, .critical),
            .init(.addressesExhausted, .warning, .critical),
            .init(.addressConflict, .warning, .critical),
            .init(.iptablesFailed, .warning, .critical),
            .init(.cniAddHangs, .warning, .critical),
            .init(.cniAddFails, .warning, .critical),
        ])
}
