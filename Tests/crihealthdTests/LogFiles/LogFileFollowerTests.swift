// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Synchronization
import Testing

@testable import Node
@testable import crihealthd

@Suite struct LogFileFollowerTests {
    private static let path = "/agent/containerd/containerd.log"
    private static let source = LogFileSource(path: path, program: .containerd, unit: "k3s.service")

    /// What a follower told.
    private final class Told: Sendable {
        let entries = Mutex<[JournalEntry]>([])
        let positions = Mutex<[FollowedLogFile]>([])
        let losses = Mutex<[BlindWindow]>([])

        var messages: [String] { entries.withLock { $0.map(\.message) } }
    }

    private func follower(_ root: String, _ told: Told) -> LogFileFollower {
        let reader = LogFileReader(root: root)
        return LogFileFollower(
            .init(
                read: { reader.read($0, from: $1) }, prefilter: { _ in true },
                deliver: { entries, file in
                    told.entries.withLock { $0 += entries }
                    told.positions.withLock { $0.append(file) }
                }, lose: { window in told.losses.withLock { $0.append(window) } }))
    }

    private func line(_ number: Int) -> String {
        "time=\"\(Moment.now().wall)\" level=info msg=\"number \(number)\" "
            + String(repeating: "x", count: 100) + "\n"
    }

    /// Ten thousand lines a second for three seconds, rotated every half second by turns by a rename and with a pause in
    /// which the follower is started anew from its position.
    @Test func nothingIsLostOfTenThousandLinesASecondThroughRotations() throws {
        let node = try TemporaryDirectory()
        let folder = node.path + "/agent/containerd"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        _ = FileManager.default.createFile(atPath: node.path + Self.path, contents: nil)
        let told = Told()
        var current = follower(node.path, told)
        current.setAlert(true)
        current.follow(.init(source: Self.source))
        var handle = try FileHandle(forWritingTo: URL(fileURLWithPath: node.path + Self.path))
        let began = ContinuousClock.now
        for tick in 0..<300 {
            let text = (0..<100).map { line(tick * 100 + $0) }.joined()
            try handle.write(contentsOf: Data(text.utf8))
            if tick % 50 == 49 {
                try handle.close()
                rename(node.path + Self.path, folder + "/containerd-2026-\(1000 + tick).log")
                _ = FileManager.default.createFile(atPath: node.path + Self.path, contents: nil)
                handle = try FileHandle(forWritingTo: URL(fileURLWithPath: node.path + Self.path))
            }
            if tick == 120 {
                current.stop()
                let last = try #require(told.positions.withLock { $0.last })
                current = follower(node.path, told)
                current.setAlert(true)
                current.follow(last)
            }
            let wait = began + .milliseconds(10 * (tick + 1)) - .now
            if wait > .zero { Pause.wait(wait) }
        }
        try handle.close()
        #expect(eventually { told.entries.withLock { $0.count } >= 30_000 })
        current.stop()
        let numbers = told.messages.map { message in
            message.firstRange(of: "number ").flatMap {
                Int(message[$0.upperBound...].prefix { $0.isNumber })
            }
        }
        #expect(numbers == (0..<30_000).map { Optional($0) })
        #expect(told.losses.withLock { $0 }.isEmpty)
    }

    @Test func linesAreSpokenByTheUnitThatRunsTheProgramAtTheirOwnTime() throws {
        let node = try TemporaryDirectory()
        try FileManager.default.createDirectory(
            atPath: node.path + "/agent/containerd", withIntermediateDirectories: true)
        let now = Moment.now()
        let stamp = now.wall + .seconds(-3)
        try Data(
            ("time=\"2001-01-01T00:00:00Z\" level=error msg=\"before this boot\"\n"
                + "time=\"\(stamp)\" level=fatal msg=\"it ends\"\n\tgoroutine 1\n").utf8
        ).write(to: URL(fileURLWithPath: node.path + Self.path))
        let told = Told()
        let follower = follower(node.path, told)
        follower.follow(.init(source: Self.source))
        #expect(eventually { told.messages.count == 2 })
        follower.stop()
        let entries = told.entries.withLock { $0 }
        #expect(entries.allSatisfy { $0.unit == "k3s.service" && $0.source == .unit })
        #expect(entries.allSatisfy { $0.at.wall == stamp })
        let age = now.monotonic - entries[0].at.monotonic
        #expect(age > .milliseconds(2900) && age < .milliseconds(3100))
        #expect(Set(entries.map(\.cursor)).count == 2)
    }

    /// A program that cannot start says so in a plain line: it is not as old as the last stamped one before it.
    @Test func aLineWithoutAStampIsDatedByWhatFollowsIt() {
        let now = Moment.now()
        let ages = [30, 20, 4].map { now.wall + .seconds(-$0) }
        let piece = LogFilePiece(
            lines: [
                "time=\"\(ages[0])\" level=info msg=a", "\ttrace", "plain",
                "time=\"\(ages[1])\" level=info msg=b", "plain",
                " indented",
            ],
            next: LogFilePosition(path: Self.path, device: 1, inode: 1, offset: 1, head: 1, readAt: now.wall),
            loss: nil, hasMore: false, writtenAt: ages[2])
        var maker = LogFileEntries(source: Self.source, now: now, last: nil)
        let times = maker.entries(piece) { _ in true }.map(\.at.wall)
        #expect(times == [ages[0], ages[0], ages[1], ages[1], ages[2], ages[2]])
    }

    @Test func aTruncatedFileIsDeclared() throws {
        let node = try TemporaryDirectory()
        try FileManager.default.createDirectory(
            atPath: node.path + "/agent/containerd", withIntermediateDirectories: true)
        try Data("one\n".utf8).write(to: URL(fileURLWithPath: node.path + Self.path))
        let told = Told()
        let follower = follower(node.path, told)
        follower.follow(.init(source: Self.source))
        #expect(eventually { told.messages == ["one"] })
        truncate(node.path + Self.path, 0)
        #expect(eventually { told.losses.withLock { $0.map(\.reason) } == [.damaged] })
        #expect(told.losses.withLock { $0.first?.unit } == "k3s.service")
        follower.stop()
    }

    static let klog: [(String, String)] = [
        ("I1130 12:00:01.500000    1 a.go:1] x", "2026-11-30T13:00:00Z"),
        ("E1231 23:59:59.000001    1 a.go:1] x", "2027-01-01T00:00:10Z"),
    ]

    @Test("klog's time is local, and has no year", arguments: klog)
    func klogTime(_ line: String, _ now: String) throws {
        let now = try #require(WallTime(rfc3339: now))
        let found = try #require(LogFileStamp.time(of: line, now: now))
        #expect(abs((now - found).microseconds) < 26 * 3_600_000_000)
    }

    @Test func whatIsNoStampHasNoTime() {
        let now = Moment.now().wall
        for line in [
            "", "I1330 12:00:01.500000 x", "Error: x", "time=\"x\"", "I1130 12:00", "goroutine 1 [running]:",
        ] {
            #expect(LogFileStamp.time(of: line, now: now) == nil)
        }
    }

    @Test func theJournalTellsWhereAProgramLogs() {
        func told(_ message: String, source: JournalEntry.Source = .unit) -> LogFileSource? {
            LogFileSource(
                toldBy: JournalEntry(
                    cursor: "", at: Moment.now(), source: source, unit: "rke2-agent.service", message: message
                ))
        }
        let containerd = "/data/agent/containerd/containerd.log"
        #expect(
            told("time=\"x\" level=info msg=\"Logging containerd to \(containerd)\"")
                == LogFileSource(path: containerd, program: .containerd, unit: "rke2-agent.service"))
        #expect(
            told(
                "time=\"x\" level=info msg=\"Running kubelet --a=b --log-file=/d/agent/logs/kubelet.log --c=d\""
            )?.path
                == "/d/agent/logs/kubelet.log")
        for path in [
            "/etc/shadow", "relative/agent/containerd/containerd.log",
            "/a/../agent/containerd/containerd.log",
            "/agent//containerd.log", "/agent/containerd/containerd.log/x",
        ] {
            #expect(told("time=\"x\" level=info msg=\"Logging containerd to \(path)\"") == nil, "\(path)")
        }
        for quoted in [
            "Logging containerd to \(containerd)",
            "time=\"x\" level=error msg=\"failed\" error=\"\\\" level=info msg=\\\"Logging containerd to \(containerd)\\\"\"",
            "time=\"x\" level=info msg=\"pod said Logging containerd to \(containerd)\"",
        ] {
            #expect(told(quoted) == nil, "\(quoted)")
        }
        #expect(
            told("time=\"x\" level=info msg=\"Logging containerd to \(containerd)\"", source: .manager) == nil
        )
        let rke2 = Endpoint(
            socketPath: "/run/k3s/containerd/containerd.sock", runtime: .containerd,
            unit: "rke2-server.service")
        #expect(LogFileSource.known(beside: rke2).count == 2)
        #expect(LogFileSource.known(beside: rke2).allSatisfy { LogFileSource.isLogFile($0.path) })
        #expect(LogFileSource.known(beside: Endpoint.wellKnown[0]).isEmpty)
    }

    @Test func onlyLogFilesAreReadForOthers() {
        let desk = ProberDesk(asker: StubAsker(), units: [], logger: TestDaemon.logger)
        #expect(desk.reply(to: .logFile(path: Self.path, from: nil)) == .refused(.notAllowed))
        #expect(desk.reply(to: .logFile(path: "/x" + Self.path, from: nil)) == .logFile(nil))
        for path in ["/etc/shadow", "/x/agent/containerd/../containerd/containerd.log", ""] {
            #expect(desk.reply(to: .logFile(path: path, from: nil)) == .refused(.notAllowed))
        }
    }
}
