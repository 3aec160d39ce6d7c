// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

/// A daemon ticks every second; a replay only where the engine asks for it. Both have to open the same at the same time.
@Suite("Grace periods") struct GracePeriodTests {
    /// What is hidden, and how long it has to last.
    static let hidden: [(Observation.Event, Duration)] = [
        (.daemon(.bus(problem: "connect: Connection refused")), EngineConfiguration().busGrace),
        (
            .probe(
                ProbeReport(
                    endpoint: Scene.endpoint, rung: .version,
                    outcome: .broken(ProbeBreakage(reason: .crictlKilled, text: "SIGTERM")),
                    latency: .milliseconds(20))), EngineConfiguration().killedGrace
        ),
    ]

    @Test("the engine asks for a tick when the grace is over, of whatever length", arguments: hidden)
    func isDue(_ event: Observation.Event, _ grace: Duration) throws {
        var scene = try Scene()
        scene.starts()
        scene.feed(event)
        #expect(scene.openNames == [])
        let end = scene.now.monotonic + grace
        while let due = scene.engine.nextDeadline, due <= end { scene.wait(due - scene.now.monotonic) }
        #expect(scene.open.map(\.kind) == [.monitoringImpaired])
        #expect(scene.now.monotonic == end)
    }
}
