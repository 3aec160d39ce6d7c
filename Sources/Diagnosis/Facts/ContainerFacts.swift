// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What lives on the node, held against what the runtimes list; and what else the node told of containers.
///
/// The tables are bounded by what one scan may tell.
struct ContainerFacts: Hashable, Codable, Sendable {
    /// How a runtime denies a container whose processes live.
    enum Denial: String, Hashable, Codable, Sendable {
        /// `crictl ps --all` calls it exited.
        case exited
        /// No list names it.
        case unlisted
    }

    /// One container with living processes.
    struct Entry: Hashable, Codable, Sendable {
        var processes: ContainerProcesses
        /// The first look that saw it.
        var firstSeen: Moment
        /// The latest look that saw it.
        var lastSeen: Moment
        var denial: Denial?
        /// The first list that denied it; nil while none does.
        var deniedSince: Moment?
        /// When its conmon ended, or was first missed, while it lives on.
        var monitorLostAt: Moment?

        /// Denied, and seen alive well after that: no removal under way.
        func isLost(after settling: Duration) -> Bool {
            guard let deniedSince, denial != nil else { return false }
            return lastSeen.monotonic >= deniedSince.monotonic + settling
        }
    }

    /// A container that was seen to end.
    struct Ended: Hashable, Codable, Sendable {
        var at: Moment
        /// Whether its runtime denied it.
        var wasDenied: Bool
        var pids: [Int32]
    }

    private static let endedKept = 512
    private static let logsKept = 64
    static let listenersKept = 512

    private(set) var entries: [String: Entry] = [:]
    /// When all processes were last looked through.
    private(set) var scannedAt: Moment?
    /// Containers that were seen to end; the latest.
    private(set) var ended: [String: Ended] = [:]
    /// When a denied container was last seen alive.
    private(set) var lastDenied: Moment?
    /// What was read of the scopes of containers that run.
    private(set) var scopes: [String: NodeAnswers.Dated<ScopeState>] = [:]
    /// When the last scope that was read ended.
    private(set) var scopeEndedAt: Moment?
    /// When this boot began to be looked at, after another one was.
    private(set) var rebootedAt: Moment?
    /// Ended containers whose log was read, as a list last showed them.
    private(set) var logged: [String: Container] = [:]
    private(set) var versions: [String: NodeAnswers.Dated<OCIRuntimeVersion>] = [:]
    private(set) var configuration: NodeAnswers.Dated<RuntimeConfiguration>?
    private(set) var listeners: NodeAnswers.Dated<[TCPListener]>?
    private(set) var logs: [String: NodeAnswers.Dated<ContainerLog>] = [:]
    private(set) var shutdown = ShutdownFacts()

    // MARK: Learning

    /// Takes an answer of the node.
    mutating func take(_ report: NodeReport, at: Moment) {
        switch report {
        case .containerProcesses(let scan): take(scan, at)
        case .scopes(let states):
            for state in states { take(state, at) }
        case .ociRuntimes(let all):
            if versions.count + all.count > 64 { versions = [:] }
            for version in all.prefix(64) { versions[version.path] = .init(at: at, value: version) }
        case .runtimeConfiguration(let value):
            if isNews(configuration, at) { configuration = .init(at: at, value: value) }
        case .tcpListeners(let all):
            if isNews(listeners, at) {
                listeners = .init(at: at, value: Array(all.prefix(Self.listenersKept)))
            }
        case .containerLog(let log):
            if isNews(logs[log.id], at) { logs[log.id] = .init(at: at, value: log) }
            if logs.count > Self.logsKept,
                let oldest = logs.min(by: { $0.value.at.monotonic < $1.value.at.monotonic })
            {
                logs[oldest.key] = nil
                logged[oldest.key] = nil
            }
        case .previousShutdown(let report): shutdown.take(report, at: at)
        default: break
        }
    }

    /// An answer that comes after a later one says nothing new.
    private func isNews<Value>(_ known: NodeAnswers.Dated<Value>?, _ at: Moment) -> Bool {
        known.map { $0.at.monotonic <= at.monotonic } ?? true
    }

    private mutating func take(_ scan: ContainerScan, _ at: Moment) {
        if let scannedAt, at.monotonic < scannedAt.monotonic { return }
        for found in scan.containers.prefix(ContainerScan.limit) {
            if var entry = entries[found.id] {
                let hadMonitor = entry.processes.monitor != nil
                entry.processes = found
                entry.lastSeen = at
                if found.monitor != nil { entry.monitorLostAt = nil }
                if hadMonitor, found.monitor == nil, found.manager == .crio { entry.monitorLostAt = at }
                if entry.denial != nil { lastDenied = at }
                entries[found.id] = entry
            } else if entries.count < ContainerScan.limit,
                ended[found.id].map({ $0.at.monotonic < at.monotonic }) ?? true
            {
                var entry = Entry(processes: found, firstSeen: at, lastSeen: at)
                // Its conmon's scope ended, which is its end as a rule: it lives.
                if found.monitor == nil, found.manager == .crio, let end = ended[found.id], !end.wasDenied {
                    entry.monitorLostAt = end.at
                }
                entries[found.id] = entry
            }
        }
        guard scan.complete else { return }
        scannedAt = at
        let alive = Set(scan.containers.map(\.id))
        for id in entries.keys where !alive.contains(id) { end(id, at) }
        scopes = scopes.filter {
            alive.contains($0.key) || $0.value.at.monotonic > at.monotonic - .seconds(5)
        }
    }

    private mutating func take(_ state: ScopeState, _ at: Moment) {
        guard let id = state.containerID, scopes[id] != nil || scopes.count < ContainerScan.limit else {
            return
        }
        guard let known = scopes[id] else {
            scopes[id] = .init(at: at, value: state)
            return
        }
        // Of two words the later counts, and what it leaves out the earlier one still says.
        let isLater = at.monotonic >= known.at.monotonic
        var merged = isLater ? state : known.value
        let other = isLater ? known.value : state
        merged.defaultDependencies = merged.defaultDependencies ?? other.defaultDependencies
        merged.ordersShutdown = merged.ordersShutdown ?? other.ordersShutdown
        scopes[id] = .init(at: isLater ? at : known.at, value: merged)
    }

    /// Takes one of systemd's records about a scope: conmon outlives its container, so its end is the end of both.
    /// Whether it changed anything.
    mutating func take(_ entry: JournalEntry) -> Bool {
        guard entry.source == .manager, let unit = entry.unit, let id = entry.messageID else { return false }
        shutdown.take(entry, unit: unit)
        guard id == MessageID.unitSucceeded || id == MessageID.unitStopped || id == MessageID.unitFailed
        else {
            return false
        }
        if let container = ScopeState.containerID(ofScope: unit) { return endScope(container, entry.at) }
        guard let container = ScopeState.containerID(ofMonitorScope: unit) else { return false }
        if let known = entries[container], known.lastSeen.monotonic > entry.at.monotonic { return false }
        end(container, entry.at)
        return true
    }

    private mutating func end(_ id: String, _ at: Moment) {
        let entry = entries.removeValue(forKey: id)
        _ = endScope(id, at)
        if ended.count >= Self.endedKept { ended = [:] }
        ended[id] = Ended(at: at, wasDenied: entry?.denial != nil, pids: entry?.processes.pids ?? [])
    }

    /// Forgets what was read of a scope that ended; whether something was.
    private mutating func endScope(_ id: String, _ at: Moment) -> Bool {
        guard let known = scopes[id], known.at.monotonic <= at.monotonic else { return false }
        scopes[id] = nil
        scopeEndedAt = at
        return true
    }

    /// Holds every living container against the lists.
    mutating func reconcile(with runtimes: [RuntimeFacts]) {
        for container in runtimes.flatMap({ $0.containers ?? [] }) where logs[container.id] != nil {
            logged[container.id] = container
        }
        let lists = runtimes.compactMap(Lists.init)
        for (id, entry) in entries {
            let denial = Self.denial(of: entry, runtimes, lists)
            var next = entry
            next.denial = denial?.denial
            next.deniedSince = denial.map { entry.deniedSince ?? $0.at }
            if next != entry { entries[id] = next }
            if denial != nil { lastDenied = max(lastDenied, entry.lastSeen) }
        }
    }

    private func max(_ a: Moment?, _ b: Moment) -> Moment {
        guard let a, a.monotonic > b.monotonic else { return b }
        return a
    }

    /// A new boot: what lived is gone. `isFirst`: no earlier one was ever looked at.
    mutating func reboot(at: Moment, isFirst: Bool) {
        let shutdown = shutdown.rebooted(alive: Set(scopes.keys), at: at)
        self = ContainerFacts()
        self.shutdown = shutdown
        rebootedAt = isFirst ? nil : at
    }

    // MARK: Asking

    /// Whether this process belonged to a container that ended after `time`.
    func hasEnded(_ process: ProcessIdentity, after time: Moment) -> Bool {
        ended.contains { id, end in
            end.at.monotonic > time.monotonic && (id == process.containerID || end.pids.contains(process.pid))
        }
    }

    /// The container that this process belongs to.
    func container(of process: ProcessIdentity) -> Entry? {
        if let id = process.containerID, let entry = entries[id] { return entry }
        return entries.values.first {
            $0.processes.pids.contains(process.pid) || $0.processes.monitor?.pid == process.pid
        }
    }
}

extension RuntimeFacts {
    /// Whether containers of that manager should be in its lists.
    func manages(_ manager: ContainerProcesses.Manager) -> Bool {
        switch manager {
        case .crio: endpoint.runtime == .crio
        case .containerd: endpoint.runtime == .containerd
        case .kubepods: endpoint.runtime != .other
        }
    }
}
