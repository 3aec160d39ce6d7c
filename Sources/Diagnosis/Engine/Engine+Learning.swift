// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What an observation tells.
extension Engine {
    /// False when nothing changed that a diagnosis reads: most lines of a busy runtime.
    mutating func absorb(_ observation: Observation) -> Bool {
        let at = observation.at
        var matters = true
        if ChangeLog.hears(observation.event) {
            state.changes.take(observation, state.facts, &statistics.changes)
        }
        switch observation.event {
        case .journal(let entry): news.isAnything = news.isAnything || entry.messageID != nil
        case .tick: break
        case .started, .unit, .probe, .node, .daemon: news.isAnything = true
        }
        switch observation.event {
        case .started(let start): begin(start, at)
        case .journal(let entry): matters = read(entry)
        case .unit(let unit):
            tell(.unit(unit), of: unit.name, at: at)
            _ = tell(.state(unit), ofService: unit.name, at: at)
        case .probe(let report) where unwatched.contains(report.endpoint.socketPath): return false
        case .probe(let report):
            if state.facts.add(report.endpoint) { chronicles = [:] }
            for index in state.facts.runtimes.indices
            where state.facts.runtimes[index].endpoint.socketPath == report.endpoint.socketPath {
                tell(.probe(report), index, at: at)
            }
            statistics.count(report)
            // connect(2) follows at once, and tells more.
            tookNotice = true
            matters = report.rung > .socket || !report.succeeded
        case .node(.changes):
            // Listed, and judged by nobody.
            tookNotice = true
            matters = false
        case .node(let report):
            state.facts.answers.take(report, at: at)
            state.facts.containers.take(report, at: at)
        case .daemon(.endpoints(let endpoints)):
            let before = state.facts.runtimes.map(\.endpoint.socketPath)
            departed += state.facts.watch(only: endpoints)
            unwatched = unwatched.union(before).subtracting(endpoints.map(\.socketPath))
            chronicles = [:]
        case .daemon(let report):
            state.facts.monitoring.take(report, at: at)
            if case .blind = report { statistics.blindWindows.increment() }
        case .tick: break
        }
        if at.monotonic > state.facts.now.monotonic, !isHistory(observation.event) { state.facts.now = at }
        hold()
        settleServices()
        if matters { state.facts.reconcile(after: observation.event) }
        return matters
    }

    /// Tells news to every runtime that this unit serves.
    private mutating func tell(_ news: RuntimeNews, of unit: String?, at: Moment) {
        for index in state.facts.runtimes.indices where state.facts.runtimes[index].unit.name == unit {
            tell(news, index, at: at)
        }
    }

    private mutating func tell(_ news: RuntimeNews, _ index: Int, at: Moment) {
        let path = state.facts.runtimes[index].endpoint.socketPath
        var chronicle = chronicles.removeValue(forKey: path) ?? RuntimeChronicle(state.facts.runtimes[index])
        chronicle.take(news, at: at, into: &state.facts.runtimes[index], until: heldFrom)
        chronicles[path] = chronicle
    }

    /// Holds back, or no longer, what is told of runtimes from after the machine began to go down.
    private mutating func hold() {
        let isKnown = state.facts.isShuttingDown && !state.facts.goingDown.isLate
        let down = isKnown ? state.facts.goingDown.since : nil
        guard down != heldFrom else { return }
        heldFrom = down
        news.isAnything = true
        for index in state.facts.runtimes.indices {
            let path = state.facts.runtimes[index].endpoint.socketPath
            chronicles[path]?.hold(from: down, in: &state.facts.runtimes[index])
        }
        holdServices(from: down)
    }

    /// An entry of an earlier boot, read after this one began: its monotonic stamp says nothing now.
    private func isHistory(_ event: Observation.Event) -> Bool {
        guard case .journal(let entry) = event, let boot = entry.bootID else { return false }
        return !state.facts.bootID.isEmpty && boot != state.facts.bootID
    }

    private mutating func begin(_ start: DaemonStart, _ at: Moment) {
        let isSameBoot = state.facts.bootID == start.bootID
        let boot = Moment(
            wall: at.wall + (MonotonicTime(microseconds: 0) - at.monotonic),
            monotonic: MonotonicTime(microseconds: 0))
        beginning = Beginning(
            from: isSameBoot && state.facts.now.monotonic < at.monotonic ? state.facts.now : boot,
            isFirst: state.facts.bootID.isEmpty)
        if !isSameBoot {
            let lastSeen = state.facts.now.wall
            state.facts.now = at
            if !state.facts.bootID.isEmpty {
                for index in state.facts.runtimes.indices { state.facts.runtimes[index].reboot() }
                state.facts.services = []
                state.book.reboot(at: at, lastSeen: lastSeen)
            }
            state.facts.signals.clear()
            state.facts.requests.clear()
            state.facts.podNames = PodNames()
            state.facts.answers = NodeAnswers()
            state.facts.containers.reboot(at: at, isFirst: state.facts.bootID.isEmpty)
            state.facts.goingDown = MachineShutdown()
        }
        state.facts.bootID = start.bootID
        state.facts.hostname = start.hostname
        state.facts.version = start.version
        state.facts.startedAt = at
        state.facts.monitoring = state.facts.monitoring.restarted(sameBoot: isSameBoot)
        _ = state.facts.watch(only: start.endpoints)
        unwatched = []
        chronicles = [:]
        serviceChronicles = [:]
        heldFrom = nil
    }

    private mutating func read(_ entry: JournalEntry) -> Bool {
        var matters = state.facts.containers.take(entry)
        if isHistory(.journal(entry)) { return false }
        if state.facts.goingDown.take(entry) { matters = true }
        if entry.source == .manager, entry.messageID != nil,
            state.facts.runtimes.contains(where: { $0.unit.name == entry.unit })
        {
            tell(.record(entry), of: entry.unit, at: entry.at)
            matters = true
        }
        if entry.source == .manager, entry.messageID != nil,
            tell(.record(entry), ofService: entry.unit, at: entry.at)
        {
            matters = true
        }
        let known = rules.recognize(entry, of: state.facts.heardUnit(of: entry))
        if known.isEmpty { noteUnexplained(entry) }
        for recognized in known {
            let signal = state.facts.podNames.joined(recognized, state.facts.runtimes)
            tookNotice = true
            statistics.signals[signal.rule, default: 0].increment()
            guard signal.name != .benign, state.facts.signals.take(signal) else { continue }
            take(requestOf: signal)
            matters = matters || !Self.context.contains(signal.name)
            if signal.name == .createSucceeded {
                tell(.created, of: signal.unit, at: signal.at)
                news.isAnything = true
            }
            if let kill = FailedKill(signal), !state.facts.goingDown.isUnderWay(at: signal.at) {
                tell(.failedKill(kill), of: signal.unit, at: signal.at)
                news.isAnything = true
            }
            fold(signal)
        }
        return matters
    }

    private mutating func take(requestOf signal: Signal) {
        let wasIdle = state.facts.requests.isIdle
        state.facts.requests.take(signal)
        if !wasIdle || !state.facts.requests.isIdle { news.isOfRequests = true }
    }

    /// What is kept to say more about something else, and is nothing to judge by itself.
    private static let context: Set<SignalName> = [
        .noted, .startPreWords, .deadShimCleaned, .kubeletConnected, .embeddedRuntimeLog,
    ]

    /// A line that says that something failed, and that nobody knows: it opens nothing, and is told all the same.
    private mutating func noteUnexplained(_ entry: JournalEntry) {
        guard entry.source == .unit, let unit = entry.unit, ErrorLevel.isError(entry.message.utf8.span),
            Emitter.isKnown(unit) || state.facts.runtime(unit: unit) != nil
        else { return }
        tookNotice = true
        statistics.unexplainedLines.increment()
        state.facts.unexplained.take(entry, unit: unit)
    }
}

extension Statistics {
    /// Counts one answer of the probe ladder.
    fileprivate mutating func count(_ report: ProbeReport) {
        let index: Int
        if let known = probes.firstIndex(where: { $0.endpoint == report.endpoint && $0.rung == report.rung })
        {
            index = known
        } else {
            probes.append(Probe(endpoint: report.endpoint, rung: report.rung))
            index = probes.count - 1
        }
        switch report.outcome {
        case .failed: probes[index].failed.increment()
        case .broken: probes[index].broken.increment()
        case .reached, .version, .status, .pods, .containers: probes[index].succeeded.increment()
        }
        probes[index].latency += report.latency
        probes[index].childCPU += report.childCPU
    }
}
