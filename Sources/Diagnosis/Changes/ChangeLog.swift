// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What changed on the node: a bounded list in the order of time, and what was known last, by which the next change is told.
struct ChangeLog: Hashable, Codable, Sendable {
    static let limit = 256
    private static let (runLimit, versionLimit, unitLimit) = (32, 32, 64)
    /// How long ago a file that is seen for the first time was written, to be told.
    private static let newFile = Duration.seconds(24 * 3600)
    private static let newFiles = 32

    /// Oldest first.
    private(set) var changes: [Change] = []
    private var runs: [PackageRun] = []
    /// By path, as they were looked at last; nil: they never were.
    private(set) var files: [String: FileStamp]?
    /// By runtime.
    private var versions: [String: String] = [:]
    private var kernel: String?
    private var bootedAt: WallTime?
    /// The last of systemd's records about a unit that decides what its next start is.
    private var units: [String: UnitRecord] = [:]

    private enum UnitRecord: String, Hashable, Codable {
        /// Stopped or failed: who starts it now was asked to.
        case ended
        /// `Restart=` starts it again.
        case automatic
        /// Between the halves of a restart.
        case restarting
    }

    /// A new change, and one of which more is known now, counted as they are new; what has no place any more was the oldest.
    private mutating func add(_ change: Change, _ totals: inout [String: UInt64]) {
        if let index = changes.lastIndex(where: { $0.isSameEvent(as: change) }) {
            if change.by != nil || changes[index].by == nil { changes[index] = change }
            return
        }
        let place = changes.lastIndex { $0.at <= change.at }.map { $0 + 1 } ?? 0
        if changes.count == Self.limit, place == 0 { return }
        changes.insert(change, at: place)
        if changes.count > Self.limit { changes.removeFirst() }
        totals[change.what.rawValue, default: 0] += 1
    }

    /// What a checkpoint or a recording brings is no more than what is kept.
    mutating func bound() {
        changes = changes.suffix(Self.limit).sorted { $0.at < $1.at }
        runs = runs.suffix(Self.runLimit)
        if let found = files, found.count > ChangeReport.fileLimit { files = nil }
        if versions.count > Self.versionLimit { versions = [:] }
        if units.count > Self.unitLimit { units = [:] }
    }

    // MARK: Looks

    /// Takes a look's result in.
    mutating func take(_ report: ChangeReport, at now: WallTime, _ totals: inout [String: UInt64]) {
        for run in report.runs.suffix(Self.runLimit) {
            runs.removeAll { $0.from == run.from && $0.command == run.command }
            runs.append(PackageRun(from: run.from, to: run.to, command: run.command))
        }
        runs = runs.sorted { $0.from < $1.from }.suffix(Self.runLimit)
        for change in report.packages.suffix(Self.limit) { add(change.bounded, &totals) }
        if let found = report.files?.prefix(ChangeReport.fileLimit) { take(Array(found), at: now, &totals) }
        takeBoot(report, at: now, &totals)
    }

    private mutating func take(
        _ found: [FileStamp], at now: WallTime, _ totals: inout [String: UInt64]
    ) {
        let new = Dictionary(found.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        guard let old = files else {
            // Before the first look nobody knows what was there: when a configuration was written is a fact.
            let written = found.filter {
                $0.hash != nil && $0.modifiedAt > now + (.zero - Self.newFile) && $0.modifiedAt <= now
            }
            for file in written.sorted(by: { $0.modifiedAt < $1.modifiedAt }).suffix(Self.newFiles) {
                add(Self.change(file.path, .written, at: file.modifiedAt), &totals)
            }
            files = new
            return
        }
        for file in found {
            guard let before = old[file.path] else {
                add(Self.change(file.path, .added, at: min(file.changedAt, now)), &totals)
                continue
            }
            guard file.differs(from: before) else { continue }
            let at = file.changedAt > before.changedAt ? min(file.changedAt, now) : now
            add(Self.change(file.path, .changed, at: at, keys: Self.keys(before, file)), &totals)
        }
        for path in old.keys.sorted() where new[path] == nil {
            add(Self.change(path, .removed, at: now), &totals)
        }
        files = new
    }

    private static func change(
        _ path: String, _ action: Change.Action, at: WallTime, keys: [String]? = nil
    ) -> Change {
        Change(at: at, what: .file, subject: path, action: action, keys: keys, source: .file)
    }

    /// Keys that are there in one only, or with another value; nil where that is not known, or none of those that are told
    /// apart.
    private static func keys(_ before: FileStamp, _ after: FileStamp) -> [String]? {
        guard let old = before.keys, let new = after.keys else { return nil }
        let differing = Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }
        let changed = Set(differing.map { FileStamp.list(ofKey: $0).name })
        return changed.isEmpty ? nil : Array(changed.sorted().prefix(Change.keyLimit))
    }

    /// `btime` moves with the wall clock: a boot within two minutes of the known one is that one.
    private mutating func takeBoot(
        _ report: ChangeReport, at now: WallTime, _ totals: inout [String: UInt64]
    ) {
        guard let booted = report.bootedAt, booted <= now else { return }
        defer {
            bootedAt = booted
            kernel = report.kernel
        }
        let isKnown = bootedAt.map { abs((booted - $0).microseconds) <= 120_000_000 }
        guard isKnown != true, isKnown == false || now - booted < Self.newFile else { return }
        add(
            Change(
                at: booted, what: .boot, subject: "node", action: .started, from: kernel, to: report.kernel,
                source: .kernel), &totals)
    }

    /// Another boot: what units were doing is over.
    mutating func reboot() { units = [:] }

    // MARK: What is heard

    /// Takes what a runtime names itself.
    mutating func take(
        version: String, of runtime: String, at now: WallTime, _ totals: inout [String: UInt64]
    ) {
        guard versions[runtime] != version else { return }
        if let before = versions[runtime] {
            add(
                Change(
                    at: now, what: .version, subject: runtime, action: .changed, from: before, to: version,
                    source: .cri), &totals)
        }
        guard versions[runtime] != nil || versions.count < Self.versionLimit else { return }
        versions[runtime] = version
    }

    /// Takes one of systemd's records about a watched unit. What `Restart=` does by itself is no change of anybody's.
    mutating func take(_ entry: JournalEntry, _ totals: inout [String: UInt64]) {
        guard entry.source == .manager, let unit = entry.unit, let id = entry.messageID,
            units[unit] != nil || units.count < Self.unitLimit
        else { return }
        func tell(_ action: Change.Action) -> Change {
            Change(at: entry.at.wall, what: .unit, subject: unit, action: action, source: .systemd)
        }
        switch id {
        case MessageID.restartScheduled: units[unit] = .automatic
        case MessageID.unitFailed
        where units[unit] == nil || entry.fields["UNIT_RESULT"] == "start-limit-hit":
            units[unit] = .ended
        case MessageID.unitStopped where entry.fields["JOB_TYPE"] == "stop":
            units[unit] = .ended
            add(tell(.stopped), &totals)
        case MessageID.unitStopped
        where units[unit] != .automatic && entry.fields["JOB_TYPE"] == "restart":
            units[unit] = .restarting
            add(tell(.restarted), &totals)
        case MessageID.unitStarted:
            if units[unit] == .ended { add(tell(.started), &totals) }
            units[unit] = nil
        default: break
        }
    }

    /// All of them, oldest first, with the package manager's run of that time beside what it may have done.
    var told: [Change] {
        changes.map { change in
            guard change.what == .unit || change.what == .file,
                let run = runs.last(where: { $0.covers(change.at) })
            else { return change }
            var copy = change
            copy.during = run.command
            return copy
        }
    }
}

extension ChangeLog {
    /// Whether an observation can tell of a change: most lines cannot.
    static func hears(_ event: Observation.Event) -> Bool {
        switch event {
        case .journal(let entry): entry.source == .manager
        case .node(.changes), .started: true
        case .probe(let report): report.rung == .version
        case .node, .unit, .daemon, .tick: false
        }
    }

    /// Takes what an observation tells of changes, before `facts` know of it.
    mutating func take(_ observation: Observation, _ facts: NodeFacts, _ totals: inout [String: UInt64]) {
        switch observation.event {
        case .node(.changes(let report)): take(report, at: observation.at.wall, &totals)
        case .started(let start) where start.bootID != facts.bootID: reboot()
        case .probe(let report):
            guard case .version(let version) = report.outcome else { return }
            let name = facts.runtimes.first { $0.endpoint.socketPath == report.endpoint.socketPath }?.name
            take(version: version.version, of: name ?? report.endpoint.name, at: observation.at.wall, &totals)
        case .journal(let entry) where entry.source == .manager && !facts.isShuttingDown:
            // Of an earlier boot the unit's story is over.
            let isOfThisBoot = entry.bootID.map { facts.bootID.isEmpty || $0 == facts.bootID } ?? true
            if isOfThisBoot, facts.isWatched(entry.unit) { take(entry, &totals) }
        default: break
        }
    }
}

extension NodeFacts {
    /// Whether a unit is that of a runtime, or one that is judged beside them.
    fileprivate func isWatched(_ unit: String?) -> Bool {
        guard let unit else { return false }
        return runtimes.contains { $0.unit.name == unit } || ServiceUnit.role(of: unit) != nil
    }
}
