// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

/// Orders of events that once told a wrong story.
@Suite struct NearMissTests {
    @Test func entriesOfTheLastBootMoveNoClockAndNoUnit() throws {
        var scene = try Scene()
        scene.reboot()
        let old = Moment(wall: scene.now.wall, monotonic: MonotonicTime(microseconds: 2_592_000_000_000))
        for (id, unit) in [
            (MessageID.unitStopped, Scene.unit), (MessageID.shutdown, "systemd-logind.service"),
        ] {
            scene.feed(
                .journal(
                    JournalEntry(
                        cursor: "s=1;i=2;b=boot-1;m=3", at: old, source: .manager, unit: unit, messageID: id,
                        message: "", fields: ["JOB_TYPE": "stop"])))
        }
        scene.starts()
        #expect(scene.openNames == [])
        scene.killed()
        #expect(scene.openNames == ["RuntimeDown/Killed"])
    }

    @Test func aRestartThatIsCancelledInTheMiddleIsAStop() throws {
        var scene = try Scene()
        scene.starts()
        scene.stops("restart")
        scene.feed(.unit(UnitState(name: Scene.unit, activeState: "inactive", subState: "dead")))
        scene.wait(.seconds(4))
        #expect(scene.openNames == ["RuntimeDown/Stopped"])
    }

    @Test func aStopJobThatHangsIsSeen() throws {
        var scene = try Scene()
        scene.starts()
        scene.manager(MessageID.unitStopping)
        scene.fails(.socketMissing)
        scene.wait(.seconds(4))
        #expect(scene.openNames == ["RuntimeDown/Stopped"])
    }

    @Test func aFullBacklogIsAHangThoughVersionIsNeverAsked() throws {
        var scene = try Scene()
        scene.manager(MessageID.unitStarted)
        scene.wait(.seconds(10))
        for _ in 0..<3 {
            scene.fails(.timedOut, at: .connect)
            scene.wait(.seconds(1))
        }
        #expect(scene.openNames == ["RuntimeDown/Hung"])
    }

    @Test func oneSlowCallIsASuspicionOnly() throws {
        var scene = try Scene()
        scene.starts()
        scene.wait(.seconds(10))
        scene.fails(.timedOut)
        #expect(scene.open.map(\.status) == [.suspected])
        scene.wait(.seconds(1))
        scene.fails(.timedOut)
        #expect(scene.open.map(\.status) == [.confirmed])
    }

    @Test func aStatusThatTimedOutOnTheWayIntoAHangIsNotBlocked() throws {
        var scene = try Scene()
        scene.starts()
        scene.wait(.seconds(10))
        scene.fails(.timedOut, at: .status)
        scene.fails(.timedOut)
        scene.fails(.timedOut)
        #expect(scene.openNames == ["RuntimeDown/Hung"])
        scene.wait(.seconds(1))
        scene.answers()
        #expect(scene.openNames == [])
    }

    @Test func aRuntimeThatSaysItIsNotReadyIsBelieved() throws {
        var scene = try Scene()
        scene.starts()
        scene.probe(
            .status,
            .status(
                RuntimeStatus(conditions: [
                    .init(
                        type: "RuntimeReady", status: false, reason: "DockerDaemonNotReady",
                        message: "docker is down")
                ])))
        #expect(scene.openNames == ["RuntimeDown/RuntimeNotReady"])
        #expect(scene.condition(.runtimeReady)?.status == .false)
        scene.probe(
            .status,
            .status(
                RuntimeStatus(conditions: [.init(type: "RuntimeReady", status: true, reason: "", message: "")]
                )))
        #expect(scene.openNames == [])
    }

    @Test func garbageFromCrictlIsNoAnswer() throws {
        var scene = try Scene()
        scene.starts()
        scene.killed()
        scene.wait(.seconds(1))
        scene.fails(.unreadable)
        #expect(scene.openNames.contains("RuntimeDown/Killed"))
    }

    @Test func aMainProcessThatEndsWellWithoutBeingAskedHasExited() throws {
        var scene = try Scene()
        scene.starts()
        scene.manager(MessageID.unitSucceeded)
        scene.feed(.unit(UnitState(name: Scene.unit, activeState: "inactive", subState: "dead")))
        #expect(scene.openNames == ["RuntimeDown/Exited"])
    }

    private static let active = UnitState(name: Scene.unit, activeState: "active", subState: "running")

    @Test func aSocketThatGoesWithAPlannedStopIsNotMissing() throws {
        var scene = try Scene()
        scene.starts()
        scene.feed(.unit(Self.active))
        scene.wait(.seconds(10))
        scene.fails(.socketMissing, at: .socket)
        #expect(scene.openNames == [])
        #expect(scene.inquiries.contains(.unit(Scene.unit)))
        scene.wait(.milliseconds(5))
        scene.feed(.unit(UnitState(name: Scene.unit, activeState: "deactivating", subState: "stop-sigterm")))
        scene.manager(MessageID.unitStopped, ["JOB_TYPE": "stop"])
        scene.wait(.seconds(2))
        #expect(scene.openNames == ["RuntimeDown/Stopped"])
        #expect(scene.transitions.count == 1)
    }

    @Test func aSocketIsMissingWhenSystemdStillHoldsTheUnitForUp() throws {
        var scene = try Scene()
        scene.starts()
        scene.feed(.unit(Self.active))
        scene.wait(.seconds(10))
        scene.fails(.socketMissing, at: .socket)
        scene.wait(.milliseconds(5))
        scene.feed(.unit(Self.active))
        #expect(scene.openNames == ["RuntimeDown/SocketMissing"])
    }

    @Test func aBusThatDoesNotAnswerHidesNoMissingSocket() throws {
        var scene = try Scene()
        scene.starts()
        scene.feed(.unit(Self.active))
        scene.wait(.seconds(10))
        for _ in 0..<3 {
            #expect(scene.openNames == [])
            scene.wait(.seconds(1))
            scene.fails(.socketMissing, at: .socket)
        }
        #expect(scene.openNames == ["RuntimeDown/SocketMissing"])
    }

    @Test func aRestartIsNoExitWhenTheBusIsAheadOfTheJournal() throws {
        var scene = try Scene()
        scene.starts()
        let ended = scene.now
        scene.wait(.milliseconds(100))
        scene.feed(
            .unit(
                UnitState(
                    name: Scene.unit, activeState: "activating", subState: "start",
                    stateChangedAt: scene.now.monotonic)))
        scene.wait(.milliseconds(100))
        let late = [
            (MessageID.unitStopping, "stop"), (MessageID.unitSucceeded, ""),
            (MessageID.unitStopped, "restart"),
        ]
        for (index, record) in late.enumerated() {
            scene.feed(
                .journal(
                    JournalEntry(
                        cursor: "late\(index)", at: ended, source: .manager, unit: Scene.unit,
                        messageID: record.0,
                        message: "", fields: record.1.isEmpty ? [:] : ["JOB_TYPE": record.1])))
        }
        scene.wait(.seconds(1))
        #expect(scene.openNames == [])
        scene.answers()
        #expect(scene.transitions.isEmpty)
    }

    @Test func theBusTellsOfAFailedStopBeforeTheJournalDoes() throws {
        var scene = try Scene()
        scene.starts()
        scene.feed(.unit(UnitState(name: Scene.unit, activeState: "deactivating", subState: "stop-sigterm")))
        scene.wait(.milliseconds(200))
        scene.feed(
            .unit(UnitState(name: Scene.unit, activeState: "failed", subState: "failed", result: "timeout")))
        scene.manager(MessageID.processExit, ["EXIT_CODE": "killed", "EXIT_STATUS": "9"])
        scene.manager(MessageID.unitFailed, ["UNIT_RESULT": "timeout"])
        scene.wait(.seconds(2))
        #expect(scene.openNames == ["RuntimeDown/Stopped"])
    }

    @Test func whoIsKilledDoesNotDieOfWhatItLogged() throws {
        var scene = try Scene()
        scene.starts()
        scene.line(
            #"time="2026-11-22T01:50:10Z" level=error msg="failed to handle event" error="write /var/lib/containerd/x: no space left on device""#
        )
        scene.wait(.seconds(2))
        scene.killed()
        #expect(scene.openNames.contains("RuntimeDown/Killed"))
    }

    @Test func aLaterOutageDoesNotEraseTheEarlierOne() throws {
        var scene = try Scene()
        scene.starts()
        scene.killed()
        scene.starts()
        scene.wait(.seconds(1500))
        scene.stops()
        scene.wait(.seconds(2))
        scene.starts()
        #expect(scene.resolvedNames == ["RuntimeDown/Stopped", "RuntimeDown/Killed"])
    }

    @Test func whatComesAndGoesMustHoldBeforeItCountsAsWell() throws {
        var scene = try Scene()
        scene.starts()
        for _ in 0..<3 {
            scene.killed()
            scene.wait(.seconds(2))
            scene.starts()
        }
        #expect(scene.openNames.count == 1)
        scene.wait(.seconds(31))
        scene.answers()
        #expect(scene.openNames == [])
    }

    @Test func anEndpointThatIsGoneTakesItsIncidentsAlong() throws {
        var scene = try Scene()
        scene.starts()
        scene.killed()
        scene.feed(
            .started(
                DaemonStart(
                    bootID: "boot-1", version: "test", hostname: "node1", endpoints: [Endpoint.wellKnown[1]]))
        )
        scene.wait(.seconds(61))
        #expect(scene.openNames == [])
    }

    @Test func createFailingIsClearedByASuccessAfterAReboot() throws {
        var scene = try Scene()
        scene.starts()
        scene.line(
            #"time="2026-11-22T01:49:19Z" level=error msg="RunPodSandbox for &PodSandboxMetadata{Name:web2,Uid:4,Namespace:default,Attempt:0,} failed, error" error="failed to create containerd container: write /var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db: no space left on device""#
        )
        #expect(scene.openNames == ["CreateFailing/DiskFull"])
        scene.reboot()
        scene.starts()
        scene.line(
            #"time="2026-11-22T01:59:19Z" level=info msg="StartContainer for \"1e46e32d43a47c5a6f90848cae256ad5c244e29f258850747f4b1c5536f903f9\" returns successfully""#
        )
        #expect(scene.openNames == [])
    }

    @Test func twoRuntimesOfOneUnitNameAreTwoSubjects() throws {
        let other = Endpoint(
            socketPath: "/run/k0s/containerd.sock", runtime: .containerd, unit: "containerd.service")
        var scene = try Scene(endpoints: [Scene.endpoint, other])
        scene.starts()
        for _ in 0..<4 {
            scene.feed(
                .probe(
                    ProbeReport(
                        endpoint: other, rung: .version,
                        outcome: .failed(ProbeFailure(reason: .refused, errno: 111, text: "refused")),
                        latency: .zero)))
            scene.answers()
            scene.wait(.seconds(3))
        }
        #expect(scene.transitions.count <= 1)
    }

    @Test("a crictl that was killed once, as at the daemon's own stop, is no news; one that always is is")
    func killedCrictl() throws {
        var scene = try Scene()
        scene.starts()
        scene.probe(.pods, .broken(ProbeBreakage(reason: .crictlKilled, text: "signal 15")))
        scene.wait(.seconds(2))
        scene.answers()
        #expect(scene.transitions.isEmpty)
        for _ in 0..<5 {
            scene.probe(.version, .broken(ProbeBreakage(reason: .crictlKilled, text: "signal 9")))
            scene.wait(.seconds(2))
        }
        #expect(scene.openNames == ["MonitoringImpaired/CrictlUnusable"])
    }
}
