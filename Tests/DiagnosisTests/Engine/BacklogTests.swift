// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import Diagnosis

/// A daemon that starts reads what the journal has of this boot, while the node answers already.
@Suite struct BacklogTests {
    /// An engine that begins `uptime` after the boot, with a journal that it has not read.
    private struct Start {
        var engine: Engine
        var transitions: [Transition] = []
        let boot = WallTime(microseconds: 1_795_305_600_000_000)
        private var sequence = 0

        init(_ engine: Engine = Engine(rules: Scene.shipped), at uptime: Duration) {
            self.engine = engine
            let start = DaemonStart(
                bootID: "boot-1", version: "test", hostname: "node1", endpoints: [Scene.endpoint])
            feed(.started(start), at: uptime)
            feed(.daemon(.journal(.catchingUp)), at: uptime)
        }

        mutating func feed(_ event: Observation.Event, at uptime: Duration) {
            let at = Moment(wall: boot + uptime, monotonic: MonotonicTime(microseconds: 0) + uptime)
            for effect in engine.receive(Observation(at: at, event: event)) {
                if case .transition(let transition) = effect { transitions.append(transition) }
            }
        }

        mutating func record(_ id: String, at uptime: Duration, _ fields: [String: String] = [:]) {
            sequence += 1
            let at = Moment(wall: boot + uptime, monotonic: MonotonicTime(microseconds: 0) + uptime)
            feed(
                .journal(
                    JournalEntry(
                        cursor: "c\(sequence)", at: at, source: .manager, unit: Scene.unit,
                        identifier: "systemd", pid: 1, priority: 6, messageID: id, message: "",
                        fields: fields)), at: uptime)
        }

        mutating func answers(at uptime: Duration) {
            let version = RuntimeVersion(name: "containerd", version: "2.3.4", apiVersion: "v1")
            probe(.version, .version(version), at: uptime)
            let conditions = ["RuntimeReady", "NetworkReady"].map {
                RuntimeStatus.Condition(type: $0, status: true, reason: "", message: "")
            }
            probe(.status, .status(RuntimeStatus(conditions: conditions)), at: uptime)
            probe(.pods, .pods([]), at: uptime)
            probe(.containers, .containers([]), at: uptime)
        }

        mutating func probe(_ rung: ProbeReport.Rung, _ outcome: ProbeReport.Outcome, at uptime: Duration) {
            feed(
                .probe(
                    ProbeReport(
                        endpoint: Scene.endpoint, rung: rung, outcome: outcome, latency: .milliseconds(20))),
                at: uptime)
        }

        func open(at uptime: Duration) -> [String] {
            engine.snapshot(
                at: Moment(wall: boot + uptime, monotonic: MonotonicTime(microseconds: 0) + uptime)
            )
            .open.map { "\($0.kind.rawValue)/\($0.cause)" }
        }
    }

    private static let active = UnitState(name: Scene.unit, activeState: "active", subState: "running")

    /// The bus tells of today while the journal tells of the runtime's start 34 to 100 s ago.
    @Test(arguments: [34, 60, 100, 600])
    func aStartThatWasOverLongAgoIsNotJudgedByTodaysClock(_ age: Int) {
        let now = Duration.seconds(20 + age)
        var start = Start(at: now)
        start.record(MessageID.unitStarting, at: .seconds(20))
        start.feed(.tick, at: now + .milliseconds(20))
        start.record(MessageID.unitStarted, at: .seconds(21))
        start.feed(.unit(Self.active), at: now + .milliseconds(30))
        start.feed(.daemon(.journal(.following)), at: now + .milliseconds(40))
        start.feed(.tick, at: now + .milliseconds(900))
        start.answers(at: now + .seconds(1))
        start.feed(.tick, at: now + .seconds(30))
        #expect(start.transitions.isEmpty)
        #expect(start.open(at: now + .seconds(30)) == [])
    }

    /// A restart before the daemon came is no news, nor is how long ago the first start was.
    @Test func whatWasOverBeforeAFirstStartIsNoNews() {
        var start = Start(at: .seconds(300))
        start.record(MessageID.unitStarting, at: .seconds(20))
        start.record(MessageID.unitStarted, at: .seconds(21))
        start.record(MessageID.unitStopping, at: .seconds(100))
        start.record(MessageID.unitStopped, at: .seconds(101), ["JOB_TYPE": "stop"])
        start.record(MessageID.unitStarting, at: .seconds(182))
        start.record(MessageID.unitStarted, at: .seconds(183))
        start.answers(at: .seconds(300) + .milliseconds(300))
        start.feed(.daemon(.journal(.following)), at: .seconds(301))
        #expect(start.transitions.isEmpty)
    }

    @Test func whatIsWrongAtAFirstStartIsToldAtOnce() {
        var start = Start(at: .seconds(300))
        start.record(MessageID.unitStarting, at: .seconds(20))
        start.record(MessageID.unitStarted, at: .seconds(21))
        start.record(MessageID.processExit, at: .seconds(200), ["EXIT_CODE": "killed", "EXIT_STATUS": "9"])
        start.record(MessageID.unitFailed, at: .seconds(200), ["UNIT_RESULT": "signal"])
        start.probe(
            .socket, .failed(ProbeFailure(reason: .socketMissing, text: "")), at: .milliseconds(300_100))
        start.feed(.daemon(.journal(.following)), at: .milliseconds(300_200))
        #expect(start.open(at: .seconds(301)) == ["RuntimeDown/Killed"])
        #expect(start.transitions.first?.incident.openedAt == start.boot + .seconds(200))
    }

    @Test func aStartThatHangsIsToldOfAFirstStartToo() {
        var start = Start(at: .seconds(300))
        start.record(MessageID.unitStarting, at: .seconds(200))
        start.feed(.daemon(.journal(.following)), at: .milliseconds(300_100))
        start.feed(.tick, at: .seconds(307))
        #expect(start.open(at: .seconds(307)) == ["RuntimeDown/StuckActivating"])
    }

    /// A daemon that was away goes on where it was, by the time of the entries.
    @Test func whatHappenedMeanwhileHasItsOwnTime() {
        var start = Start(at: .seconds(300))
        start.record(MessageID.unitStarting, at: .seconds(20))
        start.record(MessageID.unitStarted, at: .seconds(21))
        start.answers(at: .seconds(300))
        start.feed(.daemon(.journal(.following)), at: .seconds(301))
        var again = Start(
            Engine(rules: Scene.shipped, restoring: start.engine.state), at: .seconds(500))
        again.record(MessageID.processExit, at: .seconds(400), ["EXIT_CODE": "killed", "EXIT_STATUS": "9"])
        again.record(MessageID.unitFailed, at: .seconds(400), ["UNIT_RESULT": "signal"])
        again.record(MessageID.restartScheduled, at: .seconds(405))
        again.record(MessageID.unitStarting, at: .seconds(405))
        again.record(MessageID.unitStarted, at: .seconds(406))
        again.answers(at: .milliseconds(500_300))
        again.feed(.daemon(.journal(.following)), at: .seconds(501))
        #expect(again.transitions.map(\.change) == [.opened, .resolved])
        #expect(again.transitions.first?.at.wall == again.boot + .seconds(400))
    }

    /// The present does not wait for ever.
    @Test func aBacklogWithoutAnEndIsNotWaitedFor() {
        var start = Start(at: .seconds(300))
        start.record(MessageID.unitStarting, at: .seconds(20))
        start.record(MessageID.unitStarted, at: .seconds(21))
        for second in 0...61 {
            start.probe(
                .socket, .failed(ProbeFailure(reason: .socketMissing, text: "")),
                at: .seconds(300 + second))
        }
        #expect(start.open(at: .seconds(362)) == ["RuntimeDown/SocketMissing"])
    }

    /// A recording may say anything of its clock.
    @Test(arguments: [Int64.min, -1, 0, .max]) func aStartAtAnyTimeIsTaken(_ microseconds: Int64) {
        var engine = Engine(rules: Scene.shipped)
        let at = Moment(
            wall: WallTime(microseconds: microseconds), monotonic: MonotonicTime(microseconds: microseconds))
        _ = engine.receive(
            Observation(
                at: at,
                event: .started(
                    DaemonStart(bootID: "boot-1", version: "test", hostname: "node1", endpoints: []))))
        #expect(engine.snapshot(at: at).open.isEmpty)
    }
}
