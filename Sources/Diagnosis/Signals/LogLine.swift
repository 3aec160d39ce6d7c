/// A message with its structure, whichever of the three forms it has.
struct LogLine: Sendable {
    /// The whole message.
    let raw: [UInt8]
    /// What the emitter says: logfmt's `msg`, klog's text, or the whole message of a plain line.
    let text: ArraySlice<UInt8>
    /// In logrus' words (`debug`, `info`, `warning`, `error`, `fatal`, `panic`); nil for a plain line.
    let level: String?
    private let fields: [Logfmt.Field]
    /// The field that was asked for last: several rules ask for the same one.
    private var latest: (key: String, bytes: ArraySlice<UInt8>?)?

    /// Takes a message apart.
    init(_ message: String) {
        let line = Array(message.utf8)
        let logfmt = Logfmt(line)
        if let inner = logfmt.flatMap({ Self.passedOn($0, line) }) {
            self.init(inner, Logfmt(inner))
        } else {
            self.init(line, logfmt)
        }
    }

    private init(_ line: [UInt8], _ logfmt: Logfmt?) {
        raw = line
        if let logfmt {
            text = logfmt.fields["msg"]?.bytes(of: raw) ?? raw[...]
            level = logfmt.fields["level"].map { [raw] in String(decoding: $0.bytes(of: raw), as: UTF8.self) }
            fields = logfmt.fields
        } else if let klog = Klog(raw) {
            text = klog.text.bytes(of: raw)
            level = klog.level
            fields = klog.fields
        } else {
            text = raw[...]
            level = nil
            fields = []
        }
    }

    /// The line of a component that its supervisor passes on as one of its own: k0s (`pkg/supervisor/supervisor.go`).
    private static func passedOn(_ outer: Logfmt, _ line: [UInt8]) -> [UInt8]? {
        guard outer.fields["component"] != nil, let stream = outer.fields["stream"]?.bytes(of: line),
            stream.elementsEqual("stderr".utf8) || stream.elementsEqual("stdout".utf8)
        else { return nil }
        return outer.fields["msg"].map { Array($0.bytes(of: line)) }
    }

    /// What a condition asks for: `message` (the raw line), `msg`, or a field.
    mutating func part(_ name: String) -> ArraySlice<UInt8>? {
        switch name {
        case "message": return raw[...]
        case "msg": return text
        default:
            if let latest, latest.key == name { return latest.bytes }
            let bytes = self[name]
            latest = (name, bytes)
            return bytes
        }
    }

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
