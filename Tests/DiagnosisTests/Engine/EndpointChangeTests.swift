// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import Diagnosis

/// Sockets come and go from the configuration: what nobody uses any more leaves nothing behind.
@Suite struct EndpointChangeTests {
    private static let wrong = Endpoint(
        socketPath: "/run/containerd/wrong.sock", runtime: .containerd, unit: Scene.unit)

    private static func missing(_ endpoint: Endpoint) -> Observation.Event {
        .probe(
            ProbeReport(
                endpoint: endpoint, rung: .socket,
                outcome: .failed(ProbeFailure(reason: .socketMissing, text: "")), latency: .zero))
    }

    /// The kubelet's file names a socket that nobody serves: containerd is well, and its socket was not removed.
    @Test func aSocketThatNobodyEverServedIsNotARemovedOne() throws {
        var scene = try Scene()
        scene.starts()
        scene.feed(.daemon(.endpoints([Scene.endpoint, Self.wrong])))
        for _ in 0..<30 {
            scene.wait(.seconds(1))
            scene.feed(Self.missing(Self.wrong))
            scene.answers()
        }
        #expect(scene.openNames == [])
        #expect(scene.transitions.isEmpty)
    }

    /// Alone, it is told as what is known: nobody serves it.
    @Test func aSocketThatWasNeverThereIsToldAsSuch() throws {
        var scene = try Scene(endpoints: [Self.wrong])
        scene.manager(MessageID.unitStarting)
        scene.manager(MessageID.unitStarted)
        for _ in 0..<20 {
            scene.wait(.seconds(1))
            scene.feed(Self.missing(Self.wrong))
        }
        let incident = try #require(scene.open.first)
        #expect(incident.cause == "SocketMissing")
        #expect(!incident.explanation.contains("was removed"))
        #expect(!incident.sentence.contains("is gone"))
        #expect(incident.nextSteps.allSatisfy { !$0.command.contains("restart") })
    }

    @Test func anEndpointThatNobodyNamesIsForgottenWithItsIncidents() throws {
        var scene = try Scene(endpoints: [Self.wrong])
        scene.manager(MessageID.unitStarted)
        for _ in 0..<10 {
            scene.wait(.seconds(1))
            scene.feed(Self.missing(Self.wrong))
        }
        #expect(scene.openNames == ["RuntimeDown/SocketMissing"])
        scene.feed(.daemon(.endpoints([Scene.endpoint])))
        #expect(scene.openNames == [])
        let last = try #require(scene.engine.snapshot(at: scene.now).resolved.first?.timeline.last?.text)
        #expect(last.hasPrefix("Expired: ") && last.contains("watched no more"))
        // An answer that was under way brings it back no more.
        scene.feed(Self.missing(Self.wrong))
        scene.wait(.seconds(60))
        scene.feed(Self.missing(Self.wrong))
        scene.answers()
        #expect(scene.openNames == [])
        #expect(scene.engine.snapshot(at: scene.now).runtimes.map(\.endpoint) == [Scene.endpoint])
    }

    /// An incident's subject is stable while its runtime is watched, whoever else appears and goes.
    @Test func anotherEndpointRenamesNobody() throws {
        var scene = try Scene()
        scene.starts()
        scene.killed()
        let id = try #require(scene.open.first?.id)
        scene.feed(.daemon(.endpoints([Scene.endpoint, Self.wrong])))
        scene.wait(.seconds(90))
        #expect(scene.open.map(\.id) == [id])
        scene.feed(.daemon(.endpoints([Scene.endpoint])))
        scene.wait(.seconds(1))
        #expect(scene.open.map(\.id) == [id])
    }

    /// A kind whose subjects are runtimes, or rest on what one told.
    @Test(
        "what nobody can speak of any more ends: its endpoint left the configuration, or the node booted",
        arguments: CauseScene.all.filter {
            [
                .statusBlocked, .criVersionUnsupported, .upgradeIncomplete, .addressInUse, .runtimeSwitched,
                .orphanedContainers,
            ].contains($0.kind)
        })
    func whatIsOpenEndsWithItsSubject(_ one: CauseScene) throws {
        let other = Endpoint(socketPath: "/run/cri-dockerd.sock", runtime: .criDockerd, unit: nil)
        var moved = try Scene()
        try one.play(&moved)
        moved.feed(
            .started(
                DaemonStart(bootID: "boot-1", version: "test", hostname: "node1", endpoints: [other])))
        moved.feed(.daemon(.journal(.following)))
        moved.wait(.seconds(61))
        if one.kind != .addressInUse { #expect(moved.openNames == []) }
        var booted = try Scene()
        try one.play(&booted)
        booted.reboot(other)
        booted.feed(.daemon(.journal(.following)))
        booted.wait(.seconds(61))
        #expect(booted.openNames == [])
    }

    /// Every kind that speaks of runtimes lets go of one that is no longer there at the next start.
    @Test func whatIsOpenOnAnEndpointOfAnEarlierRunEnds() throws {
        var scene = try Scene()
        scene.starts()
        scene.probe(.status, .failed(ProbeFailure(reason: .timedOut, text: "")))
        scene.wait(.seconds(10))
        scene.answers()
        scene.probe(.status, .failed(ProbeFailure(reason: .timedOut, text: "")))
        scene.wait(.seconds(1))
        #expect(scene.openNames == ["StatusBlocked/StatusHangs"])
        scene.feed(
            .started(
                DaemonStart(
                    bootID: "boot-1", version: "test", hostname: "node1", endpoints: [Endpoint.wellKnown[1]])
            ))
        scene.wait(.seconds(61))
        #expect(scene.openNames == [])
    }
}
