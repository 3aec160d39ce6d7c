// SPDX-License-Identifier: Apache-2.0
import Diagnosis
import HealthEndpoint
import HealthModel

/// What a replay says of failures that opened no incident: nobody should read "nothing" beside a line that says "failed".
enum PodFailureText {
    /// Most that are told one by one; the rest is counted.
    private static let limit = 5

    /// Empty where there are none.
    static func render(_ failures: [PodFailure], width: Int) -> String {
        guard !failures.isEmpty else { return "" }
        let title =
            failures.allSatisfy(\.isOwn)
            ? "No incident: what failed is what the pods themselves ask for."
            : "No incident: pods failed, and these lines do not prove that it is the node."
        var lines = [TerminalText.wrap(title, lead: "", indent: 0, columns: width)]
        for failure in failures.prefix(limit) {
            let times = failure.count == 1 ? "once" : "\(failure.count) times"
            let text =
                "\(failure.pod ?? "a pod"): \(failure.meaning) (\(times), last at \(failure.last.clock))"
            lines.append(
                TerminalText.wrap(TerminalText.line(text), lead: "  ", indent: 4, columns: width))
        }
        if failures.count > limit { lines.append("  and \(failures.count - limit) more\n") }
        return lines.joined()
    }
}
