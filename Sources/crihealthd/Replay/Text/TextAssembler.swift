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
    }

    private var clock: TextClock
    private var bare: BareSpeaker
    private var composer = EntryComposer()
    private var blocks = MessageBlocks()
    private var pending: Pending?
    private var json = JSONLines()
    private var verbose: VerboseEntry?
    private var boots = 0
    private var host: String?
    /// Which messages of units are worth an entry; nil: all are.
    private let wants: ((UnsafeRawBufferPointer) -> Bool)?
    /// Units of which a line was passed on that was not wanted: their first.
    private var introduced: Set<String> = []
    /// When the latest line was logged.
    var latest: WallTime? { clock.latest }

    init(now: WallTime, file: String?, wants: ((UnsafeRawBufferPointer) -> Bool)?) {
        clock = TextClock(now: now)
        self.wants = wants
        bare = BareSpeaker(file: file)
    }

    /// Takes one line, without its end.
    mutating func take(_ line: [UInt8], _ body: Body) {
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
        if line.isEmpty { return }
        if line.starts(with: Array("-- ".utf8)), mark(line, body) { return }
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
        for entry in blocks.flush() { body(entry, host) }
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
        if let range = head.host, host.map({ !line[range].elementsEqual($0.utf8) }) ?? true {
            host = line.text(range)
            introduced = []
        }
        pending = Pending(
            head: head, wall: wall, message: Array(line[head.message...]), indent: head.message,
            isCut: PagerCuts.isCut(line))
    }

    /// What a line tells of years and zones.
    private mutating func learn(_ head: TextHead, _ line: [UInt8]) {
        var cursor = ByteCursor(line, at: head.message)
        guard cursor.take("time=\"") else { return }
        let start = cursor.at
        guard let (year, month, day) = cursor.date(),
            let time = {
                cursor.move(to: start); return cursor.isoTime()
            }()
        else { return }
        switch head.form {
        case .logfmt:
            guard case .exact(let exact) = time,
                let local = localTime(year, month, day, line, start)
            else { return }
            clock.learn(year: year)
            clock.learn(zone: (local - exact).microseconds / 1_000_000)
        default: clock.learn(year: year)
        }
    }

    private func localTime(_ year: Int64, _ month: Int64, _ day: Int64, _ line: [UInt8], _ start: Int)
        -> WallTime?
    {
        var cursor = ByteCursor(line, at: start + 11)
        return cursor.clock().flatMap { WallTime(year: year, month: month, day: day, microsecondOfDay: $0) }
    }

    /// `-- Reboot --`, `-- Boot 0123… --`, `-- Logs begin at Wed 2020-03-04 …`.
    private mutating func mark(_ line: [UInt8], _ body: Body) -> Bool {
        if line.contains("-- Reboot --") || line.contains("-- Boot ") {
            flush(body)
            boots += 1
            composer.boot = "text\(boots)"
            return true
        }
        guard line.contains(" begin") || line.contains("-- No entries") else { return false }
        if let last = line.place(of: " end at ") ?? line.place(of: " ends at ") {
            var cursor = ByteCursor(line, at: last + 8)
            cursor.blanks()
            if case .local(let time)? = cursor.fullTime() { clock.learn(year: time.year) }
        }
        return true
    }

    /// A line that begins as nothing known does.
    private mutating func goOn(_ line: [UInt8], _ body: Body) {
        let first = line[0]
        let isOpen =
            pending.map { MessageBlocks.opens($0.message.span) || $0.message.contains("=<\n") } ?? false
        let isIndented =
            first == 0x20 || first == 0x09 || first == UInt8(ascii: "}") || first == UInt8(ascii: ">")
        let isHeaded = pending.map { $0.head.form == .syslog } ?? false
        guard pending == nil || !(isOpen || isIndented || isHeaded) else {
            append(line)
            return
        }
        flush(body)
        // Its own line, of who spoke before, or of whom it speaks itself.
        pending = Pending(head: .plain, wall: clock.wall(nil), message: line, indent: 0)
    }

    private mutating func append(_ line: [UInt8]) {
        guard let indent = pending?.indent, let count = pending?.message.count,
            count < JournalEntry.messageLimit
        else { return }
        let blanks = line.prefix { $0 == 0x20 }.count
        pending?.message.append(0x0A)
        pending?.message.append(contentsOf: line.dropFirst(min(blanks, indent)))
    }

    // MARK: Entries

    private mutating func flush(_ body: Body) {
        guard let pending else { return }
        self.pending = nil
        let wall = pending.wall ?? WallTime(microseconds: 0)
        let speaker: Speakers.Speaker
        if let identifier = pending.head.identifier {
            speaker = Speakers.speaker(identifier, pid: pending.head.pid)
        } else if pending.head.form == .kernel {
            speaker = Speakers.Speaker(source: .kernel, unit: nil)
        } else if pending.head.form == .plain || pending.head.form == .stamped,
            composer.isManagers(pending.message)
        {
            speaker = Speakers.Speaker(source: .manager, unit: nil)
        } else {
            speaker = Speakers.Speaker(source: .unit, unit: bare.unit(pending.head.form, pending.message))
        }
        guard matters(pending, speaker) else { return }
        var entry = composer.entry(
            speaker, pending.head, at: wall, message: String(decoding: pending.message, as: UTF8.self))
        if pending.isCut { entry.fields[JournalField.cutOff] = "1" }
        hand(entry, body)
    }

    /// Whether anybody has use for a line: it is wanted, or it is the first that tells of its unit.
    private mutating func matters(_ line: Pending, _ speaker: Speakers.Speaker) -> Bool {
        guard let wants, speaker.source == .unit, speaker.unit != "systemd-logind.service", blocks.isEmpty,
            !MessageBlocks.opens(line.message.span), !line.message.withUnsafeBytes(wants)
        else { return true }
        guard let unit = speaker.unit, introduced.count < 4096 else { return false }
        return introduced.insert(unit).inserted
    }

    private mutating func hand(_ entry: JournalEntry, _ body: Body) {
        for entry in blocks.take(entry) { body(entry, host) }
    }

    private mutating func endVerbose(_ body: Body) {
        if let entry = verbose?.entry { hand(entry, body) }
        verbose = nil
    }
}
