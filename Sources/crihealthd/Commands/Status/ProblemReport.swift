// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import HealthEndpoint
import HealthModel

/// A condition in the form that node-problem-detector's custom plugins have: an exit status and one line on standard
/// output (its `docs/custom_plugin_monitor.md`; what is longer than `max_output_length`, 80 bytes, is cut by it).
struct ProblemReport: Equatable {
    /// Exit statuses of such a plugin: anything but 0 and 1 is unknown.
    enum Status: Int32, Equatable {
        /// No problem: the condition is True, or not applicable.
        case ok = 0
        /// The condition is False.
        case problem = 1
        /// It is not known.
        case unknown = 2
    }

    /// Longest line in bytes, its line break not counted.
    static let limit = 80
    /// For each address: two of them fit in the plugin's five seconds.
    static let deadline: Duration = .seconds(2)

    private struct State: Decodable {
        struct Condition: Decodable {
            var type: String
            var status: HealthModel.Condition.Status
            var reason: String
            var message: String
        }
        var conditions: [Condition]
    }

    /// The exit status.
    var status: Status
    /// What is printed, however long.
    var message: String

    /// Asks the daemon about a condition, whatever the case of its name.
    static func ask(_ targets: [ListenAddress], condition name: String) -> ProblemReport {
        do throws(StatusAnswer.NoAnswer) {
            let state = try StatusAnswer.firstAnswer(
                of: targets, "/v1/state", "application/json", deadline
            ) { try? JSONDecoder().decode(State.self, from: Data($0.body)) }
            return report(state, name)
        } catch {
            return ProblemReport(status: .unknown, message: "crihealthd does not answer: \(error)")
        }
    }

    private static func report(_ state: State, _ name: String) -> ProblemReport {
        guard let found = state.conditions.first(where: { $0.type.lowercased() == name.lowercased() }) else {
            return ProblemReport(status: .unknown, message: "crihealthd knows no condition \(name)")
        }
        let status: Status =
            switch found.status {
            case .true: .ok
            case .false: .problem
            // This node has nothing that it could be about: Unknown for ever would be a condition of its own.
            case .unknown: found.reason == "NotApplicable" ? .ok : .unknown
            }
        let words = [found.reason, found.message].filter { !$0.isEmpty }
        return ProblemReport(status: status, message: words.joined(separator: ": "))
    }

    /// One line of printable text, cut at a whole character.
    var line: String {
        let text = TerminalText.line(message)
        guard text.utf8.count > Self.limit else { return text + "\n" }
        var kept = ""
        for character in text {
            guard kept.utf8.count + character.utf8.count <= Self.limit - 3 else { break }
            kept.append(character)
        }
        return kept + "...\n"
    }
}
