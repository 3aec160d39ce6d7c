// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import crihealthd

@Suite struct RemoteAskerTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func asker(_ patience: RemoteAsker.Patience = .init()) -> RemoteAsker {
        RemoteAsker(socket: directory.path + "/probe.sock", patience: patience)
    }

    private func ask(
        _ asker: RemoteAsker, _ rung: ProbeReport.Rung, of endpoint: Endpoint = StubAsker.endpoint
    ) -> ProbeReport? {
        asker.climb(endpoint, [rung], greeting: false).reports.last
    }

    private func breakage(_ report: ProbeReport?) -> ProbeBreakage? {
        guard case .broken(let breakage)? = report?.outcome else { return nil }
        return breakage
    }

    @Test func itSpeaksToTheProber() throws {
        let prober = try TestProber(in: directory)
        let asker = asker()
        #expect(try asker.endpoints().map(\.endpoint) == [StubAsker.endpoint])
        #expect(ask(asker, .status)?.outcome == .reached)
        #expect(asker.climb(StubAsker.endpoint, [.socket, .connect], greeting: true).greets == false)
        #expect(asker.climb(StubAsker.endpoint, [], greeting: true) == Climb(greets: false))
        #expect(
            asker.answer(.process(pid: 9))
                == .process(pid: 9, identity: ProcessIdentity(pid: 9, name: "stub")))
        #expect(asker.answer(.cni(directory: "/root")) == nil)
        prober.stop()
    }

    /// A question that the prober does not admit is told, and not asked again every few seconds.
    @Test func aRefusedQuestionIsToldOnce() throws {
        let prober = try TestProber(in: directory)
        let refusals = Recorder<String>()
        let asker = RemoteAsker(socket: directory.path + "/probe.sock") { _, reason in refusals.note(reason) }
        for _ in 0..<3 { #expect(asker.answer(.cni(directory: "/root")) == nil) }
        #expect(refusals.all.count == 1)
        #expect(refusals.all.first?.contains("does not know this") == true)
        #expect(asker.answer(.process(pid: 9)) != nil)
        prober.stop()
    }

    @Test func aLongListCrosses() throws {
        let sandboxes = (0..<5000).map { number in
            PodSandbox(
                id: String(repeating: "a", count: 64), name: "pod-\(number)", namespace: "default", uid: "u",
                ready: true)
        }
        let prober = try TestProber(in: directory, asker: StubAsker(outcome: .pods(sandboxes)))
        #expect(ask(asker(), .pods)?.outcome == .pods(sandboxes))
        prober.stop()
    }

    @Test func aProberThatIsGoneIsABrokenProbeAndComesBack() throws {
        let asker = asker()
        let missing = ask(asker, .connect)
        #expect(breakage(missing)?.reason == .proberUnreachable)
        #expect(breakage(missing)?.errno == ENOENT)
        let first = try TestProber(in: directory)
        #expect(ask(asker, .connect)?.outcome == .reached)
        first.stop()
        #expect(breakage(ask(asker, .connect))?.reason == .proberUnreachable)
        let second = try TestProber(in: directory)
        #expect(ask(asker, .connect)?.outcome == .reached)
        second.stop()
    }

    @Test func aConnectionThatWasKeptAndClosedIsMadeAgain() throws {
        var limits = ProberService.Limits()
        limits.idle = .milliseconds(20)
        let prober = try TestProber(in: directory, limits: limits)
        let asker = asker()
        for _ in 0..<5 {
            #expect(ask(asker, .socket)?.outcome == .reached)
            usleep(40_000)
        }
        prober.stop()
    }

    @Test func aProberThatNeverAnswersIsGivenUp() throws {
        let listener = try OneShotServer.listen(directory.path + "/probe.sock")
        defer { close(listener) }
        let asker = asker(
            .init(quick: .milliseconds(100), crictl: .milliseconds(100), node: .milliseconds(100)))
        #expect(breakage(ask(asker, .version))?.errno == ETIMEDOUT)
        #expect(asker.answer(.process(pid: 1)) == nil)
        #expect(throws: AskError.self) { try asker.endpoints() }
    }

    @Test func aProberThatTalksNonsenseIsNoProber() throws {
        let server = try OneShotServer(
            path: directory.path + "/probe.sock", answer: "HTTP/1.1 200 OK\r\n\r\n")
        let report = ask(asker(.init(quick: .seconds(2))), .connect)
        #expect(breakage(report)?.reason == .proberUnreachable)
        withExtendedLifetime(server) {}
    }

    /// Answers what it is told to, whatever it was asked.
    private struct OddAsker: NodeAsker {
        var told: [ProbeReport.Rung]

        func endpoints() throws(AskError) -> [FoundEndpoint] {
            [FoundEndpoint(endpoint: StubAsker.endpoint, isServed: true)]
        }
        func climb(_ endpoint: Endpoint, _ rungs: [ProbeReport.Rung], greeting: Bool) -> Climb {
            Climb(
                reports: told.map {
                    ProbeReport(endpoint: endpoint, rung: $0, outcome: .reached, latency: .zero)
                })
        }
        func logFile(_ path: String, from position: LogFilePosition?) -> LogFilePiece? { nil }
        func answer(_ inquiry: Inquiry) -> NodeReport? { nil }
    }

    private static let others: [[ProbeReport.Rung]] = [
        [], [.socket], [.connect, .socket], [.socket, .connect, .version],
    ]

    @Test("An answer about other rungs is none", arguments: others)
    func otherRungs(_ told: [ProbeReport.Rung]) throws {
        let prober = try TestProber(in: directory, asker: OddAsker(told: told))
        let climb = asker().climb(StubAsker.endpoint, [.socket, .connect], greeting: true)
        #expect(climb.reports.map(\.rung) == [.socket])
        #expect(breakage(climb.reports.last)?.reason == .proberUnreachable)
        #expect(climb.greets == nil)
        prober.stop()
    }

    @Test func whatTheProberDoesNotKnowIsSaid() throws {
        let prober = try TestProber(in: directory)
        let stranger = Endpoint(socketPath: "/tmp/mine.sock", runtime: .other, unit: nil)
        #expect(breakage(ask(asker(), .version, of: stranger))?.text.contains("does not know") == true)
        prober.stop()
    }

    @Test func manyAskAtOnce() throws {
        let prober = try TestProber(in: directory)
        let asker = asker()
        let wrong = Recorder<String>()
        DispatchQueue.concurrentPerform(iterations: 60) { number in
            let pid = Int32(number)
            if asker.answer(.process(pid: pid)) != .process(pid: pid, identity: .init(pid: pid, name: "stub"))
            {
                wrong.note("\(number)")
            }
        }
        #expect(wrong.all == [])
        prober.stop()
    }
}

@Suite(.serialized) struct SplitDaemonTests {
    @Test func withoutItsProberTheDaemonSaysSoAndRecovers() throws {
        let runtime = try FakeRuntime()
        let (state, journal) = (try TemporaryDirectory(), try TemporaryDirectory())
        let configuration = TestDaemon.configuration(runtime, state, journal)
        let first = try TestProber(in: state, asker: LocalAsker(configuration))
        let running = try TestDaemon(runtime, state: state, journal: journal) {
            $0.prober = .socket(state.path + "/probe.sock")
        }
        #expect(try eventually { try running.status().verdict == .healthy })
        first.stop()
        #expect(eventually { running.page("/v1/state").contains("ProberUnreachable") })
        #expect(try running.open().map(\.kind) == ["MonitoringImpaired"])
        let second = try TestProber(in: state, asker: LocalAsker(configuration))
        #expect(try eventually { try running.status().verdict == .healthy })
        #expect(try eventually { try running.open() == [] })
        running.daemon.stop()
        second.stop()
    }

    @Test func rootWithoutAProberAsksForItself() {
        let usual = Configuration.Prober.socket(Configuration.defaultProberSocket)
        let named = Configuration.Prober.socket("/run/other.sock")
        #expect(usual.settled(exists: { _ in false }, isRoot: true) == .inProcess)
        #expect(usual.settled(exists: { _ in true }, isRoot: true) == usual)
        #expect(usual.settled(exists: { _ in false }, isRoot: false) == usual)
        #expect(named.settled(exists: { _ in false }, isRoot: true) == named)
    }
}
