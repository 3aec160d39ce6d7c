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
                ? "This user may not connect: ask as root (sudo crihealthd status)."
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
        _ targets: [ListenAddress], format: OutputFormat, width: Int = 80, deadline: Duration = .seconds(5)
    ) throws(NoAnswer) -> StatusAnswer {
        switch format {
        case .text:
            return try firstAnswer(of: targets, "/?width=\(width)", "text/plain", deadline) { body in
                let page = TerminalText.page(String(decoding: body, as: UTF8.self))
                return verdict(ofPage: page).map { StatusAnswer(text: page, verdict: $0) }
            }
        case .json:
            return try firstAnswer(of: targets, "/v1/state?pretty", "application/json", deadline) { body in
                guard let state = try? JSONDecoder().decode(State.self, from: Data(body)) else { return nil }
                return StatusAnswer(
                    text: TerminalText.json(String(decoding: body, as: UTF8.self)), verdict: state.verdict)
            }
        }
    }

    /// The first body that `read` understands.
    static func firstAnswer<Answer>(
        of targets: [ListenAddress], _ path: String, _ accept: String, _ deadline: Duration,
        _ read: ([UInt8]) -> Answer?
    ) throws(NoAnswer) -> Answer {
        var failure = NoAnswer(reasons: [])
        for target in targets {
            do throws(HTTPClientError) {
                let answer = try HTTPClient(target: target, deadline: deadline).get(path, accept: accept)
                if answer.status == 200, let result = read(answer.body) { return result }
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
