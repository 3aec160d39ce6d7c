// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension Cause {
    /// The severities that an incident of this kind and cause can have; a finding with another one is a mistake.
    func severities(of kind: IncidentKind) -> [Severity] { Catalogue.of(kind)?.row(self)?.severities ?? [] }
}

extension PossibleIncident {
    /// What crihealthd's own diagnoses can open.
    static let shipped: [PossibleIncident] = IncidentKind.shipped.flatMap { kind in
        Cause.all(of: kind).flatMap { cause in
            cause.severities(of: kind).map {
                PossibleIncident(kind: kind, cause: cause.rawValue, severity: $0)
            }
        }
    }

    /// What can open here: the shipped ones first, then those of rules.d.
    static func all(_ rules: SignalRules) -> [PossibleIncident] {
        let own = rules.rules.compactMap { rule in
            rule.incident.map {
                PossibleIncident(kind: $0.kind, cause: rule.signal.rawValue, severity: $0.severity)
            }
        }
        return shipped + Set(own).subtracting(shipped).sorted()
    }

    /// Whether a diagnosis may say so; rules are free to.
    static func allows(_ finding: Finding, of kind: IncidentKind) -> Bool {
        switch finding.name {
        case .shipped(let cause):
            Cause.all(of: kind).contains(cause) && cause.severities(of: kind).contains(finding.severity)
        case .rule: true
        }
    }
}
