import Diagnosis
import HealthEndpoint
import HealthModel

/// What `crihealthd replay` prints: the verdict at the end, then every incident that was ever shown.
enum ReplayText {
    static func render(_ replayer: Replayer, at now: Moment, width: Int) -> String {
        let snapshot = replayer.engine.snapshot(at: now)
        let incidents = replayer.incidents.map { IncidentText.render($0, width: width) }
        let told =
            incidents.isEmpty ? ["No incident: nothing was wrong that crihealthd knows of.\n"] : incidents
        return ([TextPage.verdict(snapshot, width: width, origin: .recording)] + told).joined(separator: "\n")
    }
}
