// SPDX-License-Identifier: Apache-2.0
import CRI
import Diagnosis
import Glibc
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

    /// The shipped rules and those of `directory` that can be used, and why the others cannot.
    /// Root believes only files that are root's.
    static func load(directory: String) throws(RuleError) -> (rules: SignalRules, refused: [RuleError]) {
        SignalRules.loadUsable(directory: directory, over: try SignalRules.shipped()) { path in
            geteuid() == 0 ? TrustedPath.refusal(of: path)?.description : nil
        }
    }

    /// `advisories.d` beside the rules' directory.
    static func advisoriesDirectory(besideRules directory: String) -> String {
        (directory.lastIndex(of: "/").map { String(directory[..<$0]) } ?? ".") + "/advisories.d"
    }

    /// The shipped advisories and those of `advisories.d` beside the rules' directory (`/etc/crihealthd/rules.d`). A file that
    /// cannot be read is told and leaves the shipped table as it is: advice is worth no start that fails.
    static func advisories(besideRules directory: String, _ logger: Logger) -> AdvisoryTable {
        do throws(RuleError) {
            return try AdvisoryTable.load(directory: advisoriesDirectory(besideRules: directory))
        } catch {
            logger.error("advisories are not read; those of the binary are used", error: error)
            return .embedded
        }
    }
}
