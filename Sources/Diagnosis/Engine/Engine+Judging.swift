// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What follows from all that is known.
extension Engine {
    mutating func diagnose() -> [Effect] {
        var effects: [Effect] = []
        var wanted: [Inquiry] = []
        var spoken: [String] = []
        let now = state.facts.now
        let down = state.facts.isShuttingDown ? state.facts.goingDown.since : nil
        for diagnosis in diagnoses {
            for (subject, word) in diagnosis.assess(state.facts, configuration) {
                let isHeld = !type(of: diagnosis).outlivesRuntimes
                let assessment = isHeld ? down.map(word.asOf) ?? word : word
                let kind = diagnosis.kind(of: subject)
                let id = IncidentBook.id(kind, subject)
                spoken.append(id)
                switch assessment {
                case .holds(let finding): wanted += finding.inquiries
                case .unknown(let inquiries): wanted += inquiries
                case .cleared, .expired: break
                case .explained(let cause, let other, let summary):
                    state.book.fold(kind, summary, under: IncidentBook.id(cause, other), at: now)
                }
                let transition = state.book.take(assessment, id, kind, subject, at: now, configuration)
                guard let transition else { continue }
                if transition.change == .opened { foldEarlier(transition.incident) }
                effects.append(.transition(current(transition)))
            }
        }
        effects += forget(spoken, now)
        statistics.incidentsOpened = state.book.opened
        advisor.update(state.facts)
        if down == nil { wanted += advisor.questions(state.facts) }
        state.conditions.update(state.facts, state.book, advisor, at: now)
        // What the past wants to know cannot be answered any more.
        if backlog != nil { return effects }
        return effects
            + inquiries.due(
                down == nil ? wanted : [], at: now.monotonic, every: configuration.inquiryInterval
            ).map {
                .inquire($0)
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
