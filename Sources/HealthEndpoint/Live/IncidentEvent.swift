// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// A change of an incident, as `/v1/events` and `/v1/stream` tell it. The incident itself is at `/v1/incidents/ID`.
struct IncidentEvent: Hashable, Sendable, Encodable {
    /// Of this event: the run of the daemon and a number that grows by one.
    let id: String
    let time: String
    let change: String
    /// Of the incident.
    let incident: String
    let kind: String
    let cause: String
    let subject: String
    let severity: String
    let status: String
    let sentence: String

    init(_ transition: Transition, id: String) {
        let of = transition.incident
        self.id = id
        time = transition.at.wall.description
        change = transition.change.rawValue
        incident = of.id
        kind = of.kind.rawValue
        cause = of.cause
        subject = of.subject
        severity = of.severity.rawValue
        status = of.status.rawValue
        sentence = of.sentence
    }
}
