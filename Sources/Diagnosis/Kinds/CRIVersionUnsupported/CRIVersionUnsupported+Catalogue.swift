// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension Catalogue {
    /// ``IncidentKind/criVersionUnsupported``.
    static let criVersionUnsupported = Catalogue(
        .criVersionUnsupported, condition: .criVersionSupported,
        messageID: "1017072293be4373b679867727eada34", runbook: PackageResources.CRIVersionUnsupported_md,
        speaksOfAll: true, owns: [.kubeletCRIUnsupported, .clientCRIUnsupported],
        folds: [.kubeletRuntimeDown, .kubeletPLEG, .kubeletRuntimeUnreachable, .kubeletNotReady],
        causes: [
            .init(.criPluginDisabled, .warning, .critical),
            .init(.criPluginFailed, .warning, .critical),
            .init(.runtimeTooOld, .warning, .critical),
            .init(.criNotServed, .warning, .critical),
        ])
}
