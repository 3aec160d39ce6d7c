// SPDX-License-Identifier: Apache-2.0
import Diagnosis
import HealthEndpoint
import HealthModel

/// What `crihealthd replay` prints: the verdict at the end, then every incident that was ever shown.
enum ReplayText {
    /// A change as it is told while it plays: `12:00:03  CRITICAL  containerd was killed (SIGKILL)`.
    static func line(_ transition: Transition, width: Int) -> String {
        let tag = tag(transition)
        let lead =
            transition.at.wall.clock + "  " + tag + String(repeating: " ", count: max(0, 10 - tag.utf8.count))
        return TerminalText.wrap(transition.incident.sentence, lead: lead, indent: 20, columns: width)
    }

    /// The word in front.
    static func tag(_ transition: Transition) -> String {
        switch transition.incident.status {
        case .suspected: "SUSPECT"
        case .resolved: "RESOLVED"
        case .confirmed: transition.incident.severity.rawValue.uppercased()
        }
    }

    /// The page of a whole recording; `survey` is there for one of text.
    static func render(_ replayer: Replayer, at now: Moment, width: Int, survey: TextSurvey? = nil) -> String
    {
        var snapshot = replayer.engine.snapshot(at: now)
        if survey != nil, snapshot.verdict == .unknown, snapshot.open.isEmpty {
            snapshot.headline = "log lines alone do not tell whether the runtime answers"
        }
        let incidents = replayer.incidents.map { IncidentText.render($0, width: width) }
        var told = incidents
        if incidents.isEmpty {
            told = [nothing(replayer.engine, isText: survey != nil, width: width)]
        }
        let unexplained = UnexplainedText.render(snapshot.unexplained, now: now.wall, width: width)
        if !unexplained.isEmpty { told.append(String(unexplained.drop { $0 == "\n" })) }
        told +=
            survey?.missing(until: now.wall).map {
                TerminalText.wrap($0, lead: "", indent: 0, columns: width)
            } ?? []
        return ([TextPage.verdict(snapshot, width: width, origin: .recording)] + told).joined(separator: "\n")
    }

    private static func nothing(_ engine: Engine, isText: Bool, width: Int) -> String {
        let failed = PodFailureText.render(engine.podFailures, width: width)
        if !failed.isEmpty { return failed }
        return isText
            ? "No incident: no line in it is a fault that crihealthd knows.\n"
            : "No incident: nothing was wrong that crihealthd knows of.\n"
    }
}
