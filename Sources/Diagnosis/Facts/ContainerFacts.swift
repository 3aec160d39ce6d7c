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

    private(set) var entries: [String: Entry] = [:]
    /// When all processes were last looked through.
    private(set) var scannedAt: Moment?
    /// Containers that were seen to end; the latest.
    private(set) var ended: [String: Ended] = [:]
    /// When a denied container was last seen alive.
    private(set) var lastDenied: Moment?
    private(set) var scopes: [String: NodeAnswers.Dated<ScopeState>] = [:]
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
            if isNews(listeners, at) { listeners = .init(at: at, value: Array(all.prefix(512))) }
        case .containerLog(let log):
            if logs[log.id] == nil, logs.count >= 64 { logs = [:] }
            if isNews(logs[log.id], at) { logs[log.id] = .init(at: at, value: log) }
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
                entry.processes = found
                entry.lastSeen = at
                if entry.denial != nil { lastDenied = at }
                entries[found.id] = entry
            } else if entries.count < ContainerScan.limit,
                ended[found.id].map({ $0.at.monotonic < at.monotonic }) ?? true
            {
                entries[found.id] = Entry(processes: found, firstSeen: at, lastSeen: at)
            }
        }
        guard scan.complete else { return }
        scannedAt = at
        let alive = Set(scan.containers.map(\.id))
        for id in entries.keys where !alive.contains(id) { end(id, at) }
        scopes = scopes.filter {
            alive.contains($0.key) || $0.value.at.monotonic > at.monotonic - .seconds(60)
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
        guard unit.hasPrefix("crio-conmon-"), unit.hasSuffix(".scope"),
            id == MessageID.unitSucceeded || id == MessageID.unitStopped || id == MessageID.unitFailed
        else { return false }
        let container = String(unit.dropFirst(12).dropLast(6))
        if let known = entries[container], known.lastSeen.monotonic > entry.at.monotonic { return false }
        end(container, entry.at)
        return true
    }

    private mutating func end(_ id: String, _ at: Moment) {
        let entry = entries.removeValue(forKey: id)
        scopes[id] = nil
        if ended.count >= Self.endedKept { ended = [:] }
        ended[id] = Ended(at: at, wasDenied: entry?.denial != nil, pids: entry?.processes.pids ?? [])
    }

    /// Holds every living container against the lists.
    mutating func reconcile(with runtimes: [RuntimeFacts]) {
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

    /// What one runtime lists.
    private struct Lists {
        var runtime: RuntimeFacts
        var states: [String: Container.State]
        var pods: Set<String>
        var containersAt: Moment
        /// The older of both.
        var at: Moment

        init?(_ runtime: RuntimeFacts) {
            guard let containers = runtime.containers, let containersAt = runtime.containersAt,
                let pods = runtime.pods, let podsAt = runtime.podsAt
            else { return nil }
            self.runtime = runtime
            states = Dictionary(containers.map { ($0.id, $0.state) }) { first, _ in first }
            self.pods = Set(pods.map(\.id))
            self.containersAt = containersAt
            at = containersAt.monotonic < podsAt.monotonic ? containersAt : podsAt
        }
    }

    private static func denial(of entry: Entry, _ runtimes: [RuntimeFacts], _ lists: [Lists])
        -> (denial: Denial, at: Moment)?
    {
        let id = entry.processes.id
        let responsible = lists.filter { $0.runtime.manages(entry.processes.manager) }
        guard !responsible.isEmpty,
            responsible.count == runtimes.count(where: { $0.manages(entry.processes.manager) })
        else { return nil }
        var oldest: Moment?
        for list in responsible {
            if let state = list.states[id] { return state == .exited ? (.exited, list.containersAt) : nil }
            if list.pods.contains(id) { return nil }
            oldest = oldest.map { $0.monotonic < list.at.monotonic ? $0 : list.at } ?? list.at
        }
        guard let oldest else { return nil }
        // A list from before its creation says nothing.
        let born = entry.processes.startedAt ?? entry.firstSeen.wall
        return oldest.wall >= born + Self.creation ? (.unlisted, oldest) : nil
    }

    /// How long after its first process a container may still be missing in a list.
    private static let creation = Duration.seconds(2)

    /// A new boot: what lived is gone.
    mutating func reboot(at: Moment) {
        let shutdown = shutdown.rebooted(alive: Set(scopes.keys), at: at)
        self = ContainerFacts()
        self.shutdown = shutdown
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
