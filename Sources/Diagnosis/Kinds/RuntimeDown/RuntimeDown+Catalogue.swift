// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension Catalogue {
    /// ``IncidentKind/runtimeDown``.
    static let runtimeDown = Catalogue(
        .runtimeDown, condition: .runtimeReady, messageID: "9ed22920c1cb49dab4280d7dac3fbcc3",
        runbook: PackageResources.RuntimeDown_md, speaksOfAll: true,
        owns: [.kubeletRuntimeDown, .kubeletPLEG, .kubeletRuntimeUnreachable, .kubeletNotReady],
        folds: [.kubeletNetworkNotReady, .sandboxNetworkFailed, .createFailed],
        causes: [
            .init(.configInvalid, .critical, isOfOwnStart: true),
            .init(.binaryMissing, .critical, isOfOwnStart: true),
            .init(.binaryUnusable, .critical, isOfOwnStart: true),
            .init(.startPreFailed, .critical, isOfOwnStart: true),
            .init(.addressInUse, .critical, isOfOwnStart: true),
            .init(.addressNotAvailable, .critical, isOfOwnStart: true),
            .init(.networkNotUp, .critical, isOfOwnStart: true),
            .init(.stateLocked, .critical, isOfOwnStart: true),
            .init(.databaseCorrupt, .critical, isOfOwnStart: true),
            .init(.diskFull, .critical, isOfOwnStart: true),
            .init(.securityProfileMissing, .critical, isOfOwnStart: true),
            .init(.kernelFeatureMissing, .critical, isOfOwnStart: true),
            .init(.pathUnusable, .critical, isOfOwnStart: true),
            .init(.engineIncompatible, .critical, isOfOwnStart: true),
            .init(.embeddedRuntimeExited, .critical, isOfOwnStart: true),
            .init(.oomKilled, .critical, isOfOwnStart: true),
            .init(.watchdogTimeout, .critical),
            .init(.crashed, .critical),
            .init(.dependencyFailed, .critical),
            .init(.socketMissing, .critical),
            .init(.recoverySlow, .critical),
            .init(.stuckActivating, .critical),
            .init(.socketTakenOver, .critical),
            .init(.hung, .critical),
            .init(.runtimeNotReady, .critical),
            .init(.startTimeout, .critical),
            .init(.crashLooping, .critical),
            .init(.killed, .critical),
            .init(.exited, .critical),
            .init(.connectionRefused, .critical),
            .init(.apiError, .critical),
            .init(.leftStopped, .critical),
            .init(.stopped, .critical),
            .init(.failed, .critical),
            .init(.reportedByKubelet, .warning),
        ])
}
