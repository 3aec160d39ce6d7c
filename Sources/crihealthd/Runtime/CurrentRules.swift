import Diagnosis
import Synchronization

/// The rules in force, shared by the engine's owner and the journal's prefilter.
final class CurrentRules: Sendable {
    private let rules: Mutex<SignalRules>

    /// Starts with these.
    init(_ rules: SignalRules) { self.rules = Mutex(rules) }

    /// The rules now.
    var value: SignalRules {
        get { rules.withLock { $0 } }
        set { rules.withLock { $0 = newValue } }
    }

    /// The shipped rules and those of `directory`.
    static func load(directory: String) throws(RuleError) -> SignalRules {
        try SignalRules.load(directory: directory, over: try SignalRules.shipped())
    }
}
