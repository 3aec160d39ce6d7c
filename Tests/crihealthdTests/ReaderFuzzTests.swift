// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing
import YAML

@testable import HealthEndpoint
@testable import Node
@testable import crihealthd

/// Seeded mutations of what people hand over: logs, bundles, captures, files of the node, requests, answers.
@Suite(.serialized) struct ReaderFuzzTests {
    static let targets = [
        "text", "tar", "capture", "logfile", "yaml", "flags", "request", "answer", "secrets",
    ]

    @Test(arguments: targets) func nothingEndsTheProcess(_ target: String) throws {
        let directory = try TemporaryDirectory()
        var mutation = Mutation(seed: FuzzTests.seed, of: Self.seeds(target))
        let end = Date.now + FuzzTests.seconds
        var tried = 0
        while Date.now < end {
            try Self.feed(target, mutation.next(), directory)
            tried += 1
        }
        print("fuzz \(target): seed \(FuzzTests.seed), \(tried) inputs")
        #expect(tried > 0)
    }

    private static func feed(_ target: String, _ bytes: [UInt8], _ directory: TemporaryDirectory) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        switch target {
        case "text":
            var journal = TextJournal(now: WallTime(microseconds: 1_790_000_000_000_000))
            var (entries, survey) = ([JournalEntry](), TextSurvey())
            func keep(_ entry: JournalEntry) {
                survey.take(entry)
                entries.append(entry)
            }
            journal.feed(bytes.span, keep)
            journal.finish(keep)
            let observations = ReplaySource.starts(
                of: TextOrder.arrange(entries), capture: survey.endpoints)
            let replayer = Replayer.replay(observations, rules: Recordings.rules)
            if let last = replayer.last {
                _ = ReplayText.render(replayer, at: last, width: 80, survey: survey)
            }
        case "tar":
            var (reader, names) = (TarReader(), [String]())
            for piece in stride(from: 0, to: bytes.count, by: 700) {
                let part = bytes[piece..<min(bytes.count, piece + 700)]
                _ = reader.feed(part.span) { event, _ in
                    if case .file(let name) = event { names.append(name) }
                }
            }
            _ = names.map { BundleMember($0) }
        case "capture":
            try Data(bytes).write(to: URL(fileURLWithPath: directory.path + "/index.jsonl"))
            _ = try? ReplaySource.observations(ReplayInput.detect(directory.path))
        case "logfile":
            let position = LogFilePosition(
                path: "/x", device: 1, inode: 2, offset: .max, head: 0, readAt: WallTime(microseconds: .max))
            let piece = LogFilePiece(
                lines: text.split(separator: "\n").map(String.init), next: position, loss: nil,
                hasMore: bytes.count % 2 == 0, writtenAt: WallTime(microseconds: .min))
            var maker = LogFileEntries(
                source: LogFileSource(path: "/x", program: .containerd, unit: "k3s.service"),
                now: Moment(
                    wall: WallTime(microseconds: 1_790_000_000_000_000),
                    monotonic: MonotonicTime(microseconds: 1_000_000)))
            let entries = maker.entries(piece) { _ in true }
            _ = entries.compactMap(LogFileSource.init(toldBy:))
        case "yaml":
            let document = YAMLDocument(bytes)
            _ = document.values.keys.map { (document.text($0), document.list($0), document.flag($0)) }
        case "flags": _ = Flags(text.split(separator: " ").map(String.init))["config"]
        case "request":
            guard let target = try? RequestTarget(text) else { return }
            var request = Request(path: target.path)
            request.query = target.query
            request.accept = text
            _ = Router(snapshot: .nothingKnown(at: WallTime(microseconds: 0))).respond(to: request)
        case "answer": _ = try? HTTPAnswer(bytes)
        default:
            _ = Secrets.mask(bytes.span)
            _ = TerminalText.json(text) + TerminalText.page(text) + TOMLText.string(text)
        }
    }

    private static let log = """
        Nov 22 01:42:28 node1 systemd[1]: containerd.service: Main process exited, code=killed, status=9/KILL
        Nov 22 01:42:28 node1 systemd[1]: containerd.service: Failed with result 'signal'.
        Jun 12 12:23:42 node1 kubelet[1]: E0612 12:23:42.000001 1 x.go:1] "Cannot" err="rpc error: code = Unknown"
        2024-06-12T12:23:42.123456+02:00 node1 containerd[2]: time="2024-06-12T10:23:42Z" level=error msg="x" error="y"
        [12345.678901] Out of memory: Killed process 4021 (containerd) total-vm:1kB
        Wed 2024-06-12 12:23:42.123456 UTC [s=1;i=2;b=0123456789abcdef0123456789abcdef;m=7fffffffffffffff;t=7ff;x=1]
            _TRANSPORT=kernel
            MESSAGE=x
        {"MESSAGE":"x","__REALTIME_TIMESTAMP":"9223372036854775807","_SYSTEMD_UNIT":"kubelet.service"}
        -- Boot 0123456789abcdef0123456789abcdef --
        <13>1 2024-06-12T12:23:42Z host kubelet 12 - - x
        2月 29 12:00:00 n kubelet[1]: F0229 00:00:00.000000 1 y.go:1] z

        """

    private static func seeds(_ target: String) -> [[UInt8]] {
        let texts: [String] =
            switch target {
            case "text", "logfile":
                [
                    log,
                    "time=\"2026-11-30T12:00:00Z\" level=info msg=\"Logging containerd to /d/agent/containerd/containerd.log\"\nI1130 12:00:00.123456 1 x\n",
                ]
            case "tar": []
            case "capture":
                [
                    "{\"file\":\"a\",\"call\":[\"version\"],\"start\":\"2026-11-22T01:42:28.6Z\",\"end\":\"2026-11-22T01:42:29Z\",\"monotonic\":1.5,\"exit\":0}\n"
                ]
            case "yaml":
                [
                    "a: b\nlist:\n- x\n- {y: 1}\nflow: [1, 'two', \"three\\u0041\"]\ntext: |\n  x\n  y\nq: 'it''s'\n",
                    "{\"kind\": \"x\", \"a\": [\"b\", {}], \"c\": true}",
                ]
            case "flags": ["/usr/bin/kubelet --config=/a --config-dir /b -v 2 --root_dir=/c -- - --x"]
            case "request":
                [
                    "/v1/incidents?status=open&since=2026-11-22T01:42:28Z&width=80",
                    "/?watch&width=200&height=5",
                    "/healthz/RuntimeReady?verbose&exclude=NetworkReady", "/metrics", "/v1/incidents/abc.txt",
                    "http://localhost/v1/state?pretty", "/runbooks/RuntimeDown", "/%2e%2e/%00?a=%",
                ]
            case "answer":
                [
                    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
                ]
            default:
                [
                    "https://u:p@h/x Authorization: Bearer abcDEF123 --token Zz9 \"password\":\"x\" eyJhbGci.eyJzdWI.x",
                    "x\u{1B}[31m\u{202E}\u{9B}é字\u{E0041}",
                ]
            }
        return texts.map { Array($0.utf8) } + (target == "tar" ? [tar] : [])
    }

    /// Two files, one behind a long name in each of the two forms.
    private static var tar: [UInt8] {
        func header(_ name: String, _ type: String, _ size: Int) -> [UInt8] {
            var block = [UInt8](repeating: 0, count: 512)
            func put(_ text: String, _ place: Int) {
                for (i, b) in text.utf8.enumerated() { block[place + i] = b }
            }
            put(name, 0)
            put(String(size, radix: 8), 124)
            put(type, 156)
            put("ustar", 257)
            put("folder", 345)
            return block
        }
        func content(_ text: String) -> [UInt8] {
            Array(text.utf8) + [UInt8](repeating: 0, count: (512 - text.utf8.count % 512) % 512)
        }
        return header("x", "L", 12) + content("n/kubelet.log") + header("a", "0", 5) + content("hello")
            + header("x", "x", 24) + content("24 path=m/containerd.log") + header("b", "0", 3)
            + content("abc")
    }
}
