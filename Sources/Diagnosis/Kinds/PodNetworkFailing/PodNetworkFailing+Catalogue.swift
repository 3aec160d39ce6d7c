import HealthModel

extension Catalogue {
    /// ``IncidentKind/podNetworkFailing``.
    static let podNetworkFailing = Catalogue(
        .podNetworkFailing, condition: .networkReady, messageID: "e07b5c93f2a8416d9c4b8e1a7f60d352",
        runbook: PackageResources.PodNetworkFailing_md, speaksOfAll: true, owns: [.sandboxNetworkFailed],
        folds: [.createFailed, .kubeletNotReady],
        causes: [
            .init(.cniPluginMissing, .critical),
            .init(.cniConfigStale, .critical),
            .init(.cniAgentDown, .critical),
            .init(.cniDependencyNotReady, .critical),
            .init(.cniVersionIncompatible, .critical),
            .init(.addressesExhausted, .critical),
            .init(.addressConflict, .critical),
            .init(.iptablesFailed, .critical),
            .init(.cniAddHangs, .critical),
            .init(.cniAddFails, .critical),
        ])
}
