// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization
import Testing

@testable import crihealthd

/// The real binary against input that wants to fill its memory: what it holds stays bounded, and it says clearly what
/// it met.
@Suite(.serialized, .enabled(if: Binary.isBuilt, "no \(Binary.path)"))
struct HostileInputTests {
    /// By how much private memory may grow, in KiB: less than half of what is fed in. It is mostly crictl's output, of
    /// which 8 MiB are taken, into an array that doubles.
    private static let growthLimit = 40 << 10

    private let state: TemporaryDirectory
    private let journal: TemporaryDirectory

    init() throws {
        state = try TemporaryDirectory()
        journal = try TemporaryDirectory()
    }

    private static let quick = """
        [cri]
        crictl_timeout = "500ms"
        crictl_deadline = "1s"
        version_interval = "1s"
        list_interval = "5s"
        suspect_interval = "1s"
        """

    /// Watches the process until `done`, and then for a second; the most private memory and descriptors that were seen.
    private func peak(of serve: ServeProcess, until done: () -> Bool) -> (
        memory: Int, descriptors: Int, done: Bool
    ) {
        var memory = 0
        var descriptors = 0
        let end = Date.now + 300
        var finished: Date?
        while Date.now < end, finished.map({ Date.now < $0 + 1 }) ?? true {
            for _ in 0..<20 {
                memory = max(memory, serve.status("RssAnon") ?? 0)
                descriptors = max(descriptors, serve.descriptors)
                usleep(5000)
            }
            if finished == nil, done() { finished = .now }
        }
        return (memory, descriptors, finished != nil)
    }

    // MARK: crictl

    struct Misbehaviour: CustomTestStringConvertible {
        var testDescription: String
        var script: String
        /// What the page says of it.
        var outcome: String
    }

    static let misbehaviours = [
        Misbehaviour(
            testDescription: "endless stderr", script: "exec yes \"$(printf %4096s x)\" >&2",
            outcome: "(too much stderr)"),
        Misbehaviour(
            testDescription: "endless stdout", script: "exec yes \"$(printf %4096s x)\"",
            outcome: "(too much stdout)"),
        Misbehaviour(
            testDescription: "a deep document", script: "head -c 4000000 /dev/zero | tr '\\0' '['",
            outcome: "printed no RuntimeVersion"),
        Misbehaviour(
            testDescription: "a long document",
            script:
                #"printf '{"items":['; yes '{"id":"0123456789abcdef","metadata":{"name":"x"}},' | head -c 30000000"#,
            outcome: "(too much stdout)"),
        Misbehaviour(
            testDescription: "children that stay", script: "for i in $(seq 100); do sleep 600 & done; wait",
            outcome: "did not get to connect in time"),
        Misbehaviour(
            testDescription: "terminal escapes",
            script: #"printf '\033]0;owned\007\033[2J\233\302\233'; exit 3"#,
            outcome: "exited with 3 and said nothing"),
    ]

    @Test(arguments: misbehaviours) func crictlMisbehaves(_ one: Misbehaviour) throws {
        let runtime = try FakeRuntime(does: one.script)
        let serve = try ServeProcess(runtime, state: state, journal: journal, config: Self.quick)
        defer { serve.stop() }
        #expect(eventually(within: 20) { !serve.page("/v1/state").isEmpty })
        let rest = try #require(serve.status("RssAnon"))
        let seen = peak(of: serve) { words(serve).contains(one.outcome) }
        #expect(seen.done, "\(serve.page("/", accept: "text/plain"))")
        #expect(seen.memory - rest < Self.growthLimit, "\(rest) KiB at rest, then \(seen.memory)")
        #expect(seen.descriptors < 64)
        expectPlain(serve.page("/", accept: "text/plain"))
    }

    // MARK: The journal

    @Test(.enabled(if: JournalFile.isPossible, "no systemd-journal-remote")) func longAndForeignLines() throws
    {
        let runtime = try FakeRuntime()
        let known =
            #"time="2026-11-24T07:26:56Z" level=error msg="RunPodSandbox for &PodSandboxMetadata{Name:"#
        let bodies: [[UInt8]] = [
            Array(known.utf8) + Array(repeating: UInt8(ascii: "x"), count: 1 << 20),
            Array(known.utf8) + (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 151) },
            Array(repeating: 0, count: 1 << 20) + Array(known.utf8),
            Array((known + String(repeating: "\u{1B}[2J\u{1B}]0;owned\u{7}", count: 80_000)).utf8),
            Array(repeating: 0xFF, count: 1 << 20),
        ]
        try JournalFile.append(
            (0..<120).map { bodies[$0 % bodies.count] }, unit: "containerd.service", in: journal)
        // Each of another pod and sandbox, so that nothing folds.
        try JournalFile.append(
            (0..<4000).map { number in
                Array(
                    (known
                        + "pod-\(number),Uid:\(number),Namespace:ns-\(number),Attempt:0,} failed, error\" error=\""
                        + "failed to setup network for sandbox \\\"\(String(number, radix: 16))\\\": \u{1B}[31mno\"")
                        .utf8)
            }, unit: "containerd.service", in: journal)
        let serve = try ServeProcess(runtime, state: state, journal: journal)
        defer { serve.stop() }
        let seen = peak(of: serve) { words(serve).contains("4120 entries read") }
        #expect(seen.done, "\(serve.page("/", accept: "text/plain"))")
        #expect(seen.memory < Self.growthLimit + (12 << 10), "\(seen.memory) KiB")
        #expect(seen.descriptors < 64)
        for path in ["/", "/v1/state", "/metrics"] { expectPlain(serve.page(path, accept: "*/*")) }
        #expect(serve.page("/v1/state").utf8.count < 256 << 10)
    }

    // MARK: HTTP

    @Test func clientsThatSendWithoutEnd() throws {
        let runtime = try FakeRuntime()
        let serve = try ServeProcess(runtime, state: state, journal: journal)
        defer { serve.stop() }
        #expect(eventually(within: 20) { !serve.page("/v1/state").isEmpty })
        let rest = try #require(serve.status("RssAnon"))
        let heads = [
            "GET /", "GET / HTTP/1.1\r\nX: ", "POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        ]
        let running = Atomic<Int>(40)
        for number in 0..<40 {
            let (head, socket) = (heads[number % heads.count], serve.socket)
            Thread.detachNewThread {
                send(head, to: socket)
                running.subtract(1, ordering: .relaxed)
            }
        }
        let seen = peak(of: serve) { running.load(ordering: .relaxed) == 0 }
        #expect(seen.done)
        #expect(seen.memory - rest < Self.growthLimit, "\(rest) KiB at rest, then \(seen.memory)")
        #expect(eventually(within: 20) { serve.descriptors < 64 })
        #expect(eventually(within: 20) { words(serve).hasPrefix("HEALTHY") })
    }

    /// A head, and then as much of a body without line ends as the other side takes.
    private func send(_ head: String, to path: String) {
        guard let address = try? SocketAddress.unix(path) else { return }
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        guard socket >= 0, address.connect(socket) == 0 else { return }
        var bytes = Array(head.utf8) + Array(repeating: UInt8(ascii: "a"), count: 64 << 10)
        var patience = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        for _ in 0..<128 {
            guard Glibc.send(socket, &bytes, bytes.count, Int32(MSG_NOSIGNAL)) > 0 else { return }
        }
    }

    /// The page's text without its line ends.
    private func words(_ serve: ServeProcess) -> String {
        serve.page("/", accept: "text/plain").split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    private func expectPlain(_ text: String) {
        #expect(!text.isEmpty)
        #expect(
            text.unicodeScalars.allSatisfy {
                $0 == "\n" || ($0.value >= 0x20 && !(0x7F...0x9F).contains($0.value))
            })
    }

    // MARK: Words

    @Test("what a message repeats of the command line moves no terminal")
    func wordsOfTheCommandLine() throws {
        let evil = "x\u{1B}]52;c;aGk=\u{7}\u{1B}[2J\u{9B}31m\u{202E}y\u{2028}\u{200B}"
        for words in [
            ["explain", evil], ["replay", "/none/" + evil], ["status", "--" + evil], [evil], ["rules", evil],
            ["replay", "--at", evil, "/none"], ["check-config", "--config", "/none/" + evil],
        ] {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: Binary.path)
            process.arguments = words
            let pipe = Pipe()
            (process.standardError, process.standardOutput) = (pipe, pipe)
            try process.run()
            let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationStatus != 0 && !text.isEmpty)
            let bad = text.unicodeScalars.filter {
                $0 != "\n"
                    && ($0.properties.generalCategory == .control || $0.properties.isDefaultIgnorableCodePoint
                        || $0.properties.isBidiControl || $0.value == 0x2028)
            }
            #expect(bad.isEmpty, "\(words): \(bad)")
        }
    }
}
