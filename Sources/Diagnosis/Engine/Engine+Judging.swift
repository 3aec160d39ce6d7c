// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What follows from all that is known.
extension Engine {
    mutating func diagnose() -> [Effect] {
        let now = state.facts.now
        let down = state.facts.isShuttingDown ? state.facts.goingDown.since : nil
        var turn = Turn()
        judge(&turn, now, down)
        var effects = turn.effects + forget(turn.spoken, now)
        statistics.incidentsOpened = state.book.opened
        advisor.update(state.facts)
        if down == nil { turn.wanted += advisor.questions(state.facts) }
        state.conditions.update(state.facts, state.book, advisor, at: now)
        // What the past wants to know cannot be answered any more.
        if backlog != nil { return effects }
        effects += inquiries.due(
            down == nil ? turn.wanted : [], at: now.monotonic, every: configuration.inquiryInterval
        ).map { .inquire($0) }
        return effects
    }

    /// What one turn of all diagnoses amounts to.
    private struct Turn {
        var effects: [Effect] = []
        var wanted: [Inquiry] = []
        /// The ids of all that was spoken of.
        var spoken: [String] = []
    }

    /// Asks every diagnosis, but for those whose last word nothing can have changed.
    private mutating func judge(_ turn: inout Turn, _ now: Moment, _ down: Moment?) {
        let isSilent = !news.isAnything && down == nil && !judgesAll
        if !isSilent { quiet.forgetAll() }
        let isStorm =
            isSilent && diagnosedAt.map { now.monotonic - $0 < QuietKinds.memory } ?? false
        let touched = quiet.readers(of: news, state.facts.signals.news)
        news = .none
        state.facts.signals.news = []
        let readers = SignalReaders()
        var watched: NodeFacts?
        for (place, diagnosis) in diagnoses.enumerated() {
            if let word = quiet.word(place, touched: touched, at: now.monotonic) {
                assert(isQuiet(diagnosis), "\(type(of: diagnosis)) reads what it was not told of")
                turn.wanted += word.wanted
                turn.spoken += word.ids
                continue
            }
            // One that this line touched will be touched by the next.
            guard isStorm, touched & QuietKinds.bit(place) == 0 else {
                _ = judge(diagnosis, state.facts, &turn, now, down)
                quiet.set(place, nil)
                continue
            }
            var facts = watched ?? state.facts
            facts.signals.readers = readers
            watched = facts
            let (ids, wanted) = (turn.spoken.count, turn.wanted.count)
            guard judge(diagnosis, facts, &turn, now, down) else {
                _ = readers.take()
                continue
            }
            let due = diagnosis.nextDeadline(facts, configuration)
            let word = QuietKinds.Word(
                ids: Array(turn.spoken[ids...]), wanted: Array(turn.wanted[wanted...]), due: due,
                at: now.monotonic)
            quiet.set(place, word, lookedFor: readers.take())
        }
    }

    /// Has a diagnosis say its word; whether nothing follows from it, and nothing would if it said the same once more.
    private mutating func judge(
        _ diagnosis: any Diagnosis, _ facts: NodeFacts, _ turn: inout Turn, _ now: Moment, _ down: Moment?
    ) -> Bool {
        var isQuiet = true
        let isHeld = !type(of: diagnosis).outlivesRuntimes
        for (subject, word) in diagnosis.assess(facts, configuration) {
            let assessment = isHeld ? down.map(word.asOf) ?? word : word
            let kind = diagnosis.kind(of: subject)
            let id = IncidentBook.id(kind, subject)
            turn.spoken.append(id)
            switch assessment {
            case .holds(let finding):
                isQuiet = false
                turn.wanted += finding.inquiries
            case .unknown(let inquiries): turn.wanted += inquiries
            case .cleared, .expired: break
            case .explained(let cause, let other, let summary):
                isQuiet = false
                state.book.fold(kind, summary, under: IncidentBook.id(cause, other), at: now)
            }
            let transition = state.book.take(assessment, id, kind, subject, at: now, configuration)
            // What flaps stays open after a word that it is well.
            isQuiet = isQuiet && (!assessment.isWell || state.book.entries[id]?.incident.isOpen != true)
            guard let transition else { continue }
            if transition.change == .opened { foldEarlier(transition.incident) }
            turn.effects.append(.transition(current(transition)))
        }
        return isQuiet
    }

    /// Whether a diagnosis that is not asked would say nothing from which anything follows.
    private func isQuiet(_ diagnosis: any Diagnosis) -> Bool {
        diagnosis.assess(state.facts, configuration).allSatisfy { _, word in
            switch word {
            case .holds, .explained: false
            case .cleared, .expired, .unknown: true
            }
        }
    }

    /// Incidents that nobody speaks of any more: their endpoint is watched no more, or, some time after a start, their
    /// listener or rule is gone, or what they rested on ended with the boot. They would stay for ever.
    private mutating func forget(_ spoken: [String], _ now: Moment) -> [Effect] {
        var forgotten: [(Incident, why: String)] = []
        for name in departed {
            for incident in state.book.open
            where incident.subject == name || incident.subject == MonitoringImpaired.subject(crictlOn: name) {
                forgotten.append(
                    (incident, "\(name) is watched no more: nothing on this node names its socket any longer")
                )
            }
        }
        departed = []
        if let started = state.facts.startedAt,
            now.monotonic - started.monotonic >= configuration.settleTime
        {
            let open = state.book.open
            // Nearly always there are few: then a set costs more than it saves.
            let known = open.count > 8 ? Set(spoken) : nil
            for incident in open
            where !(known?.contains(incident.id) ?? spoken.contains(incident.id))
                && Catalogue.of(incident.kind)?.speaksOfAll != false
            {
                forgotten.append(
                    (incident, "nothing that is watched now speaks of \(incident.subject)"))
            }
        }
        return forgotten.compactMap { incident, why in
            state.book.take(
                .expired(why), kind: incident.kind, subject: incident.subject, at: now, configuration
            ).map { .transition($0) }
        }
    }

    private func current(_ transition: Transition) -> Transition {
        guard let incident = state.book.entries[transition.incident.id]?.incident else { return transition }
        return Transition(at: transition.at, change: transition.change, incident: incident)
    }

    // MARK: Symptoms

    /// Puts a symptom that just arrived under the open incident that explains it.
    mutating func fold(_ signal: Signal) {
        guard let symptom = SymptomTable.symptom(signal) else { return }
        for kind in SymptomTable.causes(of: signal.name) {
            for incident in state.book.open(kind) where state.book.fold(symptom, under: incident.id) {
                return
            }
        }
    }

    /// Puts the symptoms of the last minutes under the incident that just opened, but for those of an earlier trouble.
    private mutating func foldEarlier(_ incident: Incident) {
        guard let since = state.book.entries[incident.id]?.since else { return }
        let limit = max(
            state.facts.now.monotonic - configuration.symptomWindow, since - configuration.symptomLead)
        for name in SymptomTable.names where SymptomTable.causes(of: name).contains(incident.kind) {
            for signal in state.facts.signals.all(name, unit: nil, since: limit) {
                guard let symptom = SymptomTable.symptom(signal) else { continue }
                _ = state.book.fold(symptom, under: incident.id)
            }
        }
    }
}
