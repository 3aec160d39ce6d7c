// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension Catalogue {
    /// ``IncidentKind/runtimeSwitched``.
    static let runtimeSwitched = Catalogue(
        .runtimeSwitched, condition: .containersTracked, messageID: "04914fe7af1d46269ae8375a5373d60f",
        runbook: PackageResources.RuntimeSwitched_md, speaksOfAll: true,
        folds: [
            .kubeletRuntimeDown, .kubeletPLEG, .kubeletRuntimeUnreachable, .kubeletNetworkNotReady,
            .kubeletNotReady, .createFailed,
        ],
        causes: [
            .init(.startBlocked, .critical),
            .init(.containersLost, .critical),
            .init(.containersOrphaned, .critical),
        ])
}
