// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import Diagnosis

/// What an incident that comes again says is of this time.
@Suite struct ReopeningTests {
    private static let down =
        #"I1122 02:06:58.524726     218 kubelet.go:2137] "Skipping pod synchronization" err="container runtime is down""#

    /// containerd's CRI socket is up some hundred milliseconds after the unit, and the kubelet's word is older than both.
    @Test func theCauseStaysWhileTheRuntimeComesBack() throws {
        var scene = try Scene()
        scene.starts()
        scene.stops()
        scene.wait(.seconds(30))
        scene.fails(.socketMissing, at: .socket)
        scene.line(Self.down, unit: "kubelet.service")
        scene.manager(MessageID.unitStarting)
        scene.wait(.milliseconds(300))
        scene.manager(MessageID.unitStarted)
        scene.line(Self.down, unit: "kubelet.service")
        scene.wait(.milliseconds(400))
        #expect(scene.openNames == ["RuntimeDown/Stopped"])
        scene.answers()
        #expect(scene.openNames == [])
        #expect(scene.transitions.map(\.change) == [.opened, .resolved])
    }

    @Test func aRestartUnderTheKubeletsEyesIsNoSuspicion() throws {
        var scene = try Scene()
        scene.starts()
        scene.manager(MessageID.unitStopping)
        scene.fails(.socketMissing, at: .socket)
        scene.manager(MessageID.unitStopped, ["JOB_TYPE": "restart"])
        scene.line(Self.down, unit: "kubelet.service")
        scene.manager(MessageID.unitStarting)
        scene.wait(.milliseconds(300))
        scene.manager(MessageID.unitStarted)
        scene.wait(.milliseconds(500))
        scene.answers()
        #expect(scene.transitions.isEmpty)
    }

    @Test func aReopenedIncidentIsSinceThisTime() throws {
        var scene = try Scene()
        scene.starts()
        scene.killed()
        scene.line(Self.down, unit: "kubelet.service")
        let first = try #require(scene.open.first)
        #expect(!first.symptoms.isEmpty)
        scene.starts()
        scene.wait(.seconds(60))
        let again = scene.now.wall
        scene.killed()
        let second = try #require(scene.open.first)
        #expect(second.id == first.id && second.occurrences == 2)
        #expect(second.openedAt == again)
        #expect(second.symptoms.isEmpty)
        #expect(second.timeline.first == first.timeline.first)
    }

    /// What the kubelet said in the trouble before is not "also" of this one.
    @Test func complaintsOfAnEarlierTroubleDoNotFold() throws {
        var scene = try Scene()
        scene.starts()
        scene.line(
            #"time="2026-11-30T10:00:00Z" level=error msg="RunPodSandbox for &PodSandboxMetadata{Name:web,Uid:u,Namespace:default,Attempt:0,} failed, error" error="failed to create containerd task: boom""#
        )
        scene.wait(.seconds(30))
        scene.killed()
        #expect(scene.open.first?.symptoms == [])
        scene.line(Self.down, unit: "kubelet.service")
        #expect(scene.open.first?.symptoms.count == 1)
    }

    @Test func restartsOfAnEarlierFaultMakeNoLoop() throws {
        var scene = try Scene()
        scene.starts()
        scene.killed()
        for n in 1...4 { scene.failsToStart(n) }
        #expect(scene.openNames == ["RuntimeDown/CrashLooping"])
        scene.starts()
        scene.wait(.seconds(60))
        scene.killed()
        let next = try #require(scene.open.first)
        #expect(next.cause == "Killed")
        #expect(!next.explanation.contains("systemd has tried"))
    }

    /// `systemctl restart` with a configuration that is wrong by now.
    @Test func whoRestartsARuntimeThatRunsBeginsAnew() throws {
        var scene = try Scene()
        scene.starts()
        scene.killed()
        for n in 1...4 { scene.failsToStart(n) }
        scene.starts()
        scene.wait(.seconds(10))
        scene.stops("restart")
        scene.manager(MessageID.unitStarting)
        scene.manager(MessageID.processExit, ["EXIT_CODE": "exited", "EXIT_STATUS": "1"])
        #expect(scene.openNames == ["RuntimeDown/Exited"])
        #expect(scene.open.first?.explanation.contains("systemd has tried") == false)
    }

    /// A suspicion that comes to nothing leaves the history as it was.
    @Test func aResolvedIncidentStaysInTheHistory() throws {
        var scene = try Scene()
        scene.starts()
        scene.stops()
        scene.wait(.seconds(30))
        scene.manager(MessageID.unitStarting)
        scene.manager(MessageID.unitStarted)
        scene.answers()
        #expect(scene.resolvedNames == ["RuntimeDown/Stopped"])
        let before = scene.engine.snapshot(at: scene.now).resolved
        scene.stops()
        scene.wait(.milliseconds(300))
        #expect(scene.resolvedNames == ["RuntimeDown/Stopped"])
        scene.manager(MessageID.unitStarting)
        scene.manager(MessageID.unitStarted)
        scene.answers()
        #expect(scene.openNames == [])
        #expect(scene.engine.snapshot(at: scene.now).resolved == before)
    }

    /// The next start has no end yet: what the last one ended of stays said (seen on a booted node, where the drop-in that named
    /// the binary was gone by then).
    @Test func theNextStartTellsNothingNew() throws {
        var scene = try Scene()
        scene.starts()
        scene.stops("restart")
        scene.manager(MessageID.unitStarting)
        scene.manager(
            says: "containerd.service: Failed at step EXEC spawning /root/containerd: Exec format error")
        scene.exits(203, message: "containerd.service: Main process exited, code=exited, status=203/EXEC")
        #expect(scene.openNames == ["RuntimeDown/BinaryUnusable"])
        scene.wait(.seconds(5))
        scene.manager(MessageID.unitStarting)
        #expect(scene.openNames == ["RuntimeDown/BinaryUnusable"])
    }

    /// A command before it that may fail gets systemd's line at each start, too: that of the next start names nothing (seen on a
    /// booted node without modprobe, beside a binary of another architecture).
    @Test(arguments: [
        ("Failed at step EXEC spawning /root/containerd: Exec format error", "RuntimeDown/BinaryUnusable"),
        (
            "Failed to locate executable /root/containerd: No such file or directory",
            "RuntimeDown/BinaryMissing"
        ),
    ])
    func aCommandThatMayFailIsNotItsBinary(_ said: String, opens: String) throws {
        let harmless =
            "containerd.service: Failed at step EXEC spawning /sbin/modprobe: No such file or directory"
        var scene = try Scene()
        scene.starts()
        scene.stops("restart")
        scene.manager(MessageID.unitStarting)
        scene.manager(says: harmless)
        scene.manager(says: "containerd.service: \(said)")
        scene.exits(203, message: "containerd.service: Main process exited, code=exited, status=203/EXEC")
        scene.wait(.seconds(5))
        scene.manager(MessageID.unitStarting)
        scene.manager(says: harmless)
        #expect(scene.openNames == [opens])
        #expect(scene.open.first?.evidence.contains { $0.summary.contains("modprobe") } == false)
        #expect(scene.open.first?.nextSteps.contains { $0.command.contains("/root/containerd") } == true)
        // One that starts, and then fails of itself.
        scene.exits(1, message: "containerd.service: Main process exited, code=exited, status=1/FAILURE")
        #expect(scene.openNames == ["RuntimeDown/Exited"])
    }

    /// Time alone opens it: with the grace of the finding, not with another's.
    @Test func aFindingRipensAtItsOwnTime() throws {
        var scene = try Scene()
        scene.starts()
        scene.probe(.version, .broken(ProbeBreakage(reason: .crictlKilled, text: "killed")))
        let due = try #require(scene.engine.nextDeadline)
        #expect(due - scene.now.monotonic == scene.engine.configuration.killedGrace)
    }
}

extension Scene {
    /// One more attempt of Restart= that ends at once.
    mutating func failsToStart(_ n: Int) {
        wait(.seconds(5))
        manager(MessageID.restartScheduled, ["N_RESTARTS": "\(n)"])
        manager(MessageID.unitStopped, ["JOB_TYPE": "restart"])
        manager(MessageID.unitStarting)
        wait(.milliseconds(100))
        manager(MessageID.unitStarted)
        killed()
    }
}
