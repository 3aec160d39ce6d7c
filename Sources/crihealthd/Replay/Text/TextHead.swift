// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What stands before the message of a line of text: when, where, who.
struct TextHead: Hashable {
    /// How the line begins.
    enum Form: Hashable {
        /// A time, mostly a host, and an identifier: syslog files, and journalctl's short formats.
        case syslog
        /// `[12345.678]`: the kernel's ring buffer, as dmesg prints it.
        case kernel
        /// `TIME stdout F`: a container's log file.
        case container
        /// A time and nothing else.
        case stamped
        /// `kubelet[123]: …`, its time cut off.
        case identifier
        /// The message itself, with klog's header.
        case klog
        /// The message itself, in logrus' form.
        case logfmt
        /// Nothing at all.
        case plain
    }

    var form: Form
    var time: TextTime?
    /// Where the name of the machine stands.
    var host: Range<Int>?
    var identifier: String?
    var pid: Int32?
    var priority: Int?
    /// Where the message begins.
    var message: Int

    private init(_ form: Form, _ time: TextTime?, message: Int) {
        self.form = form
        self.time = time
        self.message = message
    }

    /// The head of a line that begins at `start`; nil where nothing is known that begins so.
    init?(_ line: [UInt8], from start: Int = 0) {
        guard start < line.count else { return nil }
        let begin = ByteCursor(line, at: start)
        var cursor = begin
        switch line[start] {
        case UInt8(ascii: "<"):
            guard let head = Self.prioritized(&cursor) else { return nil }
            self = head
        case UInt8(ascii: "["):
            guard let head = Self.bracketed(&cursor) else { return nil }
            self = head
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            guard let head = Self.numeric(&cursor) ?? Self.ringBuffer(begin) ?? Self.object(line, start)
            else {
                return nil
            }
            self = head
        default:
            guard
                let head = Self.bare(line, start) ?? Self.named(&cursor) ?? Self.ringBuffer(begin)
                    ?? Self.object(line, start)
            else { return nil }
            self = head
        }
    }

    /// Of a line without any head.
    static var plain: TextHead { TextHead(.plain, nil, message: 0) }
    /// Of a kernel's line that an event quotes.
    static var kernelEvent: TextHead { TextHead(.kernel, nil, message: 0) }

    // MARK: Forms

    /// `<30>Jun 12 …` and `<30>1 2024-06-12T… host app pid id - …` (RFC 3164, RFC 5424).
    private static func prioritized(_ cursor: inout ByteCursor) -> TextHead? {
        guard cursor.take("<"), let code = cursor.number(1...3), code < 192, cursor.take(">") else {
            return nil
        }
        let start = cursor.at
        if cursor.take("1 "), let time = cursor.isoTime(), cursor.take(" ") {
            let host = cursor.word()
            cursor.blanks()
            let name = cursor.bytes.text(cursor.word())
            cursor.blanks()
            let pid = Int32(cursor.bytes.text(cursor.word()))
            cursor.blanks()
            _ = cursor.word()
            cursor.blanks()
            _ = cursor.take("-")
            cursor.blanks()
            var head = TextHead(.syslog, time, message: cursor.at)
            (head.host, head.identifier, head.pid, head.priority) = (host, name, pid, Int(code % 8))
            return head
        }
        guard var head = TextHead(cursor.bytes, from: start) else { return nil }
        head.priority = Int(code % 8)
        return head
    }

    /// `[12345.678901] …`, `[Wed Jun 12 12:23:42 2024] …`.
    private static func bracketed(_ cursor: inout ByteCursor) -> TextHead? {
        let start = cursor
        _ = cursor.take("[")
        var time: TextTime?
        if let seconds = cursor.seconds(1...9) {
            time = .boot(seconds)
            // short-delta has the distance behind it.
            cursor.blanks()
            if cursor.take("<") {
                while let byte = cursor.byte, byte != UInt8(ascii: ">") { cursor.move(to: cursor.at + 1) }
                _ = cursor.take(">")
                cursor.blanks()
            }
        } else {
            cursor = start
            _ = cursor.take("[")
            time = cursor.ctime()
        }
        guard let time, cursor.take("]"), cursor.isAtEnd || cursor.blanks() > 0 else { return nil }
        if let spoken = speaker(cursor, .syslog, time, isLoose: false) { return spoken }
        return TextHead(.kernel, time, message: cursor.at)
    }

    /// `2024-06-12T12:23:42Z …`, `1718194782.123456 host …`.
    private static func numeric(_ cursor: inout ByteCursor) -> TextHead? {
        if let time = cursor.isoTime() {
            guard cursor.isAtEnd || cursor.blanks() > 0 else { return nil }
            let head =
                container(cursor, time) ?? speaker(cursor, .syslog, time, isLoose: false)
                ?? structured(cursor, time)
            if let head { return head }
            return TextHead(.stamped, time, message: cursor.at)
        }
        // A month can begin with its number: 6月.
        if let time = cursor.syslogTime(), cursor.blanks() > 0 {
            return speaker(cursor, .syslog, time, isLoose: true)
        }
        guard let seconds = cursor.seconds(10...10), cursor.blanks() > 0 else { return nil }
        return speaker(cursor, .syslog, .exact(WallTime(microseconds: seconds)), isLoose: false)
    }

    /// `stdout F …` behind the time (kubelet `pkg/kubelet/kuberuntime/logs`, the CRI log format).
    private static func container(_ cursor: ByteCursor, _ time: TextTime) -> TextHead? {
        var cursor = cursor
        guard cursor.take("stdout ") || cursor.take("stderr "), cursor.take("F") || cursor.take("P"),
            cursor.isAtEnd || cursor.take(" ")
        else { return nil }
        return TextHead(.container, time, message: cursor.at)
    }

    /// `host kubelet 24578 - - …`: RFC 5424 without the priority, as rsyslog's files can have it.
    private static func structured(_ start: ByteCursor, _ time: TextTime) -> TextHead? {
        var cursor = start
        let host = cursor.word()
        cursor.blanks()
        let name = cursor.bytes.text(cursor.word())
        guard cursor.take(" "), Speakers.isKnown(name), let pid = cursor.number(1...10) ?? none(&cursor),
            cursor.take(" ")
        else { return nil }
        _ = cursor.word()
        guard cursor.take(" - ") else { return nil }
        cursor.blanks()
        var head = TextHead(.syslog, time, message: cursor.at)
        (head.host, head.identifier) = (host, name)
        head.pid = pid > 0 ? Int32(exactly: pid) : nil
        return head
    }

    /// A dash where a number would stand.
    private static func none(_ cursor: inout ByteCursor) -> Int64? { cursor.take("-") ? 0 : nil }

    /// klog's or logrus' own line.
    private static func bare(_ line: [UInt8], _ start: Int) -> TextHead? {
        var cursor = ByteCursor(line, at: start)
        switch line[start] {
        case UInt8(ascii: "I"), UInt8(ascii: "W"), UInt8(ascii: "E"), UInt8(ascii: "F"):
            cursor.move(to: start + 1)
            guard let month = cursor.number(2...2), let day = cursor.number(2...2), cursor.take(" "),
                let clock = cursor.clock(), (1...12).contains(month), (1...31).contains(day)
            else { return nil }
            let time = TextTime.yearless(month: month, day: day, microsecond: clock)
            return TextHead(.klog, time, message: start)
        case UInt8(ascii: "t"), UInt8(ascii: "l"):
            if cursor.take("time=") {
                let isQuoted = cursor.take("\"")
                let time = cursor.isoTime()
                guard isQuoted || time != nil else { return nil }
                return TextHead(.logfmt, time, message: start)
            }
            guard cursor.take("level=") || cursor.take("ts=") else { return cutKlog(line, start) }
            return TextHead(.logfmt, nil, message: start)
        default: return cutKlog(line, start)
        }
    }

    /// klog's own line without severity and date: `kubelet.go:1547] …`.
    private static func cutKlog(_ line: [UInt8], _ start: Int) -> TextHead? {
        var cursor = ByteCursor(line, at: start)
        while let byte = cursor.byte, byte == 0x5F || (0x61...0x7A).contains(byte) || byte.isASCIIDigit {
            cursor.move(to: cursor.at + 1)
        }
        guard cursor.at > start, cursor.take(".go:"), cursor.number(1...5) != nil, cursor.take("] ") else {
            return nil
        }
        return TextHead(.klog, nil, message: start)
    }

    /// `10.0.0.5: kern: warning: [2024-04-16T18:19:30.92Z]: …`, the node in front or not: Talos' kernel ring buffer, in which
    /// its own services log as `user` (talos `pkg/kmsg`, `talosctl dmesg`).
    private static func ringBuffer(_ start: ByteCursor) -> TextHead? {
        var cursor = start
        for _ in 0..<2 {
            let at = cursor
            for (facility, form) in facilities where cursor.take(facility) {
                cursor.blanks()
                guard cursor.word().count > 1, cursor.blanks() > 0, cursor.take("["),
                    let time = cursor.isoTime(),
                    cursor.take("]: ")
                else { return nil }
                return TextHead(form, time, message: cursor.at)
            }
            cursor = at
            guard cursor.word().count > 1, cursor.blanks() > 0 else { return nil }
        }
        return nil
    }

    private static let facilities: [(StaticString, Form)] = [
        ("kern: ", .kernel), ("user: ", .stamped), ("daemon: ", .stamped), ("syslog: ", .stamped),
    ]

    /// A month, a weekday, or at once who speaks.
    private static func named(_ cursor: inout ByteCursor) -> TextHead? {
        let start = cursor
        if let time = cursor.syslogTime() {
            guard cursor.blanks() > 0 else { return nil }
            return speaker(cursor, .syslog, time, isLoose: true) ?? stamped(cursor, time)
        }
        if let time = cursor.fullTime() {
            guard cursor.blanks() > 0 else { return nil }
            return speaker(cursor, .syslog, time, isLoose: true)
        }
        cursor = start
        return identified(cursor, .identifier, nil, isLoose: false)
    }

    /// A time before a line that says all but its host: `Aug  7 19:07:50 time="…" level=…`.
    private static func stamped(_ cursor: ByteCursor, _ time: TextTime) -> TextHead? {
        guard cursor.byte != nil, bare(cursor.bytes, cursor.at) != nil else { return nil }
        return TextHead(.stamped, time, message: cursor.at)
    }

    /// logrus' form as JSON, alone or behind the name of a node and a colon, as talosctl prints it.
    private static func object(_ line: [UInt8], _ start: Int) -> TextHead? {
        let begin =
            line[start] == UInt8(ascii: "{")
            ? start : Array(line.prefix(256)).place(of: ": {\"", from: start).map { $0 + 2 }
        guard let begin, line.place(of: "\"msg\":\"", from: begin) != nil else { return nil }
        guard line.place(of: "\"level\":\"", from: begin) != nil else {
            return componentObject(line, begin)
        }
        guard let place = line.place(of: "\"time\":\"", from: begin) else {
            return TextHead(.logfmt, nil, message: begin)
        }
        var cursor = ByteCursor(line, at: place + 8)
        return TextHead(.logfmt, cursor.isoTime(), message: begin)
    }

    /// klog as JSON: `{"ts":1690001513203.121,"caller":"kubelet/kubelet.go:1480","msg":"…","err":"…"}`, milliseconds since
    /// the epoch (component-base `logs/json/json.go`).
    private static func componentObject(_ line: [UInt8], _ begin: Int) -> TextHead? {
        guard let place = line.place(of: "\"ts\":", from: begin),
            line.place(of: "\"caller\":\"", from: begin) != nil
        else { return nil }
        var cursor = ByteCursor(line, at: place + 5)
        guard let milliseconds = cursor.number(13...13) else { return nil }
        return TextHead(.klog, .exact(WallTime(microseconds: milliseconds * 1000)), message: begin)
    }

    // MARK: Who speaks

    /// `host kubelet[123]: …`, or without the host.
    private static func speaker(
        _ cursor: ByteCursor, _ form: Form, _ time: TextTime, isLoose: Bool
    ) -> TextHead? {
        if let head = identified(cursor, form, time, isLoose: isLoose) { return head }
        var cursor = cursor
        let host = cursor.word()
        guard !host.isEmpty, host.count <= 255, cursor.blanks() > 0 else { return nil }
        var head = identified(cursor, form, time, isLoose: isLoose)
        head?.host = host
        return head
    }

    /// `kubelet[123]: …`, `kernel: …`; a name without a number is taken where `isLoose`, or where it is known.
    private static func identified(
        _ start: ByteCursor, _ form: Form, _ time: TextTime?, isLoose: Bool
    ) -> TextHead? {
        var cursor = start
        while let byte = cursor.byte, byte != UInt8(ascii: "["), byte != UInt8(ascii: ":"), byte > 0x20 {
            cursor.move(to: cursor.at + 1)
        }
        let name = start.at..<cursor.at
        guard !name.isEmpty, name.count <= 128 else { return nil }
        var pid: Int32?
        if cursor.take("[") {
            guard let number = cursor.number(1...10), cursor.take("]") else { return nil }
            pid = Int32(exactly: number)
        }
        guard cursor.take(":"), cursor.isAtEnd || cursor.take(" ") || cursor.take("\t") else { return nil }
        let identifier = cursor.bytes.text(name)
        guard pid != nil || isLoose || Speakers.isKnown(identifier) else { return nil }
        var head = TextHead(form, time, message: cursor.at)
        (head.identifier, head.pid) = (identifier, pid)
        return head
    }
}
