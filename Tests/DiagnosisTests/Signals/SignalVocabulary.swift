// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Which signals raise nothing by themselves.
enum SignalVocabulary {
    /// Context: a healthy node shows them, too.
    static let context: Set<SignalName> = [
        .runtimeStarting, .runtimeBooted, .runtimeServing, .recoveryStarted, .runtimeStopping,
        .criPluginLoading,
        .createSucceeded, .containerRequested, .pullSucceeded, .uncleanShutdown,
        .sandboxRequested, .containerOOMKilled, .deprecated, .kubeletVersion, .ociRuntimeVersion,
        .containerStateUnknown, .cniLoaded, .benign, .noted,
        .startPreWords, .deadShimCleaned, .kubeletConnected, .kubeletNodeReady, .kubeletWaits,
        .embeddedRuntimeLog, .embeddedRuntimeRuns, .embeddedRuntimeWaiting,
        .requestBegun, .requestEnded, .nodeRecovered, .shimCleaned, .unitEndedBadly,
    ]

    /// The names of `signals` that mean trouble; what only a pod can do to itself is none.
    static func alarms(_ signals: [Signal]) -> Set<String> {
        Set(
            signals.filter { !context.contains($0.name) && $0.captures["scope"] != "pod" }
                .map(\.name.rawValue))
    }
}
