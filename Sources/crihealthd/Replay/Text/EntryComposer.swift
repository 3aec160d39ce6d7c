// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Makes journal entries of lines: what the journal's fields would have said is read from the message.
struct EntryComposer {
    /// The boot that lines are of, where the text tells one from another.
    var boot: String?
    private var descriptions = UnitDescriptions()
    private var jobs = UnitJobs()

    /// An entry; `at` is its wall clock, and the monotonic one is set where the order of all is known.
    mutating func entry(
        _ speaker: Speakers.Speaker, _ head: TextHead, at wall: WallTime, message: String
    ) -> JournalEntry {
        var entry = JournalEntry(
            cursor: "", at: Moment(wall: wall, monotonic: MonotonicTime(microseconds: wall.microseconds)),
            source: speaker.source, unit: speaker.unit, identifier: head.identifier, pid: head.pid,
            priority: head.priority, message: Self.bounded(message))
        if let boot { entry.fields[JournalField.bootID] = boot }
        switch entry.source {
        case .manager: manage(&entry)
        case .coredump: dumped(&entry)
        case .journald: dropped(&entry)
        case .unit: spoken(&entry)
        case .kernel, .conmon, .container: break
        }
        return entry
    }

    /// Whether a line that does not say who wrote it can only be systemd's.
    func isManagers(_ message: [UInt8]) -> Bool {
        guard message.count < 1024 else { return false }
        let sentence = ManagerSentence(String(decoding: message, as: UTF8.self), descriptions)
        return sentence.unit != nil && sentence.messageID != nil
    }

    // MARK: Speakers

    private mutating func manage(_ entry: inout JournalEntry) {
        let sentence = ManagerSentence(entry.message, descriptions)
        entry.message = sentence.message
        entry.unit = sentence.unit
        entry.messageID = sentence.messageID
        entry.fields.merge(sentence.fields) { $1 }
        jobs.settle(&entry, described: sentence.description, &descriptions)
    }

    /// A child of systemd before it is the program; a user's manager; logind.
    private func spoken(_ entry: inout JournalEntry) {
        if entry.identifier == "systemd" {
            let sentence = ManagerSentence(entry.message, descriptions)
            entry.unit = sentence.unit ?? "user@.service"
        } else if entry.identifier == "systemd-logind",
            Self.shutdowns.contains(where: { entry.message.hasPrefix($0) })
        {
            entry.messageID = MessageID.shutdown
        } else if entry.identifier?.first == "(" {
            // `(containerd)[12]: containerd.service: Failed at step …`
            if let unit = ManagerSentence(entry.message, descriptions).unit { entry.unit = unit }
        }
    }

    /// systemd `src/login/logind-dbus.c` (`bus_manager_log_shutdown`), old and new.
    private static let shutdowns = [
        "System is powering down", "System is halting", "System is rebooting",
        "The system will power off now",
        "The system will reboot now", "The system will halt now", "The system will be powered off now",
    ]

    /// `Process 4021 (containerd) of user 0 dumped core.`
    private func dumped(_ entry: inout JournalEntry) {
        guard entry.message.hasPrefix("Process "), let open = entry.message.firstIndex(of: "("),
            let close = entry.message[open...].firstIndex(of: ")")
        else { return }
        entry.messageID = MessageID.coredump
        entry.unit = Speakers.unit(String(entry.message[entry.message.index(after: open)..<close]))
    }

    /// `Suppressed 4711 messages from containerd.service`, before v247 with the unit's cgroup.
    private func dropped(_ entry: inout JournalEntry) {
        let words = entry.message.split(separator: " ")
        guard words.count >= 5, words[0] == "Suppressed", words[2] == "messages", words[3] == "from",
            UInt64(words[1]) != nil, let name = words[4].split(separator: "/").last
        else { return }
        entry.messageID = MessageID.journalDropped
        entry.unit = String(name)
        entry.fields["N_DROPPED"] = String(words[1])
    }

    private static func bounded(_ message: String) -> String {
        guard message.utf8.count > JournalEntry.messageLimit else { return message }
        var end = message.utf8.index(message.startIndex, offsetBy: JournalEntry.messageLimit)
        while String.Index(end, within: message.unicodeScalars) == nil {
            end = message.utf8.index(before: end)
        }
        return String(message.unicodeScalars[..<end])
    }
}

/// What systemd's sentences say only together: which job a stop was part of, and which unit a description stands for.
private struct UnitJobs {
    private static let limit = 256
    /// How much later the second of two sentences comes.
    private static let pause = Duration.seconds(5)

    /// Units that are to be started again, and since when.
    private var restarting: [String: WallTime] = [:]
    /// What was said last of a unit by its name.
    private var latest: (unit: String, messageID: String?, at: WallTime)?

    mutating func settle(
        _ entry: inout JournalEntry, described: String?, _ descriptions: inout UnitDescriptions
    ) {
        let at = entry.at.wall
        if entry.unit == nil, let described {
            if let latest, isSoon(latest.at, at), follows(entry.messageID, latest.messageID) {
                entry.unit = latest.unit
                descriptions.learn(described, unit: latest.unit)
            }
        } else if let described {
            descriptions.learn(described)
        }
        guard let unit = entry.unit else { return }
        switch entry.messageID {
        case MessageID.restartScheduled:
            // Both sentences of one restart: the first counts.
            if let since = restarting[unit], isSoon(since, at) { entry.messageID = nil }
            if restarting.count >= Self.limit { restarting = [:] }
            restarting[unit] = at
        case MessageID.unitStopping: entry.fields["JOB_TYPE"] = "stop"
        case MessageID.unitStopped:
            entry.fields["JOB_TYPE"] = restarting[unit].map { isSoon($0, at) } == true ? "restart" : "stop"
        case MessageID.unitStarting, MessageID.unitStarted:
            entry.fields["JOB_TYPE"] = "start"
            restarting[unit] = nil
        default: break
        }
        latest = (unit, entry.messageID, at)
    }

    /// `Failed to start D.` comes behind `U: Failed with result …`, `Stopped D.` behind `U: Scheduled restart job …`.
    private func follows(_ id: String?, _ earlier: String?) -> Bool {
        switch id {
        case MessageID.unitFailedToStart: earlier == MessageID.unitFailed || earlier == MessageID.processExit
        case MessageID.unitStopped:
            earlier == MessageID.restartScheduled || earlier == MessageID.unitSucceeded
        default: false
        }
    }

    private func isSoon(_ earlier: WallTime, _ later: WallTime) -> Bool {
        later >= earlier && later - earlier <= Self.pause
    }
}
