// SPDX-License-Identifier: Apache-2.0
import CRI
import Foundation
import HealthModel
import Testing

@testable import crihealthd

@Suite struct ProberTests {
    private let runtime: FakeRuntime
    private let reports = Recorder<ProbeReport>()

    init() throws { runtime = try FakeRuntime() }

    private func prober(_ change: (inout ProbePace) -> Void) -> Prober {
        var pace = ProbePace()
        pace.jitter = 0
        change(&pace)
        var asker = LocalAsker(Configuration())
        asker.ladder = ProbeLadder(crictl: Crictl(path: runtime.crictl))
        asker.greetingDeadline = .milliseconds(50)
        let settings = Prober.Settings(pace: pace, asker: asker)
        return Prober(settings: settings) { [reports] answers in
            for answer in answers { reports.note(answer.report) }
        }
    }

    private var endpoint: Endpoint {
        Endpoint(socketPath: runtime.socketPath, runtime: .containerd, unit: nil)
    }

    private func count(_ rung: ProbeReport.Rung) -> Int { reports.all.filter { $0.rung == rung }.count }

    @Test func rungsAreReportedInOrderAndAgain() {
        let prober = prober { $0.native = .milliseconds(20) }
        prober.watch(endpoint)
        prober.watch(endpoint)
        #expect(eventually { count(.connect) >= 5 })
        #expect(reports.all.prefix(6).map(\.rung) == ProbeReport.Rung.allCases)
        #expect(!reports.all.contains { !$0.succeeded })
        #expect(count(.version) == 1)
        prober.stop()
    }

    @Test func aRequestIsAnsweredSoon() {
        let prober = prober { $0.native = .seconds(60) }
        prober.watch(endpoint)
        #expect(eventually { count(.containers) == 1 })
        prober.request(endpoint, from: .pods)
        #expect(eventually { count(.containers) == 2 })
        #expect(count(.version) == 1)
        prober.stop()
    }

    @Test func whatIsForgottenIsAskedNoMoreUntilItIsWatchedAgain() {
        let prober = prober { $0.native = .milliseconds(20) }
        prober.watch(endpoint)
        #expect(eventually { count(.connect) >= 3 })
        prober.forget(endpoint)
        prober.request(endpoint, from: .version)
        #expect(
            eventually {
                let before = reports.all.count
                Pause.wait(.milliseconds(100))
                return reports.all.count == before
            })
        let before = count(.connect)
        prober.watch(endpoint)
        #expect(eventually { count(.connect) > before })
        prober.stop()
    }

    @Test func suspicionQuickens() {
        let prober = prober {
            $0.native = .seconds(60)
            $0.suspect = .milliseconds(50)
        }
        prober.watch(endpoint)
        #expect(eventually { count(.containers) == 1 })
        prober.suspect(true)
        #expect(eventually { count(.version) >= 4 })
        prober.stop()
    }

    @Test func aLostSocketIsSeenWithoutCrictl() {
        let prober = prober { $0.native = .milliseconds(20) }
        prober.watch(endpoint)
        #expect(eventually { count(.containers) == 1 })
        let calls = runtime.calls.count
        runtime.stop()
        #expect(eventually { reports.all.last?.succeeded == false })
        #expect(runtime.calls.count == calls)
        prober.stop()
    }

    /// `crictl version` would come in ten minutes.
    @Test("A runtime that no longer greets is asked at once what the matter is")
    func silence() throws {
        let greeter = Greeter(listener: try #require(runtime.listener))
        let prober = prober {
            $0.native = .milliseconds(20)
            $0.calls = .seconds(600)
        }
        prober.watch(endpoint)
        #expect(eventually { count(.connect) >= 8 && greeter.count >= 5 })
        #expect(count(.version) == 1)
        #expect(count(.status) == 1)
        greeter.fallSilent()
        #expect(eventually { count(.version) >= 2 && count(.status) >= 2 })
        prober.stop()
        greeter.stop()
    }

    @Test("Who asks stops at the first failure, and waits for no greeting after it")
    func aClimb() throws {
        var asker = LocalAsker(Configuration())
        asker.greetingDeadline = .milliseconds(50)
        let both: [ProbeReport.Rung] = [.socket, .connect]
        let reached = asker.climb(endpoint, both, greeting: true)
        #expect(reached.reports.map(\.succeeded) == [true, true])
        #expect(reached.greets == false)
        #expect(asker.climb(endpoint, both, greeting: false).greets == nil)
        runtime.stop()
        let missing = asker.climb(endpoint, both, greeting: true)
        #expect(missing.reports.map(\.rung) == [.socket])
        #expect(missing.reports.map(\.succeeded) == [false])
        #expect(missing.greets == nil)
    }

    @Test func whoIsForgottenAsksNoMore() {
        weak var forgotten: Prober?
        do {
            let prober = prober { $0.native = .seconds(60) }
            forgotten = prober
            prober.watch(endpoint)
            #expect(eventually { count(.containers) == 1 })
        }
        #expect(eventually { forgotten == nil })
    }

    @Test func nothingIsAskedAfterTheEnd() {
        let prober = prober { $0.native = .milliseconds(20) }
        prober.stop()
        prober.watch(endpoint)
        prober.request(endpoint, from: .socket)
        Thread.sleep(forTimeInterval: 0.1)
        #expect(reports.all.isEmpty)
    }
}

@Suite struct GreetingTests {
    @Test func aServerThatAnswersGreets() throws {
        let directory = try TemporaryDirectory()
        let server = try OneShotServer(path: directory.path + "/s", answer: "\0\0\0\u{4}\0\0\0\0\0")
        #expect(Greeting.isReturned(socketPath: server.path, within: .seconds(20)) == true)
        #expect(server.request.hasPrefix("PRI * HTTP/2.0\r\n"))
    }

    @Test func aProcessThatDoesNotRunDoesNotGreet() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/s"
        let listener = try OneShotServer.listen(path)
        #expect(Greeting.isReturned(socketPath: path, within: .milliseconds(50)) == false)
        close(listener)
    }

    @Test(arguments: ["/nonexistent/s", "", "/dev/null"])
    func whatCannotBeAskedTellsNothing(path: String) {
        #expect(Greeting.isReturned(socketPath: path, within: .milliseconds(50)) == nil)
    }
}
