// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// The node itself is at fault: its disks, its memory, its limits, its bus. What it breaks folds under it.
///
/// Proof is what the kernel says, what the kubelet says of its evictions, and errors that a runtime or the kubelet passes on
/// and that only the node can cause. What the node shows itself (mounts, limits, space) confirms, names and clears.
struct NodeFault: Diagnosis {
    static let kind = IncidentKind.nodeFault
    static let outlivesRuntimes = true
    /// There is one node.
    static let subject = "node"

    func assess(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> [(subject: String, Assessment)] {
        [(Self.subject, NodeCase(facts: facts, configuration: configuration).assess())]
    }

    func nextDeadline(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> MonotonicTime? {
        NodeCase(facts: facts, configuration: configuration).deadlines.filter { $0 > facts.now.monotonic }
            .min()
    }

    /// Signals that can tell of the node.
    static let frames: [SignalName] = [
        .nodeFault, .createFailed, .sandboxNetworkFailed, .stopFailed, .pullFailed,
    ]

    /// How long after its last sign a fault is over by the clock, where nothing can prove its end.
    static func quiet(_ cause: Cause) -> Duration? {
        switch cause {
        case .fileSystemDamaged: .seconds(86_400)
        case .fileSystemReadOnly: nil
        case .diskErrors: .seconds(3600)
        case .storageHangs: .seconds(1800)
        case .netDeviceLeaked: .seconds(120)
        default: .seconds(600)
        }
    }
}

/// One look at the node.
struct NodeCase: Sendable {
    let facts: NodeFacts
    let configuration: EngineConfiguration

    /// A cause that its signs prove.
    struct Verdict {
        var told: Told
        /// One sign alone, of a kind that can pass by itself.
        var isConfirmed: Bool
        var severity: Severity
        /// Which of the file systems that matter has room, but no inode.
        var isOfInodes = false
        var cause: Cause { isOfInodes ? .inodesExhausted : told.cause }
    }

    var now: Moment { facts.now }
    var resources: NodeAnswers.Dated<NodeResources>? { facts.answers.resources }
    /// Where runtimes and the kubelet write, as far as the node was asked: others may want to know of other places.
    var mounts: [NodeResources.Mount] {
        let places = writtenTo
        return (resources?.value.mounts ?? []).filter { places.contains($0.path) }
    }

    func assess() -> Assessment {
        let verdicts = verdicts
        if let first = verdicts.first {
            return .holds(finding(first, also: verdicts.dropFirst().map(\.cause)))
        }
        if let mount = readOnlyMount { return .holds(finding(readOnly: mount)) }
        if let over = latestOver { return over }
        return .unknown(inquiries: isLookDue ? [question] : [])
    }

    /// A fault stands that makes requests hang or fail.
    var breaksRequests: Bool {
        let broken: Set<Cause> = [
            .fileSystemReadOnly, .fileSystemDamaged, .diskErrors, .storageHangs, .pidsExhausted,
            .memoryCgroupLeak,
            .filesExhausted, .netDeviceLeaked, .busUnresponsive,
        ]
        return readOnlyMount != nil || verdicts.contains { broken.contains($0.cause) }
    }

    /// The runtime ended of a fault of the node, by its own last words: that it is down is part of it.
    func tookDown(_ unit: UnitFacts, _ finding: Finding) -> Bool {
        let ends: [Cause] = [.crashed, .crashLooping, .exited, .failed, .connectionRefused, .startTimeout]
        let isEnd = ends.map(\.rawValue).contains(finding.cause)
        // The kubelet's complaint alone is a symptom, also of a fault that is over.
        let isComplaint = finding.cause == Cause.reportedByKubelet.rawValue
        guard isComplaint || isEnd && verdicts.contains(where: { $0.cause == .pidsExhausted }) else {
            return false
        }
        return facts.signals.all(.nodeFault).contains {
            $0.unit == unit.name && $0.cause == .pidsExhausted
                && abs(($0.at.monotonic - finding.since.monotonic).seconds) < 60
        }
    }

    /// The kubelet's own last words tell the same: then it is told as the kubelet's end.
    private func isToldOfKubelet(_ told: Told) -> Bool {
        facts.signals.all(.kubeletFatal).contains {
            $0.cause == told.cause && abs(($0.at.monotonic - told.last.at.monotonic).seconds) < 60
        }
    }

    var deadlines: [MonotonicTime] {
        let ends = told.compactMap { told in
            NodeFault.quiet(told.cause).map { told.last.at.monotonic + $0 + .milliseconds(1) }
        }
        let settles = told.map { $0.first.at.monotonic + Self.settling }
        let look = resources.map { $0.at.monotonic + Self.interval }
        return ends + settles + (look.map { [$0] } ?? [])
    }

    /// How old the word on what the node has left may be.
    private static let interval = Duration.seconds(300)
    /// How long one sign that can pass by itself stays a suspicion.
    private static let settling = Duration.seconds(30)

    private var isLookDue: Bool { resources.map { now.monotonic - $0.at.monotonic >= Self.interval } ?? true }

    var question: Inquiry {
        .resources(paths: writtenTo, units: facts.runtimes.compactMap(\.endpoint.unit))
    }

    /// Where runtimes and the kubelet write: by their own word, and by everybody's defaults.
    var writtenTo: [String] {
        let told = facts.runtimes.flatMap(\.directories).filter { !Self.directories.contains($0) }
        return Self.directories + Set(told).sorted()
    }

    /// By everybody's defaults.
    static let directories = [
        "/var/lib/containerd", "/run/containerd", "/var/lib/containers/storage", "/run/containers",
        "/var/lib/docker", "/var/lib/kubelet", "/var/lib/rancher", "/var/log/pods",
    ]

    // MARK: What is told

    /// The causes that any line of this boot tells, nearest to the root first.
    var told: [Told] {
        let all = NodeFault.frames.flatMap { facts.signals.all($0, of: NodeFault.kind) }
        return Told.all(NodeFault.kind, all)
    }

    private var verdicts: [Verdict] {
        told.filter { !isOver($0) }.compactMap(verdict)
    }

    private func verdict(_ told: Told) -> Verdict? {
        let age = now.monotonic - told.first.at.monotonic
        let count = told.signals.count
        switch told.cause {
        case .outOfMemory:
            guard let victims = Victims(told.signals, within: .seconds(600)), victims.isOfNode else {
                return nil
            }
            return Verdict(told: told, isConfirmed: true, severity: .critical)
        case .diskErrors, .storageHangs:
            let isOurs = told.isOfNode || told.signals.contains { concernsRuntimes($0) }
            let isSure = isOurs || count >= 3 || age >= Self.settling
            return Verdict(
                told: told, isConfirmed: isSure, severity: isOurs || count >= 10 ? .critical : .warning)
        case .netDeviceLeaked:
            return Verdict(told: told, isConfirmed: count >= 3, severity: .warning)
        case .diskPressure:
            let isSure = told.signals.contains { $0.captures["phase"] != "reclaim" }
            return Verdict(told: told, isConfirmed: isSure, severity: .warning)
        case .memoryPressure, .busUnresponsive:
            return Verdict(told: told, isConfirmed: true, severity: .warning)
        case .inotifyExhausted:
            guard !isToldOfKubelet(told) else { return nil }
            return Verdict(
                told: told, isConfirmed: true, severity: told.signals.count >= 3 ? .critical : .warning)
        case .diskFull:
            return Verdict(told: told, isConfirmed: true, severity: .critical, isOfInodes: lacksInodes)
        case .fileSystemReadOnly, .fileSystemDamaged:
            return Verdict(told: told, isConfirmed: true, severity: isElsewhere(told) ? .warning : .critical)
        default:
            return Verdict(told: told, isConfirmed: true, severity: .critical)
        }
    }

    /// ENOSPC is about inodes where space is left.
    private var lacksInodes: Bool {
        writtenTo.compactMap { facts.answers.fileSystems[$0]?.value }.contains {
            $0.availableInodes == 0 && $0.availableBytes > 0
        }
    }

    /// The task, or the device, is one of the runtimes', as far as that is known.
    private func concernsRuntimes(_ signal: Signal) -> Bool {
        if let task = signal.captures["task"] {
            let names = [
                "containerd", "crio", "dockerd", "kubelet", "conmon", "runc", "crun", "jbd2/", "xfsaild",
                "kworker",
            ]
            return names.contains { task.hasPrefix($0) }
        }
        return mount(of: signal) != nil
    }

    /// None of the directories that matter lies on the device, as far as that is known.
    private func isElsewhere(_ told: Told) -> Bool {
        guard !mounts.isEmpty, !told.isOfNode else { return false }
        return !told.signals.contains { mount(of: $0) != nil }
    }

    /// The mount of ours that a line's device is.
    func mount(of signal: Signal) -> NodeResources.Mount? {
        guard let device = signal.device else { return nil }
        return mounts.first { mount in
            mount.source.split(separator: "/").last.map {
                device == $0 || device.hasPrefix($0) || $0.hasPrefix(device)
            }
                ?? false
        }
    }

    // MARK: What is over

    /// What the node shows without a word of the kernel: nothing can be written where the runtimes' state lies.
    private var readOnlyMount: NodeResources.Mount? {
        mounts.first { $0.isReadOnly }
    }

    private func isOver(_ told: Told) -> Bool { end(of: told) != nil }

    /// The evidence that it is over, or that silence has lasted.
    private func end(of told: Told) -> Assessment? {
        let last = told.last
        if let recovered = facts.signals.all(.nodeRecovered).last(where: {
            $0.cause == told.cause && $0.at.monotonic > last.at.monotonic && $0.isOfSame(last)
        }) {
            return .cleared(.journal(recovered))
        }
        if let proof = proof(against: told) { return .cleared(proof) }
        guard let quiet = NodeFault.quiet(told.cause), now.monotonic - last.at.monotonic > quiet else {
            return nil
        }
        return .expired(
            "no sign of it for \(quiet.brief) (\(told.cause.rawValue)); nothing proves that it is repaired")
    }

    private var latestOver: Assessment? {
        told.compactMap { told in end(of: told).map { (told.last.at.monotonic, $0) } }.max { $0.0 < $1.0 }?.1
    }

    /// What the node or a runtime has shown since.
    private func proof(against told: Told) -> Evidence? {
        let last = told.last.at.monotonic
        let fresh = resources.flatMap { $0.at.monotonic > last ? $0 : nil }
        switch told.cause {
        case .fileSystemReadOnly:
            guard let fresh, !mounts.isEmpty, !mounts.contains(where: \.isReadOnly)
            else { return told.isOfNode ? made(after: last) : nil }
            return Evidence(
                at: fresh.at.wall, source: .node,
                summary: "the file systems of the runtimes and the kubelet can be written to",
                command: "findmnt -T /var/lib/kubelet")
        case .pidsExhausted:
            guard let made = made(after: last) else { return nil }
            let uses = (fresh?.value.tasks).map { [$0] } ?? []
            return (uses + (fresh.map { Array($0.value.unitTasks.values) } ?? [])).contains(
                where: \.isNearlyAll)
                ? nil : made
        case .memoryCgroupLeak, .filesExhausted, .busUnresponsive: return made(after: last)
        case .diskFull, .inodesExhausted:
            let answers = writtenTo.compactMap { facts.answers.fileSystems[$0] }.filter {
                $0.at.monotonic > last
            }
            guard let latest = answers.max(by: { $0.at.monotonic < $1.at.monotonic }),
                !answers.contains(where: { $0.value.hasNoRoom })
            else { return nil }
            return Evidence(
                at: latest.at.wall, source: .node,
                summary: "space is free where the runtimes and the kubelet write",
                command: "df -h /var/lib/kubelet")
        default: return nil
        }
    }

    /// A sandbox or container that was made: a process could be started, and something was written.
    private func made(after time: MonotonicTime) -> Evidence? {
        facts.signals.all(.createSucceeded).last { $0.at.monotonic > time }.map {
            .journal($0, "a sandbox or container was created after that")
        }
    }
}

/// What the OOM killer took, counted by process.
private struct Victims {
    private static let own = ["containerd", "crio", "dockerd", "kubelet", "k3s-server", "k3s-agent"]
    let isOfNode: Bool

    /// Of those within `span` of the last one; nil: none.
    init?(_ signals: [Signal], within span: Duration) {
        guard let last = signals.last?.at.monotonic else { return nil }
        let recent = signals.filter { last - $0.at.monotonic <= span }
        let others = recent.filter { !Self.own.contains($0.captures["task"] ?? "") }
        let isOfSystem = others.contains { ($0.captures["cgroup"] ?? "").hasPrefix("/system.slice/") }
        isOfNode =
            isOfSystem || Set(others.compactMap { $0.captures["pid"] }).count >= 2
            || Self.events(recent) >= 2
    }
}

extension Victims {
    /// How often the kubelet's events tell of a victim that they do not name: as its log has them, or as kubectl counts the same
    /// ones (`4m (x3 over 1h)`).
    private static func events(_ signals: [Signal]) -> Int {
        let events = signals.filter { $0.captures["phase"] == "event" && $0.captures["pid"] == nil }
        func sum(_ events: [Signal]) -> Int {
            events.reduce(0) { $0 + max(1, min($1.captures["count"].flatMap { Int($0) } ?? 1, 1000)) }
        }
        let logged = events.filter { $0.excerpt.contains("reason: 'SystemOOM'") }
        return max(logged.count, sum(events) - logged.count)
    }
}

extension Signal {
    /// The block device as /sys calls it: `dm-2` of `dm-2-8.`, its journal's name.
    var device: String? {
        guard var name = captures["device"].map({ Substring($0) }), !name.isEmpty else { return nil }
        // btrfs adds its state behind a colon and a space, a sentence its full stop.
        name = name.prefix { $0 != " " }
        while let last = name.last, ":,.".contains(last) { name.removeLast() }
        if name.hasSuffix("-8") { name.removeLast(2) }
        return String(name)
    }

    /// Whether both are of one server or device, as far as both name one.
    fileprivate func isOfSame(_ other: Signal) -> Bool {
        if let a = captures["server"], let b = other.captures["server"] {
            // `nas1,` before a word, `nas1` at the end.
            return a.prefix { $0 != "," } == b.prefix { $0 != "," }
        }
        if let a = device, let b = other.device { return a == b }
        return true
    }
}

extension FileSystemUsage {
    /// Whether nothing more can be trusted to be written: less than 64 MiB or a twentieth, or no inode.
    var hasNoRoom: Bool { availableBytes < min(64 << 20, totalBytes / 20) || availableInodes == 0 }
}
