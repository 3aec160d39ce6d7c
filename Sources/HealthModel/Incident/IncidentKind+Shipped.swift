// SPDX-License-Identifier: Apache-2.0
extension IncidentKind {
    /// The kinds that crihealthd itself diagnoses or advises on, by name; each has a runbook.
    public static let shipped: [IncidentKind] = [
        .addressInUse, .containerStuck, .createFailing, .criVersionUnsupported, .imagePullFailing,
        .knownDefect,
        .kubeletDown, .monitoringImpaired, .networkNotReady, .nodeFault, .orphanedContainers, .plegUnhealthy,
        .podNetworkFailing, .runtimeDown, .runtimeSwitched, .shutdownNotGraceful, .statusBlocked,
        .storageDamaged,
        .upgradeIncomplete,
    ]
}
