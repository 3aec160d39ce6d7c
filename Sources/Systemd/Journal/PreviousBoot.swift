// SPDX-License-Identifier: Apache-2.0
public import HealthModel

/// How the boot before this one ended, by systemd's own records in the journal.
public struct PreviousBoot {
    /// systemd's records that are read, from the end: more than a shutdown of thousands of units logs.
    private static let limit = 20_000

    private var started: Set<String> = []
    private var ended: Set<String> = []
    private var reachedTargetAt: WallTime?

    init() {}

    /// Reads it; nil when the journal holds no earlier boot. Blocks while up to 20,000 entries are read.
    ///
    /// - Parameter currentBoot: 32 hex digits, `/proc/sys/kernel/random/boot_id` without dashes.
    public static func shutdown(
        before currentBoot: String, in location: JournalLocation = .system
    ) throws(SystemdError) -> PreviousShutdown? {
        guard let current = JournalID(hex: currentBoot.utf8) else { return nil }
        let journal = try Journal(location)
        try journal.setMatches(JournalMatches(groups: [[.init("_PID", "1")]]))
        try journal.seek(bootID: current, monotonic: 0)
        var boot: JournalID?
        var entries: [JournalEntry] = []
        for _ in 0..<limit {
            guard try journal.previous() else { break }
            let id = try journal.monotonic().bootID
            if id == current { continue }
            if let boot, id != boot { break }
            boot = id
            var builder = JournalEntryBuilder()
            try journal.forEachRawField { name, value in
                builder.add(name: name, value: value)
                return true
            }
            let entry = builder.build()
            if entry.unit.map(isOfInterest) == true { entries.append(entry) }
        }
        guard let boot else { return nil }
        var previous = PreviousBoot()
        for entry in entries.reversed() { previous.take(entry) }
        return previous.result(bootID: boot.hex)
    }

    private static func isOfInterest(_ unit: String) -> Bool {
        unit == SystemTarget.shutdown || ScopeState.containerID(ofScope: unit) != nil
            || ScopeState.containerID(ofMonitorScope: unit) != nil
    }

    /// Takes one of systemd's records, oldest first.
    mutating func take(_ entry: JournalEntry) {
        guard entry.source == .manager, let unit = entry.unit, let id = entry.messageID,
            reachedTargetAt == nil
        else { return }
        if unit == SystemTarget.shutdown, id == MessageID.unitStarted { reachedTargetAt = entry.at.wall }
        if let container = ScopeState.containerID(ofMonitorScope: unit) {
            // conmon outlives its container.
            if id == MessageID.unitSucceeded || id == MessageID.unitStopped { ended.insert(container) }
        }
        guard let container = ScopeState.containerID(ofScope: unit) else { return }
        switch id {
        case MessageID.unitStarted:
            started.insert(container)
            ended.remove(container)
        // A stop job is what gives a container its grace period.
        case MessageID.unitStopping, MessageID.unitSucceeded, MessageID.unitStopped, MessageID.unitFailed:
            ended.insert(container)
        default: break
        }
    }

    func result(bootID: String) -> PreviousShutdown {
        PreviousShutdown(
            bootID: bootID, reachedTargetAt: reachedTargetAt, running: started.subtracting(ended).sorted(),
            ended: ended.sorted())
    }
}
