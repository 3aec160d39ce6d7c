// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension Catalogue {
    /// ``IncidentKind/kubeletDown``.
    static let kubeletDown = Catalogue(
        .kubeletDown, condition: .kubeletReady, messageID: "3f1c8a7d52e94b0e9a6d1b7c40f2e815",
        runbook: PackageResources.KubeletDown_md,
        speaksOfAll: true, folds: [.kubeletNotReady],
        causes: [
            .init(.certificateExpired, .critical),
            .init(.cgroupDriverMismatch, .critical),
            .init(.cgroupVersionUnsupported, .critical),
            .init(.cpuManagerStateInvalid, .critical),
            .init(.endpointMissing, .critical),
            .init(.criVersionUnsupported, .critical),
            .init(.flagRemoved, .critical),
            .init(.configInvalid, .critical),
            .init(.swapOn, .critical),
            .init(.cgroupSetupFailed, .critical),
            .init(.inotifyExhausted, .critical),
            .init(.addressInUse, .critical),
            .init(.diskFull, .critical),
            .init(.pathUnusable, .critical),
            .init(.binaryMissing, .critical),
            .init(.binaryUnusable, .critical),
            .init(.oomKilled, .critical),
            .init(.watchdogTimeout, .critical),
            .init(.crashed, .critical),
            .init(.dependencyFailed, .critical),
            .init(.crashLooping, .critical),
            .init(.killed, .critical),
            .init(.exited, .critical),
            .init(.leftStopped, .critical),
            .init(.stopped, .critical),
        ])
}
