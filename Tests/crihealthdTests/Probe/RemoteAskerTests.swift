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

    private func breakage(_ report: ProbeReport) -> ProbeBreakage? {
        guard case .broken(let breakage) = report.outcome else { return nil }
        return breakage
    }

    @Test func itSpeaksToTheProber() throws {
        let prober = try TestProber(in: directory)
        let asker = asker()
        #expect(try asker.endpoints() == [StubAsker.endpoint])
        #expect(asker.climb(StubAsker.endpoint, .status).outcome == .reached)
        #expect(asker.greets(StubAsker.endpoint) == false)
        #expect(
            asker.answer(.process(pid: 9))
                == .process(pid: 9, identity: ProcessIdentity(pid: 9, name: "stub")))
        #expect(asker.answer(.cni(directory: "/root")) == nil)
        prober.stop()
    }

    @Test func aLongListCrosses() throws {
        let sandboxes = (0..<5000).map { number in
            PodSandbox(
                id: String(repeating: "a", count: 64), name: "pod-\(number)", namespace: "default", uid: "u",
                ready: true)
        }
        let prober = try TestProber(in: directory, asker: StubAsker(outcome: .pods(sandboxes)))
        #expect(asker().climb(StubAsker.endpoint, .pods).outcome == .pods(sandboxes))
        prober.stop()
    }

    @Test func aProberThatIsGoneIsABrokenProbeAndComesBack() throws {
        let asker = asker()
        let missing = asker.climb(StubAsker.endpoint, .connect)
        #expect(breakage(missing)?.reason == .proberUnreachable)
        #expect(breakage(missing)?.errno == ENOENT)
        let first = try TestProber(in: directory)
        #expect(asker.climb(StubAsker.endpoint, .connect).outcome == .reached)
        first.stop()
        #expect(breakage(asker.climb(StubAsker.endpoint, .connect))?.reason == .proberUnreachable)
        let second = try TestProber(in: directory)
        #expect(asker.climb(StubAsker.endpoint, .connect).outcome == .reached)
        second.stop()
    }

    @Test func aConnectionThatWasKeptAndClosedIsMadeAgain() throws {
        var limits = ProberService.Limits()
        limits.idle = .milliseconds(20)
        let prober = try TestProber(in: directory, limits: limits)
        let asker = asker()
        for _ in 0..<5 {
            #expect(asker.climb(StubAsker.endpoint, .socket).outcome == .reached)
            usleep(40_000)
        }
        prober.stop()
    }

    @Test func aProberThatNeverAnswersIsGivenUp() throws {
        let listener = try OneShotServer.listen(directory.path + "/probe.sock")
        defer { close(listener) }
        let asker = asker(
            .init(quick: .milliseconds(100), crictl: .milliseconds(100), node: .milliseconds(100)))
        #expect(breakage(asker.climb(StubAsker.endpoint, .version))?.errno == ETIMEDOUT)
        #expect(asker.answer(.process(pid: 1)) == nil)
        #expect(throws: AskError.self) { try asker.endpoints() }
    }

    @Test func aProberThatTalksNonsenseIsNoProber() throws {
        let server = try OneShotServer(
            path: directory.path + "/probe.sock", answer: "HTTP/1.1 200 OK\r\n\r\n")
        let report = asker(.init(quick: .seconds(2))).climb(StubAsker.endpoint, .connect)
        #expect(breakage(report)?.reason == .proberUnreachable)
        withExtendedLifetime(server) {}
    }

    @Test func whatTheProberDoesNotKnowIsSaid() throws {
        let prober = try TestProber(in: directory)
        let stranger = Endpoint(socketPath: "/tmp/mine.sock", runtime: .other, unit: nil)
        #expect(breakage(asker().climb(stranger, .version))?.text.contains("does not know") == true)
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
