// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

@Suite struct RuntimeDownTests {
    @Test func aRestartThatWorksIsNoIncident() throws {
        var scene = try Scene()
        scene.starts()
        scene.manager(MessageID.unitStopping)
        scene.wait(.milliseconds(300))
        scene.manager(MessageID.unitStopped, ["JOB_TYPE": "restart"])
        scene.fails(.socketMissing)
        scene.starts()
        #expect(scene.transitions.isEmpty)
    }

    @Test func aStopIsShownAfterItsGraceAndClearedByAnAnswerOnly() throws {
        var scene = try Scene()
        scene.starts()
        scene.stops()
        scene.wait(.milliseconds(600))
        #expect(scene.openNames == [])
        scene.wait(.milliseconds(200))
        #expect(scene.openNames == ["RuntimeDown/Stopped"])
        scene.manager(MessageID.unitStarting)
        scene.manager(MessageID.unitStarted)
        scene.wait(.seconds(1))
        #expect(scene.openNames == ["RuntimeDown/Stopped"])
        scene.answers()
        #expect(scene.openNames == [])
        #expect(scene.resolvedNames == ["RuntimeDown/Stopped"])
    }

    /// Four calls within 200 ms, a moment after the start: its own word that it served the socket is enough.
    @Test(arguments: [true, false])
    func aSocketThatIsRemovedSoonAfterTheStartIsMissed(_ hasSaid: Bool) throws {
        var scene = try Scene()
        scene.manager(MessageID.unitStarting)
        if hasSaid {
            scene.line(
                #"time="2026-11-22T01:43:43.140082048Z" level=info msg=serving... address=/run/containerd/containerd.sock"#
            )
        }
        scene.manager(MessageID.unitStarted)
        scene.feed(.unit(UnitState(name: Scene.unit, activeState: "active", subState: "running")))
        scene.wait(.milliseconds(500))
        for rung in [ProbeReport.Rung.version, .status, .pods, .containers] {
            scene.fails(.socketMissing, at: rung)
            scene.wait(.milliseconds(50))
        }
        #expect(scene.openNames == (hasSaid ? ["RuntimeDown/SocketMissing"] : []))
        #expect(scene.open.allSatisfy { $0.sentence.contains("is gone") })
    }

    @Test func stopAndStartInOneBreathIsNoIncident() throws {
        var scene = try Scene()
        scene.starts()
        scene.stops()
        scene.wait(.milliseconds(300))
        scene.manager(MessageID.unitStarting)
        scene.manager(MessageID.unitStarted)
        scene.answers()
        scene.wait(.seconds(5))
        #expect(scene.transitions.isEmpty)
    }

    @Test func aStopThatEndsInAPanicIsStillAStop() throws {
        var scene = try Scene()
        scene.starts()
        scene.manager(MessageID.unitStopping)
        scene.manager(MessageID.processExit, ["EXIT_CODE": "exited", "EXIT_STATUS": "2"])
        scene.manager(MessageID.unitFailed, ["UNIT_RESULT": "exit-code"])
        scene.manager(MessageID.unitStopped, ["JOB_TYPE": "stop"])
        scene.feed(
            .unit(UnitState(name: Scene.unit, activeState: "failed", subState: "failed", result: "exit-code"))
        )
        scene.wait(.seconds(1))
        #expect(scene.openNames == ["RuntimeDown/Stopped"])
    }

    @Test func aKillIsShownAtOnceAndTheCounterMakesItALoop() throws {
        var scene = try Scene()
        scene.starts()
        scene.killed()
        #expect(scene.openNames == ["RuntimeDown/Killed"])
        let id = try #require(scene.open.first?.id)
        for n in 1...3 {
            scene.wait(.seconds(5))
            scene.manager(MessageID.restartScheduled, ["N_RESTARTS": "\(n)"])
            scene.manager(MessageID.unitStopped, ["JOB_TYPE": "restart"])
            scene.manager(MessageID.unitStarting)
            scene.wait(.milliseconds(100))
            scene.manager(MessageID.unitStarted)
            scene.killed()
        }
        #expect(scene.openNames == ["RuntimeDown/CrashLooping"])
        #expect(scene.open.first?.id == id)
        #expect(scene.transitions.map(\.change) == [.opened, .changed])
    }

    @Test(
        "what the lines before the exit say is the cause",
        arguments: [
            (
                "containerd: failed to load TOML: /etc/containerd/config.toml: (11, 2): unexpected token",
                "ConfigInvalid"
            ),
            (
                "containerd: failed to get listener for metrics endpoint: listen tcp 127.0.0.1:1338: bind: address already in use",
                "AddressInUse"
            ),
        ])
    func causeOfAnExit(_ line: String, _ cause: String) throws {
        var scene = try Scene()
        scene.starts()
        scene.manager(MessageID.unitStopped, ["JOB_TYPE": "restart"])
        scene.manager(MessageID.unitStarting)
        scene.wait(.milliseconds(50))
        scene.line(line)
        scene.manager(MessageID.processExit, ["EXIT_CODE": "exited", "EXIT_STATUS": "1"])
        scene.manager(MessageID.unitFailed, ["UNIT_RESULT": "exit-code"])
        #expect(scene.openNames == ["RuntimeDown/\(cause)"])
        #expect(scene.open.first?.evidence.first?.summary.contains(line.prefix(40)) == true)
    }

    @Test func whoHoldsTheAddressIsAskedAndNamed() throws {
        var scene = try Scene()
        scene.starts()
        scene.manager(MessageID.unitStarting)
        scene.line(
            "containerd: failed to get listener for metrics endpoint: listen tcp 127.0.0.1:1338: bind: address already in use"
        )
        scene.manager(MessageID.processExit, ["EXIT_CODE": "exited", "EXIT_STATUS": "1"])
        #expect(scene.inquiries.contains(.tcpListener(address: "127.0.0.1:1338")))
        scene.feed(
            .node(
                .tcpListener(
                    address: "127.0.0.1:1338",
                    holders: [ProcessIdentity(pid: 216, name: "socat", unit: "porthog.service")])))
        #expect(scene.open.first?.explanation.contains("socat (pid 216, porthog.service)") == true)
    }

    @Test func aTimeoutWhileSystemdSaysRunningIsAHang() throws {
        var scene = try Scene()
        scene.starts()
        scene.wait(.seconds(10))
        scene.fails(.timedOut, at: .connect)
        #expect(scene.openNames == [])
        #expect(scene.inquiries.last == .probe(Scene.endpoint, from: .version))
        scene.fails(.timedOut)
        #expect(scene.openNames == ["RuntimeDown/Hung"])
        scene.answers()
        #expect(scene.openNames == [])
    }

    @Test func aSocketWithoutAUnitNamesNoneInACommand() throws {
        let bare = Endpoint(socketPath: "/srv/cri.sock", runtime: .other, unit: nil)
        for reason in [ProbeFailure.Reason.timedOut, .socketMissing, .notGRPC] {
            var scene = try Scene(endpoints: [bare])
            let version = RuntimeVersion(name: "other", version: "1.0.0", apiVersion: "v1")
            scene.feed(
                .probe(
                    ProbeReport(
                        endpoint: bare, rung: .version, outcome: .version(version), latency: .milliseconds(20)
                    )))
            scene.wait(.seconds(10))
            for _ in 0..<4 {
                scene.feed(
                    .probe(
                        ProbeReport(
                            endpoint: bare, rung: .version,
                            outcome: .failed(ProbeFailure(reason: reason, text: "recorded")),
                            latency: .milliseconds(20))))
                scene.wait(.seconds(10))
            }
            let incident = try #require(scene.open.first, "\(reason)")
            #expect(!incident.nextSteps.isEmpty)
            #expect(incident.nextSteps.allSatisfy { !"\($0)".contains("systemctl") }, "\(incident.nextSteps)")
        }
    }

    @Test func statusThatTimesOutWhileVersionAnswersIsNotTheRuntimeAsAWhole() throws {
        var scene = try Scene()
        scene.starts()
        for _ in 0..<5 {
            scene.wait(.seconds(10))
            scene.answers()
            scene.fails(.timedOut, at: .status)
        }
        #expect(scene.openNames == ["StatusBlocked/StatusHangs"])
    }

    @Test func anIdleRuntimeThatNeverRanIsNoOutage() throws {
        var scene = try Scene(endpoints: [Scene.endpoint, Endpoint.wellKnown[1]])
        scene.starts()
        scene.feed(.unit(UnitState(name: "crio.service", activeState: "inactive", subState: "dead")))
        scene.feed(
            .probe(
                ProbeReport(
                    endpoint: Endpoint.wellKnown[1], rung: .socket,
                    outcome: .failed(ProbeFailure(reason: .socketMissing, errno: 2, text: "no such file")),
                    latency: .zero)))
        scene.wait(.seconds(60))
        #expect(scene.openNames == [])
    }

    @Test func shutdownIsNoOutage() throws {
        var scene = try Scene()
        scene.starts()
        scene.goesDown()
        scene.stops()
        scene.fails(.socketMissing)
        scene.wait(.seconds(30))
        #expect(scene.transitions.isEmpty)
    }

    @Test func startingForLongerThanTheGraceIsSuspectThenConfirmed() throws {
        var scene = try Scene()
        scene.manager(MessageID.unitStarting)
        scene.fails(.timedOut)
        scene.wait(.seconds(29))
        #expect(scene.openNames == [])
        scene.wait(.seconds(2))
        #expect(scene.open.map(\.status) == [.suspected])
        scene.wait(.seconds(40))
        #expect(scene.open.map(\.status) == [.confirmed])
        #expect(scene.openNames == ["RuntimeDown/StuckActivating"])
    }

    /// `ExecStartPre=-/sbin/modprobe overlay` of containerd's unit, on a node without modprobe.
    @Test func whatMayFailBeforeTheStartIsNotItsCause() throws {
        var scene = try Scene()
        scene.starts()
        scene.manager(MessageID.unitStarting)
        scene.manager(
            says:
                "containerd.service: Failed at step EXEC spawning /sbin/modprobe: No such file or directory")
        scene.exits(1)
        scene.wait(.seconds(5))
        #expect(scene.openNames == ["RuntimeDown/Exited"])
    }

    private static let noModprobe =
        "containerd.service: Unable to locate executable '/sbin/modprobe': No such file or directory"

    /// The same, with a program that cannot run: the next start says again that there is no modprobe.
    @Test func theNextStartDoesNotChangeWhatCannotBeExecuted() throws {
        var scene = try Scene()
        scene.starts()
        scene.manager(MessageID.unitStarting)
        scene.manager(says: Self.noModprobe)
        scene.manager(
            says: "containerd.service: Failed at step EXEC spawning /root/containerd: Exec format error")
        scene.exits(203)
        scene.wait(.seconds(1))
        #expect(scene.openNames == ["RuntimeDown/BinaryUnusable"])
        scene.manager(MessageID.restartScheduled)
        scene.manager(MessageID.unitStarting)
        scene.manager(says: Self.noModprobe)
        #expect(scene.openNames == ["RuntimeDown/BinaryUnusable"])
        #expect(!scene.open.contains { $0.explanation.contains("modprobe") })
    }

    /// The bus tells of the end before the journal has told what could not be executed.
    @Test func theBusNamesTheProgramOfTheMainProcess() throws {
        var scene = try Scene()
        scene.starts()
        scene.manager(MessageID.unitStarting)
        scene.manager(says: Self.noModprobe)
        scene.feed(
            .unit(
                UnitState(
                    name: Scene.unit, activeState: "activating", subState: "auto-restart",
                    result: "exit-code",
                    execMainCode: 1, execMainStatus: 203, execStart: "/root/containerd")))
        #expect(
            scene.open.map(\.sentence) == ["containerd does not start: /root/containerd cannot be executed"])
    }

    /// A directory of its state whose checksum is wrong (ext4, EBADMSG): neither the configuration, nor an end by itself.
    @Test func aDamagedFileSystemIsNoConfiguration() throws {
        var scene = try Scene()
        scene.manager(MessageID.unitStarting)
        scene.line(
            #"time="2026-12-01T03:28:15.127000133Z" level=fatal msg="Failed to run CRI service" error="failed to recover state: failed to cleanup orphaned sandbox directories: failed to read base directory: readdirent /srv/containerd/io.containerd.grpc.v1.cri/sandboxes: bad message""#
        )
        scene.exits(1)
        scene.wait(.seconds(1))
        #expect(scene.openNames == ["RuntimeDown/PathUnusable"])
        #expect(scene.open.first?.explanation.hasSuffix("or of the disk below it.") == true)
    }

    /// It did not start, was repaired, and is killed a few seconds later: that is not for what it said the first time.
    @Test func anEarlierTroubleIsNotTheCauseOfTheNext() throws {
        var scene = try Scene()
        scene.manager(MessageID.unitStarting)
        scene.line("containerd: failed to load TOML: /etc/containerd/config.toml: (12, 2): unexpected token")
        scene.exits(1)
        scene.wait(.seconds(1))
        #expect(scene.openNames == ["RuntimeDown/ConfigInvalid"])
        scene.starts()
        scene.answers()
        #expect(scene.openNames == [])
        scene.wait(.seconds(4))
        scene.exits(9, code: "killed", result: "signal")
        scene.wait(.seconds(1))
        #expect(scene.openNames == ["RuntimeDown/Killed"])
    }
}
