// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

extension CauseScene {
    private static let port = "0.0.0.0:7443"
    private static let denied = "listen tcp 0.0.0.0:7443: bind: address already in use"

    /// A container that ended for the second time, what its log says, and who listens on the port that it names.
    private static func ended(saying line: String, _ holder: ProcessIdentity?, beside other: Int? = nil)
        throws
        -> Scene
    {
        var node = try AddressInUseTests.node(line)
        if let other {
            node.run(other, pod: "other")
            node.list()
            node.scan()
        }
        if let holder { node.scene.feed(.node(.tcpListener(address: port, holders: [holder]))) }
        return node.scene
    }

    /// `holder`: who holds the port; where the log speaks of something else, that is nobody's fault.
    private static func held(_ cause: Cause, by holder: ProcessIdentity, beside other: Int? = nil)
        -> CauseScene
    {
        CauseScene(
            .addressInUse, cause, play: { $0 = try ended(saying: denied, holder, beside: other) },
            nearMiss: {
                $0 = try ended(saying: "listening on \(port)", holder, beside: other)
                $0.wait(.seconds(60))
            },
            end: {
                $0.wait(.seconds(20))
                $0.feed(.node(.tcpListener(address: port, holders: [])))
            })
    }

    static let addressInUse: [CauseScene] = [
        held(.heldByContainer, by: AddressInUseTests.holder(2003, unit: nil), beside: 3),
        held(.heldByRuntime, by: AddressInUseTests.holder(5, unit: ContainerScene.unit)),
        held(.heldByUnit, by: AddressInUseTests.holder(88, unit: "nginx.service")),
        held(.heldByProcess, by: AddressInUseTests.holder(88, unit: nil)),
        CauseScene(
            .addressInUse, .holderUnknown,
            play: {
                $0 = try ended(saying: "httpd: bind: Address already in use", nil)
                $0.wait(.seconds(12))
            },
            nearMiss: {
                $0 = try ended(saying: "httpd: bind: Permission denied", nil)
                $0.wait(.seconds(12))
            },
            end: {
                $0.wait(.seconds(20))
                $0.lists([], of: ContainerScene.endpoint)
            }),
    ]
}

extension Scene {
    /// Both lists of a runtime, without a pod.
    mutating func lists(_ containers: [Container], of endpoint: Endpoint) {
        for (rung, outcome) in [
            (ProbeReport.Rung.pods, ProbeReport.Outcome.pods([])), (.containers, .containers(containers)),
        ] {
            feed(
                .probe(
                    ProbeReport(
                        endpoint: endpoint, rung: rung, outcome: outcome, latency: .milliseconds(20))))
        }
    }
}

@Suite("Who holds an address") struct AddressHolderTests {
    /// Beside CRI-O, a runtime that nobody watches: a bare id in a pod's cgroup may be one of its containers.
    @Test("what may be a container of another runtime is not called lost, and the conflict is told")
    func strangers() throws {
        var node = try AddressInUseTests.node("listen tcp 0.0.0.0:7443: bind: address already in use")
        let born = node.scene.now.wall + .seconds(-60)
        func alive(_ number: Int, _ manager: ContainerProcesses.Manager) -> ContainerProcesses {
            ContainerProcesses(
                id: ContainerScene.id(number), manager: manager, pids: [Int32(2000 + number)],
                command: "nginx", startedAt: born)
        }
        node.alive = [alive(7, .kubepods), alive(8, .containerd)]
        node.list()
        node.scan()
        node.scene.wait(.seconds(5))
        node.scan()
        node.scene.feed(
            .node(
                .tcpListener(
                    address: "0.0.0.0:7443", holders: [AddressInUseTests.holder(2007, unit: nil)])))
        #expect(node.openNames == ["AddressInUse/HeldByContainer"])
        #expect(node.scene.open[0].nextSteps.allSatisfy { !"\($0)".contains("crictl stop") })
    }
}
