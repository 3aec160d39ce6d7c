// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import CRI

@Suite("Failed crictl calls")
struct CrictlFailureTests {
    /// What was wrong in each recording (its own ground truth), and what a probe can know of it.
    /// Two reasons where the moment decides: an HTTP server answers, hangs up, or is gone before the preface.
    static let truth: [String: Set<String>] = [
        "S0-crio-1.29.9-to-1.30.6 hang": ["timedOut"],
        "S2-containerd-1.6.20-to-1.7.24 activating": ["socketMissing"],
        "S3-containerd-1.4.13 fault": ["unimplemented"],
        "S4-containerd-2.0.1 fault": ["timedOut"],
        "baseline-containerd-1.4.13 healthy": ["unimplemented"],
        "containerd-1.6.20-badconfig fault": ["socketMissing"],
        "containerd-1.6.20-badconfig fault-startlimit": ["socketMissing"],
        "containerd-1.6.20-badplugincfg fault": ["unimplemented"],
        "containerd-1.6.20-cridisabled fault": ["unimplemented"],
        "containerd-1.6.20-disabledplugin-badname fault": ["socketMissing"],
        "containerd-1.6.20-hung fault": ["timedOut"],
        "containerd-1.6.20-kill9 fault": ["refused"],
        "containerd-1.6.20-portconflict fault-metrics": ["socketMissing"],
        "containerd-1.6.20-portconflict fault-stream": ["refused"],
        "containerd-1.6.20-sockother fault-http": ["notGRPC", "reset"],
        "containerd-1.6.20-sockother fault-silent": ["timedOut"],
        "containerd-1.6.20-sockother fault-stale": ["refused"],
        "containerd-1.6.20-sockremoved fault": ["socketMissing"],
        "containerd-1.6.20-stopped fault": ["socketMissing"],
        "crio-1.29.9-baseline healthy": ["crictlUsage"],
        "crio-1.29.9-hung fault": ["timedOut"],
        "crio-1.29.9-kill9 fault": ["reset"],
        "crio-1.29.9-stopped fault": ["socketMissing"],
    ]

    @Test("every recorded failure is what was wrong")
    func recorded() throws {
        let failures = try Recorded.lines("failures.jsonl", as: Recorded.Failure.self)
        #expect(failures.count == 101)
        var seen: Set<String> = []
        for failure in failures {
            let rung = try #require(Recorded.rung(ofCall: failure.call))
            let outcome = CrictlOutput.outcome(
                rung: rung, exitCode: failure.rc, stdout: [], stderr: Array(failure.stderr.utf8))
            let phase = try #require(failure.call.split(separator: ".").first)
            let key = "\(failure.recording) \(phase)"
            seen.insert(key)
            let expected = try #require(Self.truth[key], "no ground truth for \(key)")
            #expect(expected.contains(word(outcome)), "\(failure.recording) \(failure.call): \(outcome)")
        }
        #expect(seen == Set(Self.truth.keys))
    }

    struct Shape: Sendable, CustomTestStringConvertible {
        let stderr: String
        let reason: String
        var errno: Int32?
        var code: String?
        var testDescription: String { "\(reason): …\(stderr.suffix(60).dropLast(2))" }
    }

    static let shapes: [Shape] = [
        Shape(
            stderr: dial("connect: permission denied"), reason: "permissionDenied", errno: 13),
        Shape(
            stderr: dial("connect: connection refused"), reason: "refused", errno: 111, code: "Unavailable"),
        Shape(
            stderr: dial("connect: no such file or directory"), reason: "socketMissing", errno: 2,
            code: "Unavailable"),
        Shape(
            stderr: dial("connect: protocol wrong type for socket"), reason: "notASocket", errno: 91,
            code: "Unavailable"),
        Shape(stderr: dial("socket: too many open files"), reason: "crictlUnusable", errno: 24),
        Shape(
            stderr: fatal(#"rpc error: code = Unknown desc = server is not initialized yet"#),
            reason: "starting",
            code: "Unknown"),
        Shape(
            stderr: fatal(
                "listing containers: rpc error: code = Unavailable desc = error reading from server: EOF"),
            reason: "reset", code: "Unavailable"),
        // An errno in another status' description is the runtime's trouble, not the connection's.
        Shape(
            stderr: fatal("rpc error: code = Unknown desc = write meta.db: no such file or directory"),
            reason: "rpc", code: "Unknown"),
        Shape(
            stderr: fatal("rpc error: code = Internal desc = dial unix /run/x: connect: connection refused"),
            reason: "rpc", code: "Internal"),
        Shape(
            stderr: fatal("rpc error: code = ResourceExhausted desc = received message larger than max"),
            reason: "rpc", code: "ResourceExhausted"),
        Shape(
            stderr: fatal("connect: connect endpoint 'unix:///x', is it running: context deadline exceeded"),
            reason: "timedOut"),
        Shape(
            stderr: fatal("load config file: open /etc/crictl.yaml: permission denied"), reason: "crictlUsage"
        ),
        Shape(stderr: "flag provided but not defined: -timeout\n", reason: "crictlUsage"),
        Shape(stderr: "", reason: "crictlUsage"),
    ]

    static func fatal(_ message: String) -> String {
        #"time="2026-11-22T01:43:12Z" level=fatal msg="\#(message)""# + "\n"
    }

    static func dial(_ detail: String) -> String {
        fatal(
            #"validate service connection: validate CRI v1 runtime API for endpoint \"unix:///run/a.sock\": "#
                + #"rpc error: code = Unavailable desc = connection error: desc = \"transport: Error while "#
                + #"dialing: dial unix /run/a.sock: \#(detail)\""#)
    }

    @Test("shapes", arguments: shapes)
    func shape(_ shape: Shape) {
        let outcome = CrictlOutput.outcome(
            rung: .version, exitCode: 1, stdout: [], stderr: Array(shape.stderr.utf8))
        #expect(word(outcome) == shape.reason)
        switch outcome {
        case .failed(let failure):
            #expect(failure.errno == shape.errno)
            #expect(failure.grpcCode == shape.code)
        case .broken(let breakage): #expect(breakage.errno == shape.errno)
        default: Issue.record("\(outcome)")
        }
    }

    @Test("the kept text is the message, short and clean")
    func text() {
        let stderr = Self.fatal(
            #"a \"quoted\"\nline \u001b]0;title"# + "\u{1b}[31m\u{7} " + String(repeating: "é", count: 999))
        guard
            case .broken(let breakage) = CrictlOutput.outcome(
                rung: .version, exitCode: 1, stdout: [], stderr: Array(stderr.utf8))
        else {
            Issue.record("not broken")
            return
        }
        #expect(breakage.text.hasPrefix(#"a "quoted" line"#))
        #expect(breakage.text.utf8.count <= 512)
        #expect(!breakage.text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7f })
    }

    @Test("one line of 1 MiB, and bytes that are no UTF-8")
    func hostileText() {
        let line = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        let long = CrictlOutput.outcome(rung: .status, exitCode: 1, stdout: line, stderr: line)
        guard case .broken(let breakage) = long else {
            Issue.record("\(word(long))")
            return
        }
        #expect(breakage.text.utf8.count == 512)
        let bytes = [0xff, 0xc0, 0x80] + Array(Self.dial("connect: connection refused").utf8) + [0xed, 0xa0]
        #expect(
            word(CrictlOutput.outcome(rung: .status, exitCode: 1, stdout: [], stderr: bytes)) == "refused")
    }

    static let endings: [(Execution.Ending, String)] = [
        (.signaled(9), "crictlKilled"), (.overran(connected: true), "timedOut"),
        (.overran(connected: false), "crictlKilled"), (.overflowed(.stderr), "outputTooLarge"),
        (.abandoned, "crictlKilled"), (.lost, "crictlKilled"),
    ]

    @Test("children that did not end by themselves", arguments: endings)
    func ending(_ ending: Execution.Ending, _ reason: String) {
        #expect(word(CrictlOutput.outcome(rung: .status, execution: Execution(ending: ending))) == reason)
    }
}
