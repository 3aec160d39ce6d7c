// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// An incident as the API shows it. These structs are the API: the model can change without it.
struct IncidentJSON: Encodable {
    struct EvidenceJSON: Encodable {
        let time: String
        let source: String
        let summary: String
        let cursor: String?
        let command: String?
    }

    struct ImpactJSON: Encodable {
        let sentence: String
        let pods: Int?
        let runningContainers: Int?
        let podNames: [String]?
    }

    struct StepJSON: Encodable {
        let purpose: String
        let command: String
    }

    struct SymptomJSON: Encodable {
        let name: String
        let summary: String
        let firstSeen: String
        let lastSeen: String
        let count: UInt64
    }

    struct TimelineJSON: Encodable {
        let time: String
        let text: String
    }

    let id: String
    let kind: String
    let cause: String
    let subject: String
    let severity: String
    let status: String
    let sentence: String
    let explanation: String
    let impact: ImpactJSON
    let evidence: [EvidenceJSON]
    let symptoms: [SymptomJSON]
    let nextSteps: [StepJSON]
    let clearsWhen: String
    let timeline: [TimelineJSON]
    let openedAt: String
    let lastSeenAt: String
    /// null while it is open.
    @ExplicitNull var resolvedAt: String?
    let durationSeconds: Double
    let occurrences: UInt32
    /// Absent where nothing is known to have changed.
    let changedBefore: [ChangeJSON]?

    /// `now` ends the duration of an open incident.
    init(_ incident: Incident, now: WallTime) {
        id = incident.id
        kind = incident.kind.rawValue
        cause = incident.cause
        subject = incident.subject
        severity = incident.severity.rawValue
        status = incident.status.rawValue
        sentence = incident.sentence
        explanation = incident.explanation
        impact = ImpactJSON(
            sentence: incident.impact.sentence, pods: incident.impact.pods,
            runningContainers: incident.impact.runningContainers, podNames: incident.impact.podNames)
        evidence = incident.evidence.map {
            EvidenceJSON(
                time: $0.at.description, source: $0.source.rawValue, summary: $0.summary, cursor: $0.cursor,
                command: $0.command)
        }
        symptoms = incident.symptoms.map {
            SymptomJSON(
                name: $0.name, summary: $0.summary, firstSeen: $0.firstSeen.description,
                lastSeen: $0.lastSeen.description, count: $0.count)
        }
        nextSteps = incident.nextSteps.map { StepJSON(purpose: $0.purpose, command: $0.command) }
        clearsWhen = incident.clearsWhen
        timeline = incident.timeline.map { TimelineJSON(time: $0.at.description, text: $0.text) }
        openedAt = incident.openedAt.description
        lastSeenAt = incident.lastSeenAt.description
        _resolvedAt = ExplicitNull(wrappedValue: incident.resolvedAt?.description)
        // A clock that was set back is no time before the beginning.
        durationSeconds = max(0, ((incident.resolvedAt ?? now) - incident.openedAt).seconds)
        occurrences = incident.occurrences
        changedBefore = incident.changedBefore.map { $0.map(ChangeJSON.init) }
    }
}

/// A value that is always there: null stands for nil, where other fields are left out.
@propertyWrapper struct ExplicitNull: Encodable {
    var wrappedValue: String?

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(wrappedValue)
    }
}

/// The answer of `/v1/incidents`.
struct IncidentListJSON: Encodable {
    let time: String
    let incidents: [IncidentJSON]

    init(_ incidents: [Incident], now: WallTime) {
        time = now.description
        self.incidents = incidents.map { IncidentJSON($0, now: now) }
    }
}
