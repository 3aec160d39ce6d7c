// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Puts entries together from lines.
struct TextAssembler {
    /// Takes an entry, and the name of the machine that it is of, where its line tells.
    typealias Body = (JournalEntry, String?) -> Void

    /// A line that was begun; others may go on with it.
    private struct Pending {
        var head: TextHead
        var wall: WallTime?
        var message: [UInt8]
        /// Where the message began in its line: what follows may be indented by as much.
        var indent: Int
        var isCut = false
        /// A row of a table of the cluster's: the kubelet's words, which no program logged.
        var isRow = false
        /// An empty line stood behind it.
        var isOver = false
        /// It went on in a line that was not indented.
        var isWrapped = false
    }

    private var clock: TextClock
    private var bare: BareSpeaker
    private var composer = EntryComposer()
    private var blocks = MessageBlocks()
    private var pending: Pending?
    private var json = JSONLines()
    private var verbose: VerboseEntry?
    /// What `systemctl status` said of the unit whose log lines are read now.
    private var status: UnitStatus?
    /// Lines that begin as lines of a log do, those that do not, and rows of tables of the cluster's among the first.
    private(set) var count = (headed: 0, plain: 0, rows: 0)
    private var boots = 0
    private var host: String?
    private var hostBytes: [UInt8] = []
    private var lastSpeaker: (identifier: String, pid: Int32?, speaker: Speakers.Speaker)?
    private var lastIntroduced: String?
    /// Which messages of units are worth an entry; nil: all are.
    private let wants: ((Span<UInt8>) -> Bool)?
    /// Units of which a line was passed on that was not wanted: their first.
    private var introduced: Set<String> = []
    /// When the latest line was logged.
    var latest: WallTime? { clock.latest }

    init(now: WallTime, file: String?, wants: ((Span<UInt8>) -> Bool)?) {
        clock = TextClock(now: now)
        self.wants = wants
        bare = BareSpeaker(file: file)
    }

    /// Takes one line, without its end.
    mutating func take(_ printed: [UInt8], _ body: Body) {
        let line = ConsoleLine.logfmt(printed) ?? printed
        if verbose != nil {
            if verbose?.take(line) == true { return }
            endVerbose(body)
        }
        if json.isOpen, !json.goesOn(line) { json.drop() }
        if json.isOpen || JSONLines.begins(line) {
            flush(body)
            for entry in json.take(line) { hand(entry, body) }
            return
        }
        if line.isEmpty {
            pending?.isOver = true
            return
        }
        if isStatus(line, body) { return }
        if isMark(line) { return mark(line, body) }
        if let entry = VerboseEntry(line) {
            flush(body)
            verbose = entry
            return
        }
        guard let head = TextHead(line) ?? Self.behindPrefix(line) else {
            goOn(line, body)
            return
        }
        flush(body)
        begin(head, line)
    }

    /// Says that the text is over.
    mutating func finish(_ body: Body) {
        if verbose != nil { endVerbose(body) }
        flush(body)
        endStatus(body)
        for entry in blocks.flush() { body(entry, host) }
    }

    // MARK: systemctl status

    /// Whether a line is one of those with which `systemctl status` begins.
    private mutating func isStatus(_ line: [UInt8], _ body: Body) -> Bool {
        if let begun = UnitStatus(line) {
            flush(body)
            endStatus(body)
            status = begun
            return true
        }
        guard status?.isOpen == true, status?.take(line) == true else { return false }
        switch status?.since {
        case .local(let time)?, .exact(let time)?: clock.learn(year: time.year)
        default: break
        }
        return true
    }

    /// What systemd said of its end, where the lines of its log that follow do not tell it.
    private mutating func endStatus(_ body: Body) {
        guard let status else { return }
        self.status = nil
        let sentences = status.sentences
        guard !sentences.isEmpty else { return }
        let latest = clock.latest
        let since = clock.wall(status.since)
        let wall = max(since ?? WallTime(microseconds: 0), latest ?? WallTime(microseconds: 0))
        let speaker = Speakers.Speaker(source: .manager, unit: nil)
        for sentence in sentences {
            hand(composer.entry(speaker, .plain, at: wall, message: sentence), body)
        }
    }

    private static func behindPrefix(_ line: [UInt8]) -> TextHead? {
        TextCleaning.prefixEnd(line).flatMap { TextHead(line, from: $0) }
    }

    // MARK: Lines

    private mutating func begin(_ head: TextHead, _ line: [UInt8]) {
        var head = head
        // What a time alone stands before has a form of its own.
        if head.form == .container || head.form == .stamped, let inner = TextHead(line, from: head.message) {
            let time = head.time
            switch inner.form {
            case .klog, .logfmt, .plain:
                head.form = inner.form
                head.message = inner.message
            case .syslog, .identifier, .kernel, .container, .stamped:
                head = inner
                head.time = time
            }
        }
        learn(head, line)
        let wall = clock.wall(head.time)
        if let range = head.host, host == nil || line[range] != hostBytes[...] {
            host = line.text(range)
            hostBytes = Array(line[range])
            introduced = []
            lastIntroduced = nil
        }
        let message = Array(line[head.message...])
        pending = Pending(
            head: head, wall: wall, message: ConsoleLine.logfmt(message) ?? message, indent: head.message,
            isCut: PagerCuts.isCut(line))
    }

    /// What a line tells of years and zones.
    private mutating func learn(_ head: TextHead, _ line: [UInt8]) {
        var cursor = ByteCursor(line, at: head.message)
        guard cursor.take("time=\"") else { return }
        let start = cursor.at
        guard let (year, month, day) = cursor.date() else { return }
        guard head.form == .logfmt else { return clock.learn(year: year) }
        cursor.move(to: start)
        guard case .exact(let exact)? = cursor.isoTime(), let local = localTime(year, month, day, line, start)
        else { return }
        clock.learn(year: year)
        clock.learn(zone: (local - exact).microseconds / 1_000_000)
    }

    private func localTime(_ year: Int64, _ month: Int64, _ day: Int64, _ line: [UInt8], _ start: Int)
        -> WallTime?
    {
        var cursor = ByteCursor(line, at: start + 11)
        return cursor.clock().flatMap { WallTime(year: year, month: month, day: day, microsecondOfDay: $0) }
    }

    /// What journalctl says itself: `-- …`, and with `-x` what its catalog tells of an entry, which since v246 begins with `░░`.
    private func isMark(_ line: [UInt8]) -> Bool {
        switch line[0] {
        case UInt8(ascii: "-"): line.starts(with: "-- ".utf8) || line.count == 2 && line[1] == line[0]
        case 0xE2: line.starts(with: "░░".utf8)
        default: false
        }
    }

    /// `-- Reboot --`, `-- Boot 0123… --`, `-- Logs begin at Wed 2020-03-04 …`.
    private mutating func mark(_ line: [UInt8], _ body: Body) {
        if line.contains("-- Reboot --") || line.contains("-- Boot ") {
            flush(body)
            boots += 1
            composer.boot = Self.bootID(line) ?? "text\(boots)"
        } else if line.contains(" begin"),
            let last = line.place(of: " end at ") ?? line.place(of: " ends at ")
        {
            var cursor = ByteCursor(line, at: last + 8)
            cursor.blanks()
            if case .local(let time)? = cursor.fullTime() { clock.learn(year: time.year) }
        }
    }

    private static func bootID(_ line: [UInt8]) -> String? {
        var cursor = ByteCursor(line)
        guard cursor.take("-- Boot ") else { return nil }
        let id = line.text(cursor.word())
        return id.utf8.count == 32 && id.allSatisfy(\.isHexDigit) ? id : nil
    }

    /// A line that begins as nothing known does.
    private mutating func goOn(_ line: [UInt8], _ body: Body) {
        let first = line[0]
        let row = Self.row(line)
        if let event = row.flatMap(BareSpeaker.kernelEvent) {
            flush(body)
            pending = Pending(head: .kernelEvent, wall: clock.wall(nil), message: event, indent: 0)
            return
        }
        let isOpen =
            pending.map { MessageBlocks.opens($0.message.span) || $0.message.contains("=<\n") } ?? false
        let isIndented =
            first == 0x20 || first == 0x09 || first == UInt8(ascii: "}") || first == UInt8(ascii: ">")
        let isHeaded = pending.map { $0.head.form == .syslog } ?? false
        guard row != nil || pending == nil || !(isOpen || isIndented || isHeaded || wraps(line)) else {
            append(line)
            return
        }
        flush(body)
        // Its own line, of who spoke before, or of whom it speaks itself.
        pending = Pending(
            head: .plain, wall: clock.wall(nil), message: row.map(Array.init) ?? line, indent: 0,
            isRow: row != nil)
    }

    /// A row of the tables that kubectl prints: of `describe`, which indents it, and of `get events`, where an age stands
    /// before it.
    private static func row(_ line: [UInt8]) -> ArraySlice<UInt8>? {
        let row = line.drop { $0 == 0x20 || $0 == 0x09 }
        let marks: [StaticString] = ["Warning  ", "Normal  ", "Ready  "]
        let cursor = ByteCursor(line, at: withoutAge(row).startIndex)
        let isRow = marks.contains { mark in
            var cursor = cursor
            return cursor.take(mark)
        }
        return isRow ? row : nil
    }

    /// What follows an age (`4s          Warning   FailedMount   …`), before which `--all-namespaces` prints the namespace.
    private static func withoutAge(_ row: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = row
        for _ in 0..<2 {
            let word = rest.prefix { $0 != 0x20 && $0 != 0x09 }
            rest = rest[word.endIndex...].drop { $0 == 0x20 || $0 == 0x09 }
            if word.first?.isASCIIDigit == true, word.count <= 8, let unit = word.last,
                "smhd".utf8.contains(unit)
            {
                return rest
            }
        }
        return row
    }

    private func wraps(_ line: [UInt8]) -> Bool {
        guard let pending, pending.head.form == .plain, !pending.isOver else { return false }
        return BareSpeaker.isCutShort(pending.message, before: line, isWrapped: pending.isWrapped)
    }

    private mutating func append(_ line: [UInt8]) {
        guard let indent = pending?.indent, let count = pending?.message.count,
            count < JournalEntry.messageLimit
        else { return }
        let blanks = line.prefix { $0 == 0x20 }.count
        let isWrapped = wraps(line)
        if isWrapped, line.first != 0x20 { pending?.isWrapped = true }
        pending?.message.append(isWrapped ? 0x20 : 0x0A)
        pending?.message.append(contentsOf: line.dropFirst(isWrapped ? blanks : min(blanks, indent)))
    }

    // MARK: Entries

    private mutating func flush(_ body: Body) {
        guard let pending else { return }
        self.pending = nil
        if pending.head.form == .plain, !pending.isRow { count.plain += 1 } else { count.headed += 1 }
        if pending.isRow { count.rows += 1 }
        let wall = pending.wall ?? WallTime(microseconds: 0)
        let speaker: Speakers.Speaker
        var isGuess = false
        if let identifier = pending.head.identifier {
            speaker = self.speaker(identifier, pid: pending.head.pid)
        } else if pending.head.form == .kernel
            || pending.head.form == .plain && BareSpeaker.isKernels(pending.message)
        {
            speaker = Speakers.Speaker(source: .kernel, unit: nil)
        } else if pending.head.form == .plain || pending.head.form == .stamped,
            composer.isManagers(pending.message)
        {
            speaker = Speakers.Speaker(source: .manager, unit: nil)
        } else {
            let unit = pending.isRow ? BareSpeaker.events : bare.unit(pending.head.form, pending.message)
            isGuess = !pending.isRow && bare.isGuess
            speaker = Speakers.Speaker(source: .unit, unit: unit)
        }
        guard matters(pending, speaker) else { return }
        var entry = composer.entry(
            speaker, pending.head, at: wall, message: String(decoding: pending.message, as: UTF8.self))
        if pending.isCut { entry.fields[JournalField.cutOff] = "1" }
        if isGuess { entry.fields[JournalField.guessed] = "1" }
        if entry.messageID == MessageID.processExit, entry.unit == status?.unit { status?.isTold = true }
        hand(entry, body)
    }

    /// Whether anybody has use for a line: it is wanted, or it is the first that tells of its unit.
    private mutating func matters(_ line: Pending, _ speaker: Speakers.Speaker) -> Bool {
        guard let wants, speaker.source == .unit, speaker.unit != "systemd-logind.service", blocks.isEmpty,
            !MessageBlocks.opens(line.message.span), !wants(line.message.span)
        else { return true }
        guard let unit = speaker.unit, unit != lastIntroduced, introduced.count < 4096 else { return false }
        lastIntroduced = unit
        return introduced.insert(unit).inserted
    }

    /// The speaker of a line; mostly that of the line before.
    private mutating func speaker(_ identifier: String, pid: Int32?) -> Speakers.Speaker {
        if let last = lastSpeaker, last.identifier == identifier, last.pid == pid { return last.speaker }
        let speaker = Speakers.speaker(identifier, pid: pid)
        lastSpeaker = (identifier, pid, speaker)
        return speaker
    }

    private mutating func hand(_ entry: JournalEntry, _ body: Body) {
        for entry in blocks.take(entry) { body(entry, host) }
    }

    private mutating func endVerbose(_ body: Body) {
        if let entry = verbose?.entry { hand(entry, body) }
        verbose = nil
    }
}
