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

    static func render(_ replayer: Replayer, at now: Moment, width: Int) -> String {
        let snapshot = replayer.engine.snapshot(at: now)
        let incidents = replayer.incidents.map { IncidentText.render($0, width: width) }
        let told =
            incidents.isEmpty ? ["No incident: nothing was wrong that crihealthd knows of.\n"] : incidents
        return ([TextPage.verdict(snapshot, width: width, origin: .recording)] + told).joined(separator: "\n")
    }
}
