// SPDX-License-Identifier: Apache-2.0
import Diagnosis
import Foundation
import HealthModel
import Testing

@testable import crihealthd

/// Text as it should not be.
@Suite struct HostileTextTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        let path = directory.path + "/" + name
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    private func entries(_ path: String) throws -> [JournalEntry] {
        try ReplaySource.observations(ReplayInput.detect(path)).compactMap {
            if case .journal(let entry) = $0.event { entry } else { nil }
        }
    }

    private func refusal(_ path: String) -> String {
        do { _ = try entries(path) } catch { return "\(error)" }
        return "taken"
    }

    private let line = "Jun 12 12:23:42 node1 kubelet[1]: x"

    @Test func aLineOfAMegabyteIsCut() throws {
        let long =
            "Jun 12 12:23:42 node1 kubelet[1]: " + String(repeating: "y", count: 1 << 20) + "\n\(line)\n"
        let all = try entries(try file("long", Array(long.utf8)))
        #expect(all.count == 2)
        #expect(all[0].message.utf8.count == JournalEntry.messageLimit)
        #expect(all[1].message == "x")
    }

    @Test func aMessageOfManyLinesIsBounded() throws {
        let text = line + "\n" + String(repeating: "  y\n", count: 500_000) + line
        let all = try entries(try file("lines", Array(text.utf8)))
        #expect(all.count == 2)
        #expect(all[0].message.utf8.count <= JournalEntry.messageLimit)
    }

    /// A file system that was not synced leaves runs of NUL where lines were.
    @Test func runsOfNULAreNoLines() throws {
        let bytes = Array("\(line)\n".utf8) + [UInt8](repeating: 0, count: 4096) + Array("\n\(line)\n".utf8)
        let all = try entries(try file("nul", bytes))
        #expect(all.count == 2)
        #expect(all.allSatisfy { $0.message == "x" })
    }

    @Test func whatIsNoUTF8IsReplaced() throws {
        let all = try entries(
            try file("latin1", Array("Jun 12 12:23:42 node1 kubelet[1]: ".utf8) + [0xE9, 0xFF, 0x0A]))
        #expect(all.map(\.message) == ["\u{FFFD}\u{FFFD}"])
    }

    @Test func whatIsNoTextIsSaidSo() throws {
        #expect(refusal("/bin/ls").hasSuffix("not a log: binary data"))
        var random = [UInt8]()
        for _ in 0..<4096 { random.append(UInt8.random(in: 0...255)) }
        #expect(refusal(try file("random", [1] + random)).hasSuffix("not a log: binary data"))
        #expect(refusal(try file("zeros", [UInt8](repeating: 0, count: 100_000))).contains("nothing but NUL"))
        #expect(refusal(try file("powershell.txt", [0xFF, 0xFE, 0x4A, 0x00])).contains("iconv -f UTF-16"))
        #expect(
            refusal(try file("prose", Array("It was a dark and stormy night.\n".utf8))).contains(
                "no line in it"))
        #expect(refusal(directory.path + "/nosuch").contains("nosuch: no such file or directory"))
    }

    // MARK: Compressed

    private func compressed(_ tool: [String], _ path: String) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = tool + [path]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }

    @Test(arguments: [
        (["gzip"], ".gz"), (["xz"], ".xz"), (["zstd", "-q", "--rm"], ".zst"), (["bzip2"], ".bz2"),
    ])
    func aCompressedFileIsUnpacked(_ tool: [String], _ suffix: String) throws {
        let path = try file("log", Array("\(line)\n".utf8))
        try compressed(tool, path)
        // By what is in it, whatever it is called.
        try FileManager.default.moveItem(atPath: path + suffix, toPath: directory.path + "/packed")
        #expect(try entries(directory.path + "/packed").map(\.message) == ["x"])
    }

    @Test func aRecordingCanBeCompressed() throws {
        let path = directory.path + "/outage.jsonl"
        let observations = try Recordings.observations("containerd-1.6.20-kill9")
        let recorder = try RecordingWriter(path: path)
        for observation in observations { recorder.record(observation) }
        _ = try recorder.close()
        try compressed(["gzip"], path)
        #expect(try ReplaySource.observations(ReplayInput.detect(path + ".gz")) == observations)
    }

    @Test func whatUnpacksForEverIsRefused() throws {
        let zeros = try file("zeros", [])
        truncate(zeros, 1 << 30)
        try compressed(["gzip", "-1"], zeros)
        #expect(refusal(zeros + ".gz").contains("nothing but NUL"))
        let lines = directory.path + "/lines"
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/bash")
        shell.arguments = ["-c", "yes '\(line)' | head -c 500000000 | xz -0 -T2 > \(lines)"]
        try shell.run()
        shell.waitUntilExit()
        let source = try ByteSource(lines)
        let error = #expect(throws: ReplayError.self) { try source.chunks { _ in } }
        #expect(error?.description.contains("that is no log") == true)
        #expect(source.total < 200 << 20)
    }

    /// A line, and ten gigabytes of zeros behind it: forty members of one gzip file.
    @Test func tenGigabytesOfZerosAreRefused() throws {
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/bash")
        let bomb = directory.path + "/bomb"
        shell.arguments = [
            "-c",
            "head -c 256M /dev/zero | gzip > \(bomb).one; (echo '\(line)' | gzip; for i in {1..40}; do cat \(bomb).one; done) > \(bomb)",
        ]
        try shell.run()
        shell.waitUntilExit()
        let source = try ByteSource(bomb)
        let error = #expect(throws: ReplayError.self) {
            _ = try TextStream.replay(source, file: nil, rules: Recordings.rules)
        }
        #expect(error?.description.contains("that is no log") == true)
        #expect(source.total < 10 << 30)
    }

    @Test func aFileThatIsCutOffGivesWhatItHas() throws {
        let path = try file(
            "log",
            Array(
                (0..<20_000).map { "Jun 12 12:23:42 node1 kubelet[1]: \($0 &* 2_654_435_761)\n" }.joined()
                    .utf8))
        try compressed(["gzip"], path)
        let size = try FileManager.default.attributesOfItem(atPath: path + ".gz")[.size] as? Int ?? 0
        truncate(path + ".gz", off_t(size / 2))
        let count = try entries(path + ".gz").count
        #expect(count > 1000 && count < 20_000)
    }

    // MARK: Pagers

    @Test func linesThatAPagerCutAreCounted() throws {
        func survey(_ text: String) throws -> TextSurvey {
            try #require(try ReplaySource.material(.text(try file("t", Array(text.utf8)))).survey)
        }
        let cut =
            "Jun 08 17:26:29 node1 containerd[1]: time=\"2022-06-08T17:26:29Z\" level=error msg=\"RunPodSandbox for &Pod>"
        #expect(try survey(cut + "\n" + line).cutLines == 1)
        #expect(
            try survey(cut).missing(until: TextClockTests.now).first?.contains("journalctl --no-pager")
                == true)
        let whole =
            "Jun 08 17:26:29 node1 kubelet[1]: E0608 17:26:29.1 1 x.go:1] \"stopping event stream\" error=<nil> and=\"<unset>\" last=<nil>"
        #expect(try survey(whole).cutLines == 0)
    }

    /// What stood behind the cut could have said that only one pod is at fault.
    @Test func aLineThatIsCutOffProvesNothingOfTheNodeByItself() throws {
        let rules = try Recordings.rules.adding([
            RuleDocument(
                name: "site",
                text: """
                    [[rule]]
                    id = "site-frob"
                    signal = "site-frob"
                    emitter = "containerd"
                    template = "the frob of this node is gone"
                    set = { scope = "node" }
                    """)
        ])
        let line =
            "Jun 08 17:26:29 node1 containerd[1]: time=\"2022-06-08T17:26:29Z\" level=error msg=\"the frob of this node is gone"
        func scope(_ text: String) throws -> String? {
            let entry = try #require(try entries(try file("s", Array(text.utf8))).first)
            return rules.recognize(entry).first { $0.rule == "site-frob" }?.captures["scope"]
        }
        #expect(try scope(line + "\"") == "node")
        #expect(try scope(line + ", unle>") == "many")
    }

    /// Only journalctl's own objects go over lines: a brace that somebody printed must not hide the log behind it.
    @Test(arguments: ["{", "{\n\t\"a\": 1,", "{\n  {\n"]) func aBraceHidesNothing(_ brace: String) throws {
        let text = "\(line)\n\(brace)\n" + String(repeating: line + "\n", count: 3)
        let all = try entries(try file("brace", Array(text.utf8)))
        #expect(all.filter { $0.message.hasPrefix("x") }.count == 4)
    }
}
