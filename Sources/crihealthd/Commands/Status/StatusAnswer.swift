// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import Glibc
import HealthEndpoint
import HealthModel

/// What the daemon said.
struct StatusAnswer: Equatable {
    /// Nobody answered well: one line per address.
    struct NoAnswer: Error, Equatable, CustomStringConvertible {
        /// Why not, in the order of asking.
        var reasons: [String]
        /// Whether it was a right that was missing.
        var isDenied = false

        var description: String { reasons.joined(separator: "\n") }

        /// What to do about it.
        var hint: String {
            isDenied
                ? "This user is not allowed to connect: ask as root (sudo crihealthd status)."
                : "See `systemctl status crihealthd`. Without the daemon, `crihealthd check` looks once, as root."
        }
    }

    private struct State: Decodable {
        var verdict: Snapshot.Verdict
    }

    /// As it is printed.
    var text: String
    /// The one word.
    var verdict: Snapshot.Verdict

    /// Asks one after the other until one answers. `width` is that of the text.
    static func ask(
        _ targets: [ListenAddress], format: OutputFormat, width: Int = 80, zone: UTCOffset = .utc,
        deadline: Duration = .seconds(5)
    ) throws(NoAnswer) -> StatusAnswer {
        switch format {
        case .text:
            // A daemon of an earlier release knows no zone, and says UTC.
            let path = "/?width=\(width)" + (zone == .utc ? "" : "&zone=\(zone.text)")
            return try firstAnswer(of: targets, path, "text/plain", deadline) { answer in
                let page = TerminalText.page(String(decoding: answer.body, as: UTF8.self))
                return verdict(ofPage: page).map { StatusAnswer(text: page, verdict: $0) }
            }
        case .json:
            return try firstAnswer(of: targets, "/v1/state?pretty", "application/json", deadline) { answer in
                guard let state = try? JSONDecoder().decode(State.self, from: Data(answer.body)) else {
                    return nil
                }
                return StatusAnswer(
                    text: TerminalText.json(String(decoding: answer.body, as: UTF8.self)),
                    verdict: state.verdict)
            }
        }
    }

    /// The first answer with one of these statuses that `read` understands.
    static func firstAnswer<Answer>(
        of targets: [ListenAddress], _ path: String, _ accept: String, _ deadline: Duration,
        accepting statuses: Set<Int> = [200], _ read: (HTTPAnswer) -> Answer?
    ) throws(NoAnswer) -> Answer {
        var failure = NoAnswer(reasons: [])
        for target in targets {
            do throws(HTTPClientError) {
                let answer = try HTTPClient(target: target, deadline: deadline).get(path, accept: accept)
                if statuses.contains(answer.status), let result = read(answer) { return result }
                failure.reasons.append("\(target): " + complaint(answer))
            } catch {
                failure.reasons.append(error.description)
                failure.isDenied = failure.isDenied || error.errno == EACCES
            }
        }
        if failure.reasons.isEmpty { failure.reasons = ["the configuration names no address"] }
        throw failure
    }

    /// What a daemon that does not run says with its last words, or that this is none.
    private static func complaint(_ answer: HTTPAnswer) -> String {
        let text = TerminalText.line(String(decoding: answer.body.prefix(2048), as: UTF8.self))
        return answer.status == 503 && text.hasPrefix(LastWords.beginning)
            ? text : "this is not crihealthd (HTTP status \(answer.status))"
    }

    /// The page leads with its verdict in capitals.
    private static func verdict(ofPage page: String) -> Snapshot.Verdict? {
        let word = page.prefix(16).prefix { $0 != " " && $0 != "\n" }
        return Snapshot.Verdict(rawValue: word.lowercased())
    }
}
