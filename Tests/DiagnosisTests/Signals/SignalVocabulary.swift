import HealthModel

/// Which signals raise nothing by themselves.
enum SignalVocabulary {
    /// Context: a healthy node shows them, too.
    static let context: Set<SignalName> = [
        .runtimeStarting, .runtimeBooted, .runtimeServing, .recoveryStarted, .runtimeStopping,
        .criPluginLoading,
        .createSucceeded,
        .sandboxRequested, .containerOOMKilled, .deprecated, .kubeletVersion, .ociRuntimeVersion,
        .containerStateUnknown, .cniLoaded, .benign, .noted,
    ]

    /// The names of `signals` that mean trouble.
    static func alarms(_ signals: [Signal]) -> Set<String> {
        Set(signals.map(\.name).filter { !context.contains($0) }.map(\.rawValue))
    }
}
