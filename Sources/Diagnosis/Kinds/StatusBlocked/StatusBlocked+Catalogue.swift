// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension Catalogue {
    /// ``IncidentKind/statusBlocked``.
    static let statusBlocked = Catalogue(
        .statusBlocked, condition: .runtimeReady, messageID: "d688d85f532b4a32b2439f21220df81a",
        runbook: PackageResources.StatusBlocked_md, speaksOfAll: true,
        folds: [
            .kubeletRuntimeDown, .kubeletPLEG, .kubeletRuntimeUnreachable, .kubeletNetworkNotReady,
            .kubeletNotReady, .sandboxNetworkFailed, .createFailed,
        ],
        causes: [
            .init(.knownDefect, .critical),
            .init(.cniAddHangs, .critical),
            .init(.statusHangs, .critical),
        ])
}
