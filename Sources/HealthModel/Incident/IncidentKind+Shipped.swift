extension IncidentKind {
    /// The kinds that crihealthd itself diagnoses or advises on, by name; each has a runbook.
    public static let shipped: [IncidentKind] = [
        .addressInUse, .containerStuck, .createFailing, .criVersionUnsupported, .knownDefect,
        .monitoringImpaired,
        .networkNotReady, .orphanedContainers, .runtimeDown, .runtimeSwitched, .shutdownNotGraceful,
        .statusBlocked,
        .upgradeIncomplete,
    ]
}
