// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension IncidentBook {
    /// One subject of one kind, from its first finding on.
    struct Entry: Hashable, Codable, Sendable {
        var incident: Incident
        /// When the trouble of this occurrence began.
        var since: MonotonicTime
        /// How long it must stand before it is shown.
        var grace = Duration.zero
        var resolvedAt: MonotonicTime?
        /// How often in a row it was opened for the same cause.
        var repeats = 1
        /// The last transition, or the first finding.
        var changedAt: MonotonicTime
        /// The cause nearest to the root that this occurrence had, and its words.
        var deepest: Words

        private enum CodingKeys: String, CodingKey {
            case incident, since, resolvedAt, repeats, changedAt, deepest
        }

        /// What 0.1 cannot read an entry without: a node that goes back to it keeps what is open.
        private enum EarlierKeys: String, CodingKey { case shown }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(incident, forKey: .incident)
            try container.encode(since, forKey: .since)
            try container.encodeIfPresent(resolvedAt, forKey: .resolvedAt)
            try container.encode(repeats, forKey: .repeats)
            try container.encode(changedAt, forKey: .changedAt)
            try container.encode(deepest, forKey: .deepest)
            var earlier = encoder.container(keyedBy: EarlierKeys.self)
            try earlier.encode(true, forKey: .shown)
        }
    }

    /// What an incident says of its cause.
    struct Words: Hashable, Codable, Sendable {
        var rank: Rank
        var cause: String
        var sentence: String
        var explanation: String
        var severity: Severity
        var impact: Impact

        /// A finding's; `rank` is its own, or that of words which any other outdoes.
        init(_ finding: Finding, rank: Rank) {
            self.rank = rank
            cause = finding.cause
            sentence = finding.sentence
            explanation = finding.explanation
            severity = finding.severity
            impact = finding.impact
        }

        /// What another version wrote may have no rank: any other outdoes it.
        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            rank = try container.decodeIfPresent(Rank.self, forKey: .rank) ?? .none
            cause = try container.decode(String.self, forKey: .cause)
            sentence = try container.decode(String.self, forKey: .sentence)
            explanation = try container.decode(String.self, forKey: .explanation)
            severity = try container.decode(Severity.self, forKey: .severity)
            impact = try container.decode(Impact.self, forKey: .impact)
        }

        private enum CodingKeys: String, CodingKey {
            case rank, cause, sentence, explanation, severity, impact
        }

        /// 0.1 has a number in place of the rank; any of its own outdoes this one.
        private enum EarlierKeys: String, CodingKey { case depth }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(rank, forKey: .rank)
            try container.encode(cause, forKey: .cause)
            try container.encode(sentence, forKey: .sentence)
            try container.encode(explanation, forKey: .explanation)
            try container.encode(severity, forKey: .severity)
            try container.encode(impact, forKey: .impact)
            var earlier = encoder.container(keyedBy: EarlierKeys.self)
            try earlier.encode(-1, forKey: .depth)
        }
    }
}

extension IncidentBook.Entry {
    /// A new incident, not shown yet.
    init(_ finding: Finding, id: String, kind: IncidentKind, subject: String, at now: Moment) {
        incident = Incident(
            id: id, kind: kind, subject: subject, cause: finding.cause, severity: finding.severity,
            status: .suspected, sentence: finding.sentence, explanation: finding.explanation,
            impact: finding.impact, evidence: [], symptoms: [], nextSteps: finding.nextSteps,
            clearsWhen: finding.clearsWhen, timeline: [], openedAt: finding.since.wall, lastSeenAt: now.wall,
            resolvedAt: nil, occurrences: 1)
        since = finding.since.monotonic
        changedAt = now.monotonic
        deepest = .init(finding, rank: .none)
    }

    /// The same incident once more: its time and what is folded under it are this occurrence's.
    mutating func reopen(_ finding: Finding, at now: Moment) {
        incident.occurrences = incident.occurrences.addingClamped(1)
        repeats = incident.cause == finding.cause && !finding.isWanted ? repeats.addingClamped(1) : 1
        incident.resolvedAt = nil
        incident.evidence = []
        incident.symptoms = []
        incident.openedAt = finding.since.wall
        incident.status = .suspected
        since = finding.since.monotonic
        resolvedAt = nil
        changedAt = now.monotonic
        deepest = .init(finding, rank: .none)
    }

    /// Takes a finding that is not shown yet: its grace counts from the trouble that is there now, not from one that
    /// passed unseen.
    mutating func ripen(_ finding: Finding, at now: Moment) {
        if finding.since.monotonic > since {
            since = finding.since.monotonic
            incident.openedAt = finding.since.wall
        }
        incident.status = .suspected
        grace = finding.grace
        take(finding, at: now)
    }

    /// Takes what a diagnosis holds to be wrong now.
    mutating func take(_ finding: Finding, at now: Moment) {
        let wasConfirmed = incident.status == .confirmed
        incident.status = finding.confirmed || wasConfirmed ? .confirmed : .suspected
        incident.cause = finding.cause
        incident.severity = finding.severity
        incident.sentence = finding.sentence
        incident.explanation = finding.explanation
        incident.impact = finding.impact
        incident.nextSteps = finding.nextSteps
        incident.clearsWhen = finding.clearsWhen
        incident.lastSeenAt = max(incident.lastSeenAt, now.wall)
        incident.merge(finding.evidence)
        let rank = Rank(of: finding, incident.kind)
        if rank >= deepest.rank { deepest = .init(finding, rank: rank) }
    }
}
