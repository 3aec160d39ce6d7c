// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension Catalogue {
    /// ``IncidentKind/createFailing``.
    static let createFailing = Catalogue(
        .createFailing, condition: .runtimeReady, messageID: "c4283ecc6e8346e38e088ea5c2e0948d",
        runbook: PackageResources.CreateFailing_md, speaksOfAll: true, owns: [.createFailed],
        causes: [
            .init(.sandboxImageUnavailable, .critical),
            .init(.ociRuntimeMissing, .critical),
            .init(.runtimeHandlerMissing, .critical),
            .init(.hookFailed, .critical),
            .init(.ociRuntimeIncompatible, .critical),
            .init(.engineIncompatible, .critical),
            .init(.cgroupDriverMismatch, .critical),
            .init(.kernelFeatureMissing, .critical),
            .init(.seccompFailed, .critical),
            .init(.appArmorFailed, .critical),
            .init(.securityDenied, .critical),
            .init(.mountFailed, .warning, .critical),
            .init(.diskFull, .critical),
            .init(.cgroupError, .warning, .critical),
            .init(.shimError, .warning, .critical),
            .init(.ociRuntimeError, .warning, .critical),
            .init(.createError, .warning, .critical),
        ])
}
