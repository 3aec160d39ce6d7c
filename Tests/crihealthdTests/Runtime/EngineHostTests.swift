// SPDX-License-Identifier: Apache-2.0
import Diagnosis
import HealthModel
import Node
import Synchronization
import Systemd
import Testing

@testable import crihealthd

@Suite struct EngineHostTests {
    private let published = Recorder<Snapshot>()
    private let saved = Recorder<Checkpoint>()
    private let changes = Recorder<Transition>()
    private let alerts = Recorder<Bool>()
    private let endpoint = Endpoint(
        socketPath: "/run/containerd/containerd.sock", runtime: .containerd, unit: "containerd.service")

    private func host(_ state: EngineState = EngineState(), position: JournalPosition? = nil) throws
        -> EngineHost
    {
        EngineHost(
            engine: Engine(rules: try SignalRules.shipped(), restoring: state), position: position,
            time: .init(now: { Moment.now() }),
            outlets: .init(
                publish: { [published] in published.note($0) }, inquire: { _ in },
                transition: { [changes] in changes.note($0) }, checkpoint: { [saved] in saved.note($0) },
                alert: { [alerts] in alerts.note($0) }, decorate: { $0.headline += "!" }))
    }

    private var start: DaemonStart {
        DaemonStart(bootID: "b", version: Release.version, hostname: "n", endpoints: [endpoint])
    }

    private func probe(_ rung: ProbeReport.Rung, _ outcome: ProbeReport.Outcome) -> Observation.Event {
        .probe(ProbeReport(endpoint: endpoint, rung: rung, outcome: outcome, latency: .zero))
    }

    private func answer(_ host: EngineHost) {
        host.observe(probe(.socket, .reached))
        host.observe(probe(.connect, .reached))
        host.observe(
            probe(.version, .version(RuntimeVersion(name: "containerd", version: "1.6.20", apiVersion: "v1")))
        )
    }

    @Test func anOutageIsPublishedSavedLoggedAndAlerted() throws {
        let host = try host()
        host.begin(start)
        answer(host)
        host.observe(probe(.socket, .failed(ProbeFailure(reason: .socketMissing, errno: 2, text: "gone"))))
        #expect(
            eventually { changes.all.contains { $0.change == .opened && $0.incident.kind == .runtimeDown } })
        #expect(eventually { published.all.last?.open.isEmpty == false })
        #expect(published.all.last?.headline.hasSuffix("!") == true)
        #expect(alerts.all.first == true)
        let state = try #require(saved.all.last).engine
        host.stop()

        let next = try self.host(state)
        next.begin(start)
        let before = changes.all.last { $0.incident.kind == .runtimeDown }?.incident.id
        #expect(next.latest.snapshot.open.map(\.id).contains(before ?? "none"))
        next.stop()
    }

    @Test func nothingComesBetweenTheStartAndItsReports() throws {
        let (order, hosts) = (Recorder<Observation.Event>(), Recorder<EngineHost>())
        let host = EngineHost(
            engine: Engine(rules: try SignalRules.shipped()), position: nil,
            time: .init(now: { Moment.now() }),
            outlets: .init(
                publish: { _ in }, inquire: { _ in }, transition: { _ in }, checkpoint: { _ in },
                alert: { _ in },
                observed: {
                    order.note($0.event)
                    // As a question that is answered at once.
                    if case .started = $0.event { hosts.all.first?.observe(.node(.kubelet(nil))) }
                }))
        hosts.note(host)
        host.begin(start, reports: [.journal(.catchingUp)])
        #expect(eventually { order.all.contains(.node(.kubelet(nil))) })
        #expect(
            order.all.prefix(3) == [.started(start), .daemon(.journal(.catchingUp)), .node(.kubelet(nil))])
        host.stop()
    }

    @Test func aPositionIsSavedWithTheEntriesBeforeIt() throws {
        let host = try host()
        host.begin(start)
        let entry = JournalEntry(
            cursor: "c1", at: Moment.now(), source: .unit, unit: "containerd.service", message: "hello")
        host.absorb(
            [Observation(at: entry.at, event: .journal(entry))],
            upTo: JournalPosition(cursor: "c1", bootID: "b", handled: 1))
        let latest = host.latest
        #expect(latest.checkpoint.position?.cursor == "c1")
        #expect(latest.checkpoint.bootID == "b")
        #expect(latest.snapshot.statistics.observations == 2)
        host.stop()
    }

    @Test func aFloodIsPublishedRarely() throws {
        let host = try host()
        host.begin(start)
        answer(host)
        let before = published.all.count
        let clock = ContinuousClock()
        let took = clock.measure {
            for _ in 0..<2000 { host.absorb([Observation(at: Moment.now(), event: .tick)]) }
        }
        // Without a pace each of the 2000 would be published; timers of a busy machine add a few.
        let paced = took / PublishPace.interval + Double(changes.all.count)
        #expect(Double(published.all.count - before) <= paced * 2 + 50)
        #expect(eventually { published.all.count > before })
        host.stop()
    }

    @Test func timeStandsStillWithAStandingTape() throws {
        let tape = Tape(at: Moment.now())
        let turns = Recorder<Snapshot>()
        let host = EngineHost(
            engine: Engine(rules: try SignalRules.shipped()), position: nil,
            time: .init(now: { tape.now }, speed: { tape.speed }),
            outlets: .init(
                publish: { turns.note($0) }, inquire: { _ in }, transition: { _ in }, checkpoint: { _ in },
                alert: { _ in }))
        host.begin(start)
        #expect(eventually { turns.all.count == 1 })
        let moment = tape.now
        #expect(host.latest.snapshot.at == moment)
        host.stop()
    }
}
