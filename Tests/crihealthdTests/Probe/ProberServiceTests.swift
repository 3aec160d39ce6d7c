// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Node
import Synchronization
import Testing

@testable import crihealthd

@Suite struct ProberServiceTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private static var soon: MonotonicTime { Moment.now().monotonic + .seconds(10) }

    /// Says bytes as they are, and gives what comes back within a moment.
    private static func say(_ bytes: [UInt8], on socket: borrowing FrameSocket) {
        _ = bytes.withUnsafeBytes { send(socket.raw, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    private static func reply(_ socket: borrowing FrameSocket) throws -> ProbeAnswer.Reply? {
        let arrival = try socket.receive(
            limit: ProbeWire.answerLimit, first: soon, frameDeadline: .seconds(10))
        guard case .frame(let bytes) = arrival else { return nil }
        return ProbeWire.decode(ProbeAnswer.self, bytes)?.reply
    }

    private static func ask(_ ask: ProbeQuestion.Ask, on socket: borrowing FrameSocket) throws -> ProbeAnswer
        .Reply?
    {
        try socket.send(try #require(ProbeWire.encode(ProbeQuestion(ask: ask))), until: soon)
        return try reply(socket)
    }

    private static func frame(_ text: String) -> [UInt8] {
        let count = UInt32(text.utf8.count)
        return (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) } + Array(text.utf8)
    }

    @Test func questionsAreAnsweredInTurn() throws {
        let asker = StubAsker()
        let prober = try TestProber(in: directory, asker: asker)
        let socket = try prober.connect()
        #expect(try Self.ask(.endpoints, on: socket) == .endpoints([StubAsker.found]))
        let path = StubAsker.endpoint.socketPath
        let both: ProbeQuestion.Ask = .climb(socket: path, rungs: [.socket, .connect], greeting: true)
        guard case .climb(let climb)? = try Self.ask(both, on: socket) else {
            Issue.record("no report")
            return
        }
        #expect(climb.reports.map(\.rung) == [.socket, .connect])
        #expect(climb.reports.allSatisfy { $0.outcome == .reached })
        #expect(climb.greets == false)
        #expect(
            try Self.ask(.node(.process(pid: 7)), on: socket)
                == .node(.process(pid: 7, identity: ProcessIdentity(pid: 7, name: "stub"))))
        #expect(try Self.ask(.node(.tcpListeners), on: socket) == .node(nil))
        #expect(asker.climbs.all == ["\(path) socket", "\(path) connect"])
    }

    @Test func whatIsNotOnTheListIsNotAsked() throws {
        let asker = StubAsker()
        let prober = try TestProber(in: directory, asker: asker)
        let socket = try prober.connect()
        for ask: ProbeQuestion.Ask in [
            .climb(socket: "/tmp/mine.sock", rungs: [.version], greeting: false),
            .climb(socket: "/tmp/mine.sock", rungs: [], greeting: true),
            .node(.cni(directory: "/root")), .node(.unit("sshd.service")),
        ] {
            #expect(try Self.ask(ask, on: socket) == .refused(.notAllowed))
        }
        #expect(asker.climbs.all == [])
        #expect(asker.inquiries.all == [])
    }

    @Test("A question is one call, or what needs none, each once")
    func boundedQuestions() throws {
        let asker = StubAsker()
        let prober = try TestProber(in: directory, asker: asker)
        let path = StubAsker.endpoint.socketPath
        for rungs: [ProbeReport.Rung] in [
            [.pods, .pods], [.connect, .socket], [.version, .status], [.socket, .connect, .version],
        ] {
            let ask: ProbeQuestion.Ask = .climb(socket: path, rungs: rungs, greeting: false)
            #expect(try Self.ask(ask, on: try prober.connect()) == .refused(.malformed))
        }
        #expect(asker.climbs.all == [])
    }

    @Test func anotherVersionIsTold() throws {
        let prober = try TestProber(in: directory)
        let socket = try prober.connect()
        for ask in ["{\"sing\":{}}", "{\"endpoints\":{}}"] {
            Self.say(Self.frame("{\"version\":\(ProbeWire.version + 1),\"ask\":\(ask)}"), on: socket)
            #expect(try Self.reply(socket) == .refused(.otherVersion))
        }
        #expect(try Self.ask(.endpoints, on: socket) == .endpoints([StubAsker.found]))
    }

    static let hostile: [[UInt8]] = [
        [], [0], [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0x20, 1] + Array(repeating: 0x20, count: 100),
        [0, 0, 0, 0], frame("{}"), frame("null"), frame("\u{0}\u{0}"), frame("{\"version\":3}"),
        frame("{\"version\":3,\"ask\":{}}"), frame("{\"version\":3,\"ask\":{\"node\":{\"_0\":{}}}}"),
        frame("{\"version\":2e999,\"ask\":{\"endpoints\":{}}}"), frame(String(repeating: "[", count: 8000)),
        frame(String(repeating: "{\"a\":", count: 1600)), [0, 0, 0, 9, 0x7B], frame("GET / HTTP/1.1\r\n\r\n"),
        [0, 0, 0, 3, 0xC3, 0x28, 0xFF],
    ]

    @Test("A hostile peer ends its own connection only", arguments: hostile)
    func hostilePeer(_ bytes: [UInt8]) throws {
        let prober = try TestProber(in: directory)
        for _ in 0..<5 {
            let socket = try prober.connect()
            Self.say(bytes, on: socket)
        }
        #expect(try Self.ask(.endpoints, on: try prober.connect()) == .endpoints([StubAsker.found]))
    }

    @Test func noiseIsSurvived() throws {
        let prober = try TestProber(in: directory)
        let good = try #require(
            ProbeWire.encode(ProbeQuestion(ask: .climb(socket: "/x", rungs: [.pods], greeting: false))))
        var state: UInt64 = 42
        for _ in 0..<60 {
            var bytes = Self.frame(String(decoding: good, as: UTF8.self))
            for _ in 0..<4 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes[Int(state >> 33) % bytes.count] = UInt8(truncatingIfNeeded: state >> 20)
            }
            let socket = try prober.connect()
            Self.say(bytes, on: socket)
        }
        #expect(try Self.ask(.endpoints, on: try prober.connect()) == .endpoints([StubAsker.found]))
    }

    @Test func aFrameThatDoesNotEndIsCutOff() throws {
        var limits = ProberService.Limits()
        limits.frame = .milliseconds(50)
        let prober = try TestProber(in: directory, limits: limits)
        let socket = try prober.connect()
        Self.say([0, 0, 0, 9, 0x7B], on: socket)
        #expect(try Self.reply(socket) == nil)
    }

    @Test func silenceIsCutOff() throws {
        var limits = ProberService.Limits()
        limits.idle = .milliseconds(50)
        let prober = try TestProber(in: directory, limits: limits)
        let socket = try prober.connect()
        #expect(try Self.reply(socket) == nil)
    }

    @Test func tooManyQuestionsAreRefused() throws {
        var limits = ProberService.Limits()
        (limits.burst, limits.interval) = (2, .seconds(600))
        limits.interval = .milliseconds(300)
        let prober = try TestProber(in: directory, limits: limits)
        let socket = try prober.connect()
        let replies = try (0..<3).map { _ in try Self.ask(.endpoints, on: socket) }
        #expect(replies.contains(.refused(.tooMany)))
        #expect(replies.first == .endpoints([StubAsker.found]))
    }

    @Test func whoMayNotAskHearsNothing() throws {
        let asker = StubAsker()
        let asked = Recorder<uid_t>()
        let prober = try TestProber(in: directory, asker: asker) {
            asked.note($0)
            return false
        }
        let socket = try prober.connect()
        Self.say(Self.frame("{\"version\":2,\"ask\":{\"endpoints\":{}}}"), on: socket)
        // Closed with the question unread: EOF, or ECONNRESET.
        #expect((try? Self.reply(socket)) == .some(nil) || (try? Self.reply(socket)) == nil)
        #expect(asked.all == [geteuid()])
        #expect(asker.inquiries.all == [])
    }

    @Test func aFifthConnectionTakesTheRoomOfTheOneThatIsSilentLongest() throws {
        let prober = try TestProber(in: directory)
        let four = try (0..<4).map { _ in Held(try prober.connect()) }
        for one in four + [four[0]] {
            #expect(try Self.ask(.endpoints, on: one.socket) == .endpoints([StubAsker.found]))
            // One is silent before the next one is asked, so that it is clear who is silent longest.
            #expect(eventually { prober.silentConnections == 4 })
        }
        let fifth = try prober.connect()
        #expect(try Self.ask(.endpoints, on: fifth) == .endpoints([StubAsker.found]))
        #expect(try Self.reply(four[1].socket) == nil)
        for one in [four[0], four[2], four[3]] {
            #expect(try Self.ask(.endpoints, on: one.socket) == .endpoints([StubAsker.found]))
        }
    }

    @Test func aFifthConnectionWaitsWhileAllAreBusy() throws {
        let asker = StubAsker()
        let prober = try TestProber(in: directory, asker: asker)
        let four = try (0..<4).map { _ in Held(try prober.connect()) }
        let inquiry = ProbeQuestion(ask: .node(.process(pid: 1)))
        asker.holds.store(true, ordering: .relaxed)
        for one in four {
            try one.socket.send(try #require(ProbeWire.encode(inquiry)), until: Self.soon)
        }
        // No lane holds these up: all four are taken in, and under way.
        #expect(eventually { asker.inquiries.all.count == 4 })
        let fifth = try prober.connect()
        try fifth.send(try #require(ProbeWire.encode(ProbeQuestion(ask: .endpoints))), until: Self.soon)
        var entry = pollfd(fd: fifth.raw, events: Int16(POLLIN), revents: 0)
        #expect(poll(&entry, 1, 200) == 0)
        asker.holds.store(false, ordering: .relaxed)
        #expect(try Self.reply(fifth) == .endpoints([StubAsker.found]))
    }

    private final class Held {
        let socket: FrameSocket
        init(_ socket: consuming FrameSocket) { self.socket = socket }
    }

    @Test func theKernelTellsWhoAsks() throws {
        var ends: [Int32] = [0, 0]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        #expect(Peer(of: ends[0])?.uid == geteuid())
        #expect(Peer(of: ends[0])?.pid == getpid())
        ends.forEach { close($0) }
        #expect(Peer(of: ends[0]) == nil)
    }

    @Test func rootAndOneUserMayAsk() {
        let allowed = AllowedUsers(name: "nobody")
        #expect(allowed.contains(0))
        #expect(AllowedUsers.uid(of: "nobody").map(allowed.contains) == true)
        #expect(!allowed.contains(54_321))
        #expect(!AllowedUsers(name: "no such user").contains(65_534))
    }

    /// A directory server that hangs delays the first question alone; root is answered meanwhile.
    @Test func aDirectoryThatHangsHangsNobody() {
        let (asked, released) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let allowed = AllowedUsers(name: "u") { _ in
            asked.signal()
            released.wait()
            return 4711
        }
        #expect(!allowed.contains(4711))
        #expect(asked.wait(timeout: .now()) == .success)
        for _ in 0..<100 { #expect(!allowed.contains(4711)) }
        #expect(allowed.contains(0))
        // Nobody is asked a second time while the first one did not answer.
        #expect(asked.wait(timeout: .now()) == .timedOut)
        released.signal()
        #expect(eventually { allowed.contains(4711) })
    }
}
