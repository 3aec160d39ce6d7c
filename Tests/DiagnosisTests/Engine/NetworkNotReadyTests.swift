// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

/// CRI-O calls its network ready when its last configuration is gone; the log and the kubelet tell.
@Suite struct NetworkNotReadyTests {
    private static func crio(_ ready: Bool = true) throws -> ContainerScene {
        var node = try ContainerScene()
        status(&node, ready)
        node.scene.wait(.seconds(30))
        return node
    }

    private static func status(_ node: inout ContainerScene, _ ready: Bool = true) {
        node.probe(
            .status,
            .status(
                RuntimeStatus(conditions: [
                    .init(type: "RuntimeReady", status: true, reason: "", message: ""),
                    .init(
                        type: "NetworkReady", status: ready, reason: ready ? "" : "NetworkPluginNotReady",
                        message: ready
                            ? ""
                            : "Network plugin returns error: No CNI configuration file in /etc/cni/net.d/."),
                ])))
    }

    private static func crioSays(_ node: inout ContainerScene, _ message: String, level: String = "info") {
        node.line(#"time="2026-11-22T04:00:00.000000000Z" level=\#(level) msg="\#(message)""#)
    }

    private static func kubelet(_ node: inout ContainerScene, _ pod: String, _ reason: String) {
        node.scene.line(
            #"E0601 10:00:00.000000    1234 remote_runtime.go:193] "RunPodSandbox from runtime service failed" err="rpc error: code = Unknown desc = failed to create pod network sandbox k8s_\#(pod)_shop_1_0(1341f1c7aa620238c4d30e6f28e6bcb9ec8e44fd34d3f81ceaa1498e672054d2): \#(reason)""#,
            unit: "kubelet.service")
    }

    private static func created(_ node: inout ContainerScene, _ pod: String) {
        crioSays(
            &node, "Ran pod sandbox \(ContainerScene.id(901)) with infra container: shop/\(pod)/POD")
    }

    @Test("its last network is gone: no answer of Status hides it, and the next network clears it")
    func gone() throws {
        var node = try Self.crio()
        Self.crioSays(&node, "Updated default CNI network name to ")
        for _ in 0..<20 {
            node.scene.wait(.seconds(30))
            Self.status(&node)
            Self.created(&node, "host-network")
        }
        #expect(node.openNames == ["NetworkNotReady/CNIConfigMissing"])
        #expect(node.scene.condition(.networkReady)?.status == .false)
        #expect(node.scene.engine.snapshot(at: node.scene.now).verdict == .unhealthy)
        Self.crioSays(&node, "Updated default CNI network name to podnet")
        #expect(node.openNames == [])
    }

    @Test("the kubelet's word on a sandbox counts; the same pod's success clears it")
    func kubelet() throws {
        var node = try Self.crio()
        let missing = "no CNI configuration file in /etc/cni/net.d/. Has your network provider started?"
        Self.kubelet(&node, "web", missing)
        node.scene.wait(.seconds(400))
        Self.status(&node)
        #expect(node.openNames == [], "one pod that was never tried again says nothing for ever")
        Self.kubelet(&node, "web", missing)
        #expect(node.openNames == ["NetworkNotReady/CNIConfigMissing"])
        node.scene.wait(.seconds(1))
        Self.created(&node, "other")
        #expect(node.openNames == ["NetworkNotReady/CNIConfigMissing"])
        Self.created(&node, "web")
        #expect(node.openNames == [])
    }

    @Test("a plugin that is not installed stays so, until it is")
    func plugin() throws {
        var node = try Self.crio()
        Self.crioSays(
            &node,
            #"Error validating CNI config file /etc/cni/net.d/10-a.conflist: [failed to find plugin \"bridge\" in path [/opt/cni/bin/]]"#,
            level: "warning")
        #expect(node.openNames == ["NetworkNotReady/CNIPluginMissing"])
        for _ in 0..<20 {
            node.scene.wait(.seconds(60))
            Self.status(&node)
        }
        #expect(node.openNames == ["NetworkNotReady/CNIPluginMissing"])
        node.scene.feed(
            .node(
                .cni(
                    CNIConfiguration(
                        directory: "/etc/cni/net.d",
                        files: [
                            .init(
                                name: "10-a.conflist", modifiedAt: node.scene.now.wall, problem: nil,
                                plugins: ["bridge"])
                        ], missingPlugins: []))))
        #expect(node.openNames == [])
    }

    @Test("a log alone names the cause that it tells of")
    func logAlone() throws {
        var scene = try Scene()
        scene.starts()
        scene = try Scene()
        scene.manager(MessageID.unitStarting)
        scene.manager(MessageID.unitStarted)
        scene.line(
            #"time="2025-01-10T10:00:00.000000000Z" level=error msg="failed to reload cni configuration after receiving fs change event(REMOVE        \"/etc/cni/net.d/05-cilium.conflist\")" error="cni config load failed: no network config found in /etc/cni/net.d: cni plugin not initialized: failed to load cni config""#
        )
        scene.line(
            #"time="2026-11-22T01:50:00.000000000Z" level=error msg="RunPodSandbox for &PodSandboxMetadata{Name:web2,Uid:44444444-1111-4111-8111-444444441111,Namespace:default,Attempt:0,} failed, error" error="failed to setup network for sandbox \"25bf0e85acccf7e55414582997300ddd05c9272be55ecf39e46d090b7b67af4e\": cni plugin not initialized""#
        )
        #expect(scene.openNames == ["NetworkNotReady/CNIConfigMissing"])
    }

    @Test("a node that joins is not known to be well; one that is up for long has lost its network")
    func joining() throws {
        var node = try ContainerScene()
        Self.status(&node, false)
        #expect(node.openNames == [])
        #expect(node.scene.condition(.networkReady)?.status == .unknown)
        #expect(node.scene.engine.snapshot(at: node.scene.now).verdict == .unknown)
        node.scene.wait(.seconds(310))
        #expect(node.openNames == ["NetworkNotReady/CNIConfigMissing"])

        var late = try ContainerScene(isStartSeen: false)
        late.scene.wait(.seconds(3600))
        late.scene.feed(
            .unit(
                UnitState(
                    name: ContainerScene.unit, activeState: "active", subState: "running",
                    stateChangedAt: late.scene.now.monotonic + .seconds(-3600))))
        Self.status(&late, false)
        #expect(late.openNames == ["NetworkNotReady/CNIConfigMissing"])
    }
}
