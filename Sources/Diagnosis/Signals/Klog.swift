// SPDX-License-Identifier: Apache-2.0

/// One line as klog writes it (kubelet): `E1122 02:06:58.524726     218 remote_runtime.go:801] "text" err="…"
/// key=value`, or with a plain text behind the bracket (glog's form, before Kubernetes 1.20).
///
/// Linear time, bounded like ``Logfmt``. Source: k8s.io/klog `internal/buffer/buffer.go` (`FormatHeader`) and
/// `internal/serialize/keyvalues.go`.
struct Klog: Hashable, Sendable {
    /// The severity letter, in logrus' words.
    var level: String
    /// Where the text is, without its quotes.
    var text: LogValue
    /// The pairs behind it.
    var fields: [Logfmt.Field]

    /// A header is never longer (file names are short).
    private static let headerLimit = 256

    /// Nil for a line without klog's header. One that lost its severity and its date is taken for an error's.
    init?(_ line: [UInt8]) {
        if let end = Self.placeEnd(line.span) {
            self.init(line, behind: end, level: "error")
            return
        }
        guard line.count > 22, let level = Self.level(line[0]), line[1...4].allSatisfy(\.isDigit),
            line[5] == UInt8(ascii: " "), line[8] == UInt8(ascii: ":"),
            let bracket = line.prefix(Self.headerLimit).firstIndex(of: UInt8(ascii: "]")),
            bracket + 1 < line.count
        else { return nil }
        self.init(line, behind: bracket, level: level)
    }

    private init(_ line: [UInt8], behind bracket: Int, level: String) {
        self.level = level
        let start = line[bracket + 1] == UInt8(ascii: " ") ? bracket + 2 : bracket + 1
        if start < line.count, line[start] == UInt8(ascii: "\"") {
            text = LogValue.quoted(line, from: start)
            fields = Logfmt.pairs(line, from: text.end)
        } else {
            text = LogValue.rest(of: line, from: min(start, line.count))
            fields = []
        }
    }

    /// Where the bracket is of a line that begins with what is left of a header, its file and line: `kubelet.go:1547] …`.
    private static func placeEnd(_ line: Span<UInt8>) -> Int? {
        var at = 0
        let limit = min(line.count, 64)
        while at < limit, line[at].isFileName { at += 1 }
        guard at > 0, at + 4 < limit, line[at] == UInt8(ascii: "."), line[at + 1] == UInt8(ascii: "g"),
            line[at + 2] == UInt8(ascii: "o"), line[at + 3] == UInt8(ascii: ":")
        else { return nil }
        at += 4
        let digits = at
        while at < limit, line[at].isDigit { at += 1 }
        guard at > digits, at + 1 < line.count, at < limit, line[at] == UInt8(ascii: "]") else { return nil }
        return at
    }

    private static func level(_ letter: UInt8) -> String? {
        switch letter {
        case UInt8(ascii: "I"): "info"
        case UInt8(ascii: "W"): "warning"
        case UInt8(ascii: "E"): "error"
        case UInt8(ascii: "F"): "fatal"
        default: nil
        }
    }
}

extension UInt8 {
    /// What the names of Go's files are made of: `a` to `z`, digits, `_`.
    fileprivate var isFileName: Bool { self >= 0x61 && self <= 0x7A || isDigit || self == 0x5F }
    /// `0` to `9`.
    var isDigit: Bool { self >= 0x30 && self <= 0x39 }
    /// `0` to `9`, `a` to `f`, `A` to `F`.
    var isHexDigit: Bool { isDigit || (self | 0x20 >= 0x61 && self | 0x20 <= 0x66) }
}
