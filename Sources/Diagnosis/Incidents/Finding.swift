// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What a diagnosis holds to be wrong now: an incident but for its history.
struct Finding: Hashable, Sendable {
    var name: CauseName
    /// The cause whose place in the kind's table counts: its own, but for one with a weaker proof; nil for rules of rules.d.
    var rankedAs: Cause?
    /// Of two findings of one cause: how much it concerns.
    var weight = 0
    var severity: Severity
    var confirmed: Bool
    /// When the trouble began.
    var since: Moment
    /// How long it must stand before it is shown.
    var grace: Duration = .zero
    /// Whether somebody asked for it: what is wanted need not hold before it counts as over.
    var isWanted = false
    var sentence: String
    var explanation: String
    var impact: Impact
    var evidence: [Evidence]
    var nextSteps: [NextStep]
    var clearsWhen: String
    /// What else the engine wants to know while this stands.
    var inquiries: [Inquiry] = []
}

extension Finding {
    /// Of one of crihealthd's own diagnoses.
    init(
        cause: Cause, rankedAs: Cause? = nil, weight: Int = 0, severity: Severity, confirmed: Bool,
        since: Moment, grace: Duration = .zero,
        isWanted: Bool = false, sentence: String, explanation: String, impact: Impact, evidence: [Evidence],
        nextSteps: [NextStep], clearsWhen: String, inquiries: [Inquiry] = []
    ) {
        self.init(
            name: .shipped(cause), rankedAs: rankedAs ?? cause, weight: weight, severity: severity,
            confirmed: confirmed, since: since,
            grace: grace, isWanted: isWanted, sentence: sentence, explanation: explanation, impact: impact,
            evidence: evidence, nextSteps: nextSteps, clearsWhen: clearsWhen, inquiries: inquiries)
    }

    /// It lies in the runtime's own start, by the table of RuntimeDown.
    var isOfOwnStart: Bool {
        rankedAs.flatMap { Catalogue.runtimeDown.row($0)?.isOfOwnStart } ?? false
    }

    /// As it is shown.
    var cause: String {
        switch name {
        case .shipped(let cause): cause.rawValue
        case .rule(let signal): signal.rawValue
        }
    }
}

/// What a cause is called.
enum CauseName: Hashable, Sendable {
    /// By a diagnosis of crihealthd.
    case shipped(Cause)
    /// By a rule of rules.d.
    case rule(SignalName)
}

/// What a diagnosis says of one subject.
enum Assessment: Hashable, Sendable {
    /// It is wrong.
    case holds(Finding)
    /// It is known to be well: this is the evidence.
    case cleared(Evidence)
    /// Nothing can be said; what is open stays open.
    case unknown(inquiries: [Inquiry])
    /// Nobody can prove that it is well, and it is over by the clock; the text says so.
    case expired(String)
    /// It is part of that incident, which tells of it: one outage, one headline.
    case explained(by: IncidentKind, subject: String, summary: String)
}

extension Assessment {
    /// It ends what is open.
    var isWell: Bool {
        switch self {
        case .cleared, .expired: true
        case .holds, .unknown, .explained: false
        }
    }

    /// What of it still counts while the machine goes down: what was so before. Everything ends then, and nothing that
    /// ends is news.
    func asOf(_ down: Moment) -> Assessment {
        switch self {
        case .holds(let finding) where finding.since.monotonic >= down.monotonic: .unknown(inquiries: [])
        case .cleared(let evidence) where evidence.at >= down.wall: .unknown(inquiries: [])
        case .explained: .unknown(inquiries: [])
        case .holds, .cleared, .unknown, .expired: self
        }
    }
}

/// A diagnosis: the reasoning of one kind of incident over everything that is known.
///
/// One file each in Diagnoses/. Pure: it reads ``NodeFacts`` and nothing else, and the time is `facts.now`.
protocol Diagnosis: Sendable {
    /// What it diagnoses.
    static var kind: IncidentKind { get }
    /// What a subject of its is an incident of: ``kind``, but for rules that name kinds of their own.
    func kind(of subject: String) -> IncidentKind
    /// Its word on every subject that it knows of. A subject that it leaves out stays as it is.
    func assess(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> [(subject: String, Assessment)]
    /// Whether it speaks of more than runtimes and containers, which end when the machine goes down.
    static var outlivesRuntimes: Bool { get }
    /// Whether it reads which requests are under way.
    static var readsRequests: Bool { get }
    /// When time alone would change its word; nil: never.
    func nextDeadline(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> MonotonicTime?
}

extension Diagnosis {
    static var outlivesRuntimes: Bool { false }
    static var readsRequests: Bool { false }

    func kind(of subject: String) -> IncidentKind { Self.kind }

    func nextDeadline(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> MonotonicTime? { nil }
}
