// SPDX-License-Identifier: Apache-2.0
import Glibc
import HealthModel

/// Reads a failed call: by the gRPC code and by errno text, which outlive the sentences around them.
/// The wordings of crictl 1.25, 1.26 and 1.36 all pass here (Tests/CRITests/Fixtures).
struct CrictlFailure {
    /// gRPC status name after `code = `; nil when crictl did not get that far.
    private let code: String?
    /// All of stderr in lower case, bounded.
    private let text: String
    private let excerpt: String

    static func classify(stderr: [UInt8], exitCode: Int32) -> ProbeReport.Outcome {
        let original = String(decoding: stderr.suffix(16 << 10), as: UTF8.self)
        return CrictlFailure(original, exitCode: exitCode).outcome
    }

    private init(_ original: String, exitCode: Int32) {
        text = original.lowercased()
        code = Self.grpcCode(original)
        let message = Self.message(of: original)
        excerpt = message.isEmpty ? "crictl exited with \(exitCode) and said nothing" : Text.excerpt(message)
    }

    private var outcome: ProbeReport.Outcome {
        if let errno = transportErrno { return outcome(ofTransport: errno) }
        if isPreface { return failed(timedOutByText ? .timedOut : .notGRPC) }
        switch code {
        case "Unimplemented": return failed(.unimplemented)
        case "DeadlineExceeded": return failed(.timedOut)
        // The one sentence that no code stands for: containerd answers Unknown until its CRI service runs.
        case .some where text.contains("server is not initialized yet"): return failed(.starting)
        case "Unavailable" where endedByPeer: return failed(.reset)
        case .some: return failed(.rpc)
        // A dial that crictl gives up itself has no gRPC status.
        case nil where text.contains("context deadline exceeded"): return failed(.timedOut)
        case nil: return .broken(ProbeBreakage(reason: .crictlUsage, text: excerpt))
        }
    }

    private func outcome(ofTransport errno: Int32) -> ProbeReport.Outcome {
        switch errno {
        case ENOENT, ENOTDIR: failed(.socketMissing, errno)
        case ECONNREFUSED: failed(.refused, errno)
        case ECONNRESET, EPIPE: failed(.reset, errno)
        case ENOTSOCK, EPROTOTYPE: failed(.notASocket, errno)
        case EAGAIN: failed(.timedOut, errno)
        case EACCES, EPERM:
            .broken(ProbeBreakage(reason: .permissionDenied, errno: errno, text: excerpt))
        default: .broken(ProbeBreakage(reason: .crictlUnusable, errno: errno, text: excerpt))
        }
    }

    private func failed(_ reason: ProbeFailure.Reason, _ errno: Int32? = nil) -> ProbeReport.Outcome {
        .failed(ProbeFailure(reason: reason, errno: errno, grpcCode: code, text: excerpt))
    }

    /// errno of dialing, reading or writing the socket. An errno inside another status' description is the
    /// runtime's own trouble (a full disk, a missing file) and no transport's.
    private var transportErrno: Int32? {
        guard code == nil || code == "Unavailable" else { return nil }
        let marks = ["connect: ", "dial unix", "read unix", "write unix", " preface", "socket: "]
        guard marks.contains(where: text.contains) else { return nil }
        return Self.errnoTexts.first { text.contains($0.text) }?.errno
    }

    /// strerror(3) as Go prints it (go `src/syscall/zerrors_linux_*.go`).
    private static let errnoTexts: [(text: String, errno: Int32)] = [
        ("connection refused", ECONNREFUSED), ("permission denied", EACCES),
        ("operation not permitted", EPERM), ("connection reset by peer", ECONNRESET), ("broken pipe", EPIPE),
        ("no such file or directory", ENOENT), ("not a directory", ENOTDIR),
        ("socket operation on non-socket", ENOTSOCK), ("protocol wrong type for socket", EPROTOTYPE),
        ("resource temporarily unavailable", EAGAIN), ("too many open files in system", ENFILE),
        ("too many open files", EMFILE), ("cannot allocate memory", ENOMEM), ("invalid argument", EINVAL),
    ]

    /// grpc-go's HTTP/2 handshake failed after connect(2) had succeeded.
    private var isPreface: Bool { text.contains("server preface") || text.contains("http2: ") }

    /// grpc-go closes the connection itself when the preface is late.
    private var timedOutByText: Bool {
        text.contains("use of closed network connection") || text.contains("deadline exceeded")
            || text.contains("i/o timeout")
    }

    /// grpc-go's words for a connection that ended under a call.
    private var endedByPeer: Bool {
        text.contains("transport is closing") || text.contains(" eof") || text.contains("goaway")
    }

    private static func grpcCode(_ text: String) -> String? {
        guard let mark = text.range(ofASCII: "rpc error: code = ") else { return nil }
        let name = text[mark.upperBound...].prefix { $0.isASCII && ($0.isLetter || $0.isNumber) }
        return name.isEmpty ? nil : String(name.prefix(32))
    }

    /// `msg` of the last logfmt line, else the last line.
    private static func message(of text: String) -> String {
        let lines = text.split(whereSeparator: \.isNewline)
        guard let line = lines.last(where: { $0.contains("level=fatal") }) ?? lines.last else { return "" }
        guard let mark = line.range(ofASCII: "msg=\"") else { return String(line) }
        var message = ""
        var rest = line[mark.upperBound...].unicodeScalars
        while let scalar = rest.popFirst(), scalar != "\"" {
            guard scalar == "\\", let escaped = rest.popFirst() else {
                message.unicodeScalars.append(scalar)
                continue
            }
            message.unicodeScalars.append(escaped == "n" || escaped == "t" ? " " : escaped)
        }
        return message
    }
}

extension StringProtocol {
    /// The first place of an ASCII text, byte by byte.
    func range(ofASCII needle: StaticString) -> Range<Index>? {
        let pattern = Array(needle.description.utf8)
        var start = utf8.startIndex
        while start < utf8.endIndex {
            if utf8[start...].starts(with: pattern) {
                return start..<utf8.index(start, offsetBy: pattern.count)
            }
            utf8.formIndex(after: &start)
        }
        return nil
    }
}
