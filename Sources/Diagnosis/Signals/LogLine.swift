/// A message with its structure, whichever of the three forms it has.
struct LogLine: Sendable {
    /// The whole message.
    let raw: [UInt8]
    /// What the emitter says: logfmt's `msg`, klog's text, or the whole message of a plain line.
    let text: [UInt8]
    /// In logrus' words (`debug`, `info`, `warning`, `error`, `fatal`, `panic`); nil for a plain line.
    let level: String?
    private let fields: [Logfmt.Field]

    /// Takes a message apart.
    init(_ message: String) {
        raw = Array(message.utf8)
        if let klog = Klog(raw) {
            text = klog.text
            level = klog.level
            fields = klog.fields
        } else if let logfmt = Logfmt(raw) {
            text = logfmt["msg"] ?? raw
            level = logfmt["level"].map { String(decoding: $0, as: UTF8.self) }
            fields = logfmt.fields
        } else {
            text = raw
            level = nil
            fields = []
        }
    }

    /// The value of a field of the line; `error` and `err` are one (logrus says the first, klog the second).
    subscript(key: String) -> [UInt8]? {
        if let exact = fields.first(where: { $0.key == key }) { return exact.value }
        guard let other = Self.twins[key] else { return nil }
        return fields.first { $0.key == other }?.value
    }

    private static let twins = ["error": "err", "err": "error"]
}
