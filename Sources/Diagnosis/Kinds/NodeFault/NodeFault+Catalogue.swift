// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension Catalogue {
    /// ``IncidentKind/nodeFault``.
    static let nodeFault = Catalogue(
        .nodeFault, condition: .nodeResourcesOK, messageID: "6a2d9f418c7b4e53b0e1f7a95d3c8246",
        runbook: PackageResources.NodeFault_md,
        speaksOfAll: true, folds: [.createFailed, .kubeletNotReady, .kubeletPLEG, .stopFailed],
        causes: [
            .init(.fileSystemDamaged, .warning, .critical),
            .init(.fileSystemReadOnly, .warning, .critical),
            .init(.diskErrors, .warning, .critical),
            .init(.storageHangs, .warning, .critical),
            .init(.netDeviceLeaked, .warning),
            .init(.pidsExhausted, .critical),
            .init(.filesExhausted, .critical),
            .init(.inotifyExhausted, .warning, .critical),
            .init(.memoryCgroupLeak, .critical),
            .init(.outOfMemory, .critical),
            .init(.inodesExhausted, .critical),
            .init(.diskFull, .critical),
            .init(.diskPressure, .warning),
            .init(.memoryPressure, .warning),
            .init(.busUnresponsive, .warning),
        ])
}
