// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// A change of an incident, as it was written to the journal (``TransitionFields``).
struct TransitionEntry: Equatable, Sendable {
    /// When it was written.
    var at: WallTime
    /// Id of the incident.
    var incident: String
    var kind: String
    var subject: String
    var cause: String
    var status: Incident.Status
    var severity: Severity
    var change: Transition.Change
    /// What is wrong, one sentence.
    var sentence: String

    /// Reads the fields of an entry; nil where it is none.
    init?(at: WallTime, fields: [String: String]) {
        guard let incident = fields["CRIHEALTHD_INCIDENT"], let kind = fields["CRIHEALTHD_KIND"],
            let status = fields["CRIHEALTHD_STATUS"].flatMap(Incident.Status.init(rawValue:)),
            let severity = fields["CRIHEALTHD_SEVERITY"].flatMap(Severity.init(rawValue:)),
            let change = fields["CRIHEALTHD_CHANGE"].flatMap(Transition.Change.init(rawValue:))
        else { return nil }
        self.at = at
        self.incident = incident
        self.kind = kind
        self.subject = fields["CRIHEALTHD_SUBJECT"] ?? ""
        self.cause = fields["CRIHEALTHD_CAUSE"] ?? ""
        self.status = status
        self.severity = severity
        self.change = change
        sentence = TransitionLog.sentence(ofMessage: fields["MESSAGE"] ?? "")
    }
}
