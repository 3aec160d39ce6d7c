// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import HealthModel
import Testing

@testable import CRI

/// The stand-in against the recordings of the real crictl, and the real one where there is one.
@Suite("crictl's stand-in")
struct StandInTests {
    private func run(_ call: Crictl.Call, _ endpoint: Endpoint, timeout: Duration = .seconds(2)) throws
        -> Execution
    {
        let limits = Crictl.Limits(timeout: timeout, child: ChildLimits(deadline: .seconds(20)))
        return try Crictl(path: Recorded.standIn, limits: limits).run(call, endpoint: endpoint)
    }

    /// The text without what differs from run to run: the time, the place of the socket.
    private func normalised(_ stderr: some Sequence<UInt8>, _ socket: String) -> String {
        let text = String(decoding: Array(stderr), as: UTF8.self).replacingOccurrences(
            of: socket, with: "SOCKET")
        return text.split(separator: "\n").map { line in
            line.drop { $0 != " " }.description
        }.joined(separator: "\n")
    }

    private func recorded(_ call: String, _ recording: String) throws -> String {
        let failures = try Recorded.lines("failures.jsonl", as: Recorded.Failure.self)
        let found = try #require(failures.first { $0.recording == recording && $0.call.hasPrefix(call) })
        return normalised(found.stderr.utf8, "/run/containerd/containerd.sock")
    }

    @Test("the words for no socket, nobody there, no answer and an HTTP server are the recorded ones")
    func failures() throws {
        let scratch = try Scratch()
        let stale = try Listener("\(scratch.path)/stale", backlog: nil)
        let silent = try Listener("\(scratch.path)/silent")
        let table: [(String, Duration, String, String)] = [
            ("none", .seconds(2), "fault.version.crictl-1.36", "containerd-1.6.20-stopped"),
            ("stale", .seconds(2), "fault.version.crictl-1.36", "containerd-1.6.20-kill9"),
            ("silent", .seconds(1), "fault.version-t2.crictl-1.36", "containerd-1.6.20-hung"),
            ("silent", .seconds(10), "fault.version.crictl-1.36", "containerd-1.6.20-hung"),
        ]
        for (name, timeout, call, recording) in table {
            let endpoint = scratch.endpoint(name)
            let execution = try run(.version, endpoint, timeout: timeout)
            #expect(execution.ending == .exited(1))
            #expect(normalised(execution.stderr, endpoint.socketPath) == (try recorded(call, recording)))
        }
        withExtendedLifetime((stale, silent)) {}
    }

    @Test("the words for an HTTP server are the recorded ones")
    func http() throws {
        let scratch = try Scratch()
        let listener = try Listener("\(scratch.path)/http")
        let descriptor = listener.descriptor
        let server = Thread { @Sendable in
            let client = accept(descriptor, nil, nil)
            let answer = Array("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n".utf8)
            _ = write(client, answer, answer.count)
            // Closing before the client has written would be another failure.
            var byte = [UInt8](repeating: 0, count: 1024)
            while read(client, &byte, byte.count) > 0 {}
            close(client)
        }
        server.start()
        let execution = try run(.version, scratch.endpoint("http"))
        let expected = try recorded("fault-http.version.crictl-1.36", "containerd-1.6.20-sockother")
        #expect(normalised(execution.stderr, "\(scratch.path)/http") == expected)
        #expect(word(CrictlOutput.outcome(rung: .version, execution: execution)) == "notGRPC")
        withExtendedLifetime(listener) {}
    }

    static let wrongUsage: [([String], Int32)] = [
        (["version", "-o", "json"], 1), (["frobnicate"], 3), ([], 1),
    ]

    @Test("it refuses what crictl refuses", arguments: wrongUsage)
    func usage(_ arguments: [String], _ code: Int32) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Recorded.standIn)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardError = pipe
        try process.run()
        let stderr = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == code)
        let outcome = CrictlOutput.outcome(rung: .version, exitCode: code, stdout: [], stderr: Array(stderr))
        #expect(word(outcome) == "crictlUsage")
    }

    @Test(
        "it replays recordings: output, words, exit code, latency",
        .enabled(if: Recorded.corpus != nil, "no corpus"))
    func replay() throws {
        let corpus = try #require(Recorded.corpus)
        func ladder(_ recording: String, _ phase: String, speed: String = "1") -> ProbeLadder {
            var environment = Crictl.environment
            environment["CRICTL_REPLAY"] = corpus.appendingPathComponent("\(recording)/crictl").path
            environment["CRICTL_PHASE"] = phase
            environment["CRICTL_REPLAY_SPEED"] = speed
            return ProbeLadder(crictl: Crictl(path: Recorded.standIn, environment: environment))
        }
        let endpoint = Endpoint.wellKnown[0]
        let healthy = ladder("baseline-containerd-2.1.9", "healthy").probe(endpoint, from: .version)
        #expect(healthy.map { word($0.outcome) } == ["version", "status", "pods", "containers"])
        let hung = ladder("containerd-1.6.20-hung", "fault", speed: "5").probe(endpoint, rung: .version)
        #expect(word(hung.outcome) == "timedOut" && hung.latency > .seconds(1))
        let deadlock = ladder("S4-containerd-2.0.1", "fault", speed: "20").probe(endpoint, from: .version)
        #expect(deadlock.map { word($0.outcome) } == ["version", "timedOut"])
    }
}
