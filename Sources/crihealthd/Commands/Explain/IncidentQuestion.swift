// SPDX-License-Identifier: Apache-2.0
import HealthEndpoint
import HealthModel

/// Asks the daemon about one incident.
enum IncidentQuestion {
    /// Whether a word is meant as an id: `RuntimeDown-66af9f101c9c2774`, or eight to sixteen of its digits.
    static func isID(_ name: String) -> Bool {
        guard let digits = name.split(separator: "-", omittingEmptySubsequences: false).last else {
            return false
        }
        return (8...16).contains(digits.utf8.count) && digits.allSatisfy(\.isHexDigit)
            && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
    }

    /// Everything about it; nil when the daemon does not know it.
    static func ask(
        _ targets: [ListenAddress], id: String, _ output: OutputFormat = .text, width: Int,
        deadline: Duration = .seconds(5)
    ) throws(StatusAnswer.NoAnswer) -> String? {
        let isText = output == .text
        let path = "/v1/incidents/\(id)" + (isText ? ".txt?width=\(width)" : "?pretty")
        let answer = try StatusAnswer.firstAnswer(
            of: targets, path, isText ? "text/plain" : "application/json", deadline, accepting: [200, 404]
        ) { $0 }
        guard answer.status == 200 else { return nil }
        let body = String(decoding: answer.body, as: UTF8.self)
        return isText ? TerminalText.page(body) : body
    }
}
