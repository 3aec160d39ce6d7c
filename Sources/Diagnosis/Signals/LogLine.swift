// SPDX-License-Identifier: Apache-2.0

/// A message with its structure, whichever form it has.
struct LogLine: Sendable {
    /// The whole message.
    let raw: [UInt8]
    /// What the emitter says: `msg` of logfmt or JSON, klog's text, or the whole message of a plain line.
    let text: ArraySlice<UInt8>
    /// In logrus' words (`debug`, `info`, `warning`, `error`, `fatal`, `panic`); nil for a plain line.
    let level: String?
    private let fields: [Logfmt.Field]
    /// Where ``text`` is in a structured line.
    private let textPlace: Range<Int>?
    /// Whether it reports what a stranger's command, probe or request said.
    let isStrangers: Bool
    /// What was asked for: several rules ask for the same parts.
    private var heardText: ArraySlice<UInt8>?
    private var heardMessage: ArraySlice<UInt8>?
    private var heardError: (name: String, bytes: ArraySlice<UInt8>?)?

    /// Takes a message apart.
    init(_ message: String) {
        let line = Array(message.utf8)
        let pairs = Logfmt(line)?.fields ?? JSONLine(line)?.fields
        if let inner = pairs.flatMap({ Self.passedOn($0, line) }) {
            self.init(inner, Logfmt(inner)?.fields ?? JSONLine(inner)?.fields)
        } else {
            self.init(line, pairs)
        }
    }

    private init(_ line: [UInt8], _ pairs: [Logfmt.Field]?) {
        raw = line
        if let pairs {
            text = pairs["msg"]?.bytes(of: raw) ?? raw[...]
            textPlace = nil
            level =
                pairs["level"].map { [raw] in String(decoding: $0.bytes(of: raw), as: UTF8.self) }
                ?? Self.componentLevel(pairs)
            fields = pairs
        } else if let klog = Klog(raw) {
            text = klog.text.bytes(of: raw)
            textPlace = klog.text.place
            level = klog.level
            fields = klog.fields
        } else {
            text = raw[...]
            textPlace = nil
            level = nil
            fields = []
        }
        isStrangers = Self.isOfStrangers(text, fields, raw)
    }

    /// Of klog as JSON, which has no level: an error has no verbosity (component-base `logs/json/json.go`).
    private static func componentLevel(_ pairs: [Logfmt.Field]) -> String? {
        guard pairs["ts"] != nil, pairs["caller"] != nil else { return nil }
        return pairs["v"] == nil ? "error" : "info"
    }

    /// The line of a component that its supervisor passes on as one of its own: k0s (`pkg/supervisor/supervisor.go`);
    /// older releases do not say by which stream.
    private static func passedOn(_ outer: [Logfmt.Field], _ line: [UInt8]) -> [UInt8]? {
        guard let component = outer["component"]?.bytes(of: line) else { return nil }
        let inner = outer["msg"].map { Array($0.bytes(of: line)) }
        if let stream = outer["stream"]?.bytes(of: line) {
            return stream.elementsEqual("stderr".utf8) || stream.elementsEqual("stdout".utf8) ? inner : nil
        }
        guard let inner,
            component.elementsEqual("kubelet".utf8) || component.elementsEqual("containerd".utf8),
            inner.starts(with: "time=".utf8) || Klog(inner) != nil
        else { return nil }
        return inner
    }

    /// What a condition asks for: `message` (the raw line), `msg`, or a field.
    mutating func part(_ name: String) -> ArraySlice<UInt8>? {
        switch name {
        case "message": return raw[...]
        case "msg": return text
        default: return self[name]
        }
    }

    /// The same without what it quotes of strangers (``Strangers``).
    mutating func heard(_ name: String) -> ArraySlice<UInt8>? {
        switch name {
        case "message":
            let bytes = heardMessage ?? heardRaw()
            heardMessage = bytes
            return bytes
        case "msg":
            let bytes = heardText ?? Strangers.hide(text)
            heardText = bytes
            return bytes
        default:
            if let known = heardError, known.name == name { return known.bytes }
            let bytes = Strangers.fields.contains(name) ? nil : self[name].map(Strangers.hide)
            heardError = (name, bytes)
            return bytes
        }
    }

    /// The line with its emitter's own sentence and error chain; of other fields only bare words are left, in which nothing
    /// can be quoted. A rule that wants more of a field names it.
    private func heardRaw() -> ArraySlice<UInt8> {
        guard !fields.isEmpty || textPlace != nil else { return Strangers.hide(raw[...]) }
        var heard: [UInt8] = []
        heard.reserveCapacity(raw.count)
        var place = 0
        let values = (textPlace.map { [("msg", $0)] } ?? []) + fields.map { ($0.key, $0.value.place) }
        for (key, range) in values where range.lowerBound >= place {
            heard += raw[place..<range.lowerBound]
            if Self.sentences.contains(key) {
                heard += Strangers.hide(raw[range])
            } else if !raw[range].contains(0x20) {
                heard += raw[range]
            }
            place = range.upperBound
        }
        return (heard + raw[place...])[...]
    }

    private static let sentences: Set<String> = ["msg", "error", "err"]

    private static func isOfStrangers(
        _ text: ArraySlice<UInt8>, _ fields: [Logfmt.Field], _ line: [UInt8]
    ) -> Bool {
        if Strangers.isReport(text.span) { return true }
        guard let reason = fields["reason"]?.bytes(of: line) else { return false }
        return strangersReasons.contains { reason.elementsEqual($0) }
    }

    /// Whether it says that something went wrong, or does not say how it is meant. The kubelet logs errors as information, too.
    var isComplaint: Bool {
        guard let level, level == "info" || level == "debug" else { return true }
        return textPlace != nil && has("error")
    }

    /// Of events that the kubelet logs ("Event occurred"): what they say is the output of a probe or a hook.
    private static let strangersReasons =
        ["Unhealthy", "ProbeWarning", "FailedPostStartHook", "FailedPreStopHook"].map { Array($0.utf8) }

    /// The value of a field of the line; `error` and `err` are one (logrus says the first, klog the second).
    subscript(key: String) -> ArraySlice<UInt8>? { place(of: key)?.bytes(of: raw) }

    /// Whether the line has such a field.
    func has(_ key: String) -> Bool { place(of: key) != nil }

    private func place(of key: String) -> LogValue? {
        if let exact = fields[key] { return exact }
        return Self.twins[key].flatMap { fields[$0] }
    }

    private static let twins = ["error": "err", "err": "error"]
}
