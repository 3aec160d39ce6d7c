// SPDX-License-Identifier: Apache-2.0

/// One entry of the journal, cut down to what a diagnosis reads. Hostile input: text is bounded, not trusted.
public struct JournalEntry: Hashable, Codable, Sendable {
    /// Who speaks, by the journal's trusted fields.
    public enum Source: String, Codable, Hashable, Sendable {
        /// The unit's own output (`_SYSTEMD_UNIT=`).
        case unit
        /// systemd about the unit (`_PID=1`, `UNIT=`).
        case manager
        /// journald itself (`_TRANSPORT=driver`).
        case journald
        /// systemd-coredump, by its own unit (`COREDUMP_UNIT=`).
        case coredump
        /// The kernel's log.
        case kernel
        /// conmon, which runs in a scope of its own.
        case conmon
        /// A container's own words: its processes', or what a log driver passes on (`CONTAINER_ID=`). Nobody reads them.
        case container
    }

    /// Longest `message` that is kept, in bytes; the rest is cut.
    public static let messageLimit = 16 * 1024

    /// `__CURSOR`: identity of the entry; empty where the stream had none.
    public var cursor: String
    /// When it was logged.
    public var at: Moment
    /// Who speaks.
    public var source: Source
    /// The unit it is about; nil for kernel lines.
    public var unit: String?
    /// `SYSLOG_IDENTIFIER`; anybody can forge it.
    public var identifier: String?
    /// `_PID`.
    public var pid: Int32?
    /// `_COMM`: the name of the process, which it gave itself.
    public var comm: String?
    /// `PRIORITY`, 0 (emerg) to 7 (debug). Says nothing about containerd's and CRI-O's own lines: all are 6.
    public var priority: Int?
    /// `MESSAGE_ID`, 32 lower-case hex digits.
    public var messageID: String?
    /// `MESSAGE`, at most ``messageLimit`` bytes, invalid UTF-8 replaced.
    public var message: String
    /// The structured fields that diagnoses read (``JournalField/kept``).
    public var fields: [String: String]

    /// The boot in which it was logged: its `_BOOT_ID`, which is kept where it is another than its cursor's (`b=`,
    /// systemd `sd_journal_get_cursor(3)`); nil without either.
    public var bootID: String? {
        if !fields.isEmpty, let told = fields[JournalField.bootID] { return told }
        let bytes = cursor.utf8.span
        var start = 0
        while start < bytes.count {
            var end = start
            while end < bytes.count, bytes[end] != UInt8(ascii: ";") { end += 1 }
            if end - start >= 2, bytes[start] == UInt8(ascii: "b"), bytes[start + 1] == UInt8(ascii: "=") {
                let from = cursor.utf8.index(cursor.startIndex, offsetBy: start + 2)
                return String(cursor[from..<cursor.utf8.index(from, offsetBy: end - start - 2)])
            }
            start = end + 1
        }
        return nil
    }

    /// Makes an entry.
    public init(
        cursor: String, at: Moment, source: Source, unit: String?, identifier: String? = nil,
        pid: Int32? = nil, comm: String? = nil,
        priority: Int? = nil, messageID: String? = nil, message: String, fields: [String: String] = [:]
    ) {
        self.cursor = cursor
        self.at = at
        self.source = source
        self.unit = unit
        self.identifier = identifier
        self.pid = pid
        self.comm = comm
        self.priority = priority
        self.messageID = messageID
        self.message = message
        self.fields = fields
    }
}

/// Names of journal fields (systemd.journal-fields(7), and what systemd's manager adds).
public enum JournalField {
    /// The boot, 32 hex digits. Among the fields of an entry only where its cursor has another.
    public static let bootID = "_BOOT_ID"
    /// Of an entry that was read from text whose line a pager cut off: what stood behind the cut is not known. No field of the
    /// journal's.
    public static let cutOff = "_TEXT_CUT_OFF"
    /// Of an entry that was read from text that does not tell which program wrote it: its unit is what is usual for its form.
    public static let guessed = "_TEXT_GUESSED"
    /// The structured fields that an entry keeps beside those with a property of their own.
    public static let kept: Set<String> = [
        "EXIT_CODE", "EXIT_STATUS", "JOB_TYPE", "JOB_RESULT", "UNIT_RESULT", "N_RESTARTS", "INVOCATION_ID",
        "N_DROPPED", "COREDUMP_SIGNAL_NAME", "COREDUMP_EXE", "COMMAND", "LIMIT", "DISK_AVAILABLE",
        "CODE_FUNC",
    ]
}

/// Message ids of systemd's own entries (`sd-messages.h`, systemd 252; `journalctl --catalog` prints them).
public enum MessageID {
    /// A start job begins.
    public static let unitStarting = "7d4958e842da4a758f6c1cdc7b36dcc5"
    /// A start job ended well.
    public static let unitStarted = "39f53479d3a045ac8e11786248231fbf"
    /// A start job failed.
    public static let unitFailedToStart = "be02cf6855d2428ba40df7e9d022f03d"
    /// A stop job begins.
    public static let unitStopping = "de5b426a63be47a7b6ac3eaac82e2f6f"
    /// A stop job ended.
    public static let unitStopped = "9d1aaa27d60140bd96365438aad20286"
    /// A unit became inactive without failing.
    public static let unitSucceeded = "7ad2d189f7e94e70a38c781354912448"
    /// The main process ended: `EXIT_CODE`, `EXIT_STATUS`.
    public static let processExit = "98e322203f7a4ed290d09fe03c09fe15"
    /// A unit failed: `UNIT_RESULT`.
    public static let unitFailed = "d9b373ed55a64feb8242e02dbe79a49c"
    /// A restart is scheduled: `N_RESTARTS`.
    public static let restartScheduled = "5eb03494b6584870a536b337290809b3"
    /// A process of the unit was killed by the OOM killer.
    public static let outOfMemory = "fe6faa94e7774663a0da52717891d8ef"
    /// logind: the machine shuts down.
    public static let shutdown = "98268866d1d54a499c4e98921d93bc40"
    /// A process dumped core.
    public static let coredump = "fc2e22bc6ee647b6b90729ab34a250b1"
    /// journald started.
    public static let journalStart = "f77379a8490b408bbe5f6940505a777b"
    /// journald stopped.
    public static let journalStop = "d93fb3c9c24d451a97cea615ce59c00b"
    /// journald suppressed lines of a unit: `N_DROPPED`.
    public static let journalDropped = "a596d6fe7bfa4994828e72309e95d61e"
    /// journald missed kernel messages.
    public static let journalMissed = "e9bf28e6e834481bb6f48f548ad13606"
}

/// Targets whose records tell that the machine goes down (systemd.special(7)).
public enum SystemTarget {
    /// That of a running system: among the first that systemd stops. A desktop's `graphical.target` comes and goes above it.
    public static let running = "multi-user.target"
    /// Reached when the services have ended.
    public static let shutdown = "shutdown.target"
    /// Reached after that, one for each way down.
    public static let down: Set<String> = [
        "final.target", "poweroff.target", "reboot.target", "halt.target", "kexec.target",
    ]
}
