// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Logging

/// How a change of an incident is logged: one line, the sentence first.
enum TransitionLog {
    /// Logs it.
    static func write(_ transition: Transition, to logger: Logger) {
        logger.log(
            level: level(transition), "\(message(transition))",
            metadata: metadata(transition).mapValues { .string($0) })
    }

    /// What is open and critical is an error; what is suspected or over is worth a notice.
    static func level(_ transition: Transition) -> Logger.Level {
        guard transition.incident.status == .confirmed else { return .notice }
        return switch transition.incident.severity {
        case .critical: .error
        case .warning: .warning
        case .info: .notice
        }
    }

    static func message(_ transition: Transition) -> String {
        let incident = transition.incident
        return switch (transition.change, incident.status) {
        case (.resolved, _): "resolved: \(incident.sentence)"
        case (_, .suspected): "suspected: \(incident.sentence)"
        case (.opened, _): incident.sentence
        case (.changed, _): "confirmed: \(incident.sentence)"
        }
    }

    /// The incident's own sentence in a message of ``message(_:)``, or of that of an earlier release (`now: `).
    static func sentence(ofMessage message: String) -> String {
        for prefix in ["resolved: ", "suspected: ", "confirmed: ", "now: "] where message.hasPrefix(prefix) {
            return String(message.dropFirst(prefix.count))
        }
        return message
    }

    static func metadata(_ transition: Transition) -> [String: String] {
        let incident = transition.incident
        return [
            "incident": incident.id, "kind": incident.kind.rawValue, "subject": incident.subject,
            "cause": incident.cause, "severity": incident.severity.rawValue,
            "status": incident.status.rawValue,
        ]
    }
}
