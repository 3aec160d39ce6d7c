// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import HealthEndpoint
import HealthModel

/// The node in one line, for a prompt, a script or a login.
struct ShortStatus: Equatable {
    private struct State: Decodable {
        struct Incident: Decodable {
            var openedAt: WallTime
        }
        var verdict: Snapshot.Verdict
        var headline: String
        var openIncidents: [Incident]
    }

    /// Longest a login waits for it.
    static let patience: Duration = .milliseconds(200)

    /// The one word.
    var verdict: Snapshot.Verdict
    /// `containerd was killed (SIGKILL)`.
    var headline: String
    /// When the worst open incident began; nil when none is open.
    var since: WallTime?

    /// Asks the daemon; `deadline` is over each address.
    static func ask(
        _ targets: [ListenAddress], deadline: Duration = .seconds(5)
    ) throws(StatusAnswer.NoAnswer) -> ShortStatus {
        try StatusAnswer.firstAnswer(of: targets, "/v1/state", "application/json", deadline) { answer in
            (try? JSONDecoder().decode(State.self, from: Data(answer.body))).map { state in
                ShortStatus(
                    verdict: state.verdict, headline: state.headline,
                    since: state.openIncidents.first?.openedAt)
            }
        }
    }

    /// `UNHEALTHY since 2026-11-22 12:00:03 UTC: containerd was killed (SIGKILL)`.
    var line: String {
        let since = since.map { " since \($0.date) \($0.clock) UTC" } ?? ""
        return TerminalText.line("\(verdict.rawValue.uppercased())\(since): \(headline)") + "\n"
    }

    /// What a login is shown: nothing of a node that is well, or of which nothing is known.
    var banner: String {
        switch verdict {
        case .healthy, .unknown: ""
        case .degraded, .unhealthy: "crihealthd: \(line)            crihealthd status tells more\n"
        }
    }
}
