import Diagnosis
import Logging
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

    /// The shipped advisories and those of `advisories.d` beside the rules' directory (`/etc/crihealthd/rules.d`). A file that
    /// cannot be read is told and leaves the shipped table as it is: advice is worth no start that fails.
    static func advisories(besideRules directory: String, _ logger: Logger) -> AdvisoryTable {
        let parent = directory.lastIndex(of: "/").map { String(directory[..<$0]) } ?? "."
        do throws(RuleError) {
            return try AdvisoryTable.load(directory: parent + "/advisories.d")
        } catch {
            logger.error("advisories are not read; those of the binary are used", error: error)
            return .embedded
        }
    }
}
