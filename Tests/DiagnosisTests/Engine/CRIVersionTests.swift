// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

/// CRI v1 is refused: three causes with one text, and those whom it does not hurt.
@Suite struct CRIVersionTests {
    private static let v1 =
        "validate CRI v1 runtime API for endpoint: rpc error: code = Unimplemented desc = unknown service runtime.v1.RuntimeService"
    private static let alpha =
        "getting the runtime version: rpc error: code = Unimplemented desc = unknown service runtime.v1alpha2.RuntimeService"

    @Test func aStartWithoutThePluginMeansDisabled() throws {
        var scene = try Scene()
        scene.boots("1.7.30", plugin: nil)
        scene.refuses(Self.v1)
        #expect(scene.openNames == ["CRIVersionUnsupported/CRIPluginDisabled"])
        #expect(scene.condition(.criVersionSupported)?.status == .false)
        #expect(scene.engine.snapshot(at: scene.now).verdict == .unhealthy)
        scene.restarts("1.7.30", plugin: "loading")
        scene.answers()
        #expect(scene.openNames == [])
        #expect(scene.resolvedNames == ["CRIVersionUnsupported/CRIPluginDisabled"])
    }

    @Test func aPluginThatFailedIsNamedWithItsError() throws {
        var scene = try Scene()
        scene.boots("2.0.5", plugin: "failed")
        scene.refuses(Self.v1)
        let incident = try #require(scene.open.first)
        #expect(incident.cause == "CRIPluginFailed")
        #expect(incident.explanation.contains("no corresponding runtime"))
        #expect(incident.explanation.contains("It is not too old"))
    }

    @Test func anOldRuntimeIsAnIncidentWhenNothingElseIsServed() throws {
        var scene = try Scene()
        scene.boots("1.5.9", plugin: "loading")
        scene.refuses(Self.v1)
        scene.wait(.seconds(5))
        #expect(scene.openNames == [])
        #expect(scene.condition(.criVersionSupported)?.status == .unknown)
        #expect(scene.engine.snapshot(at: scene.now).verdict == .unknown)
        scene.wait(.seconds(6))
        #expect(scene.openNames == ["CRIVersionUnsupported/RuntimeTooOld"])
    }

    @Test func anOldRuntimeThatNobodyNeedsV1OfIsNone() throws {
        var scene = try Scene()
        scene.boots("1.4.13", plugin: "loading")
        scene.refuses(Self.v1)
        scene.wait(.seconds(1))
        scene.serves("v1alpha2", "1.4.13")
        scene.probe(.pods, .pods([]))
        scene.wait(.seconds(60))
        #expect(scene.transitions.isEmpty)
        #expect(scene.condition(.criVersionSupported)?.status == .true)
        #expect(scene.condition(.criVersionSupported)?.reason == "CRIv1alpha2")
    }

    @Test(arguments: ["pods", "kubelet", "complaint"])
    func anOldRuntimeHurtsWhoNeedsV1(_ who: String) throws {
        var scene = try Scene()
        scene.boots("1.5.18", plugin: "loading")
        scene.refuses(Self.v1)
        scene.serves("v1alpha2", "1.5.18")
        switch who {
        case "pods":
            scene.probe(
                .pods, .pods([PodSandbox(id: "a", name: "web", namespace: "default", uid: "u", ready: true)]))
        case "kubelet":
            scene.line(
                "I0418 09:53:34.460176 1554024 server.go:467] \"Kubelet version\" kubeletVersion=\"v1.27.2\"",
                unit: "kubelet.service")
        default:
            scene.line(
                "E0226 14:34:51.595065  161614 run.go:74] \"command failed\" err=\"failed to run Kubelet: validate service connection: validate CRI v1 runtime API for endpoint \\\"unix:///run/containerd/containerd.sock\\\": rpc error: code = Unimplemented desc = unknown service runtime.v1.RuntimeService\"",
                unit: "kubelet.service")
        }
        #expect(scene.openNames == ["CRIVersionUnsupported/RuntimeTooOld"])
    }

    @Test func aKubeletThatFallsBackMakesItAWarning() throws {
        var scene = try Scene()
        scene.boots("1.5.18", plugin: "loading")
        scene.line(
            "I0418 09:53:34.460176 1554024 server.go:467] \"Kubelet version\" kubeletVersion=\"v1.24.17\"",
            unit: "kubelet.service")
        scene.refuses(Self.v1)
        scene.serves("v1alpha2", "1.5.18")
        scene.probe(
            .pods, .pods([PodSandbox(id: "a", name: "web", namespace: "default", uid: "u", ready: true)]))
        #expect(scene.open.map(\.severity) == [.warning])
    }

    /// The lines of the start were rotated away: absence proves nothing.
    @Test func withoutTheLinesOfTheStartNoCauseIsClaimed() throws {
        var scene = try Scene()
        scene.starts()
        scene.wait(.seconds(10))
        scene.refuses(Self.alpha)
        scene.wait(.seconds(15))
        scene.refuses(Self.alpha)
        #expect(scene.openNames == ["CRIVersionUnsupported/CRINotServed"])
    }

    @Test func suppressedLinesProveNoAbsence() throws {
        var scene = try Scene()
        // As the follower says it, before the line itself.
        scene.feed(
            .daemon(
                .blind(
                    BlindWindow(
                        reason: .suppressed, from: nil, to: scene.now.wall, unit: Scene.unit, entries: 12))))
        scene.boots("1.7.30", plugin: nil)
        scene.refuses(Self.v1)
        scene.wait(.seconds(11))
        #expect(scene.openNames.contains("CRIVersionUnsupported/CRINotServed"))
    }

    @Test func aContainerdBesideCRIOIsNone() throws {
        var scene = try Scene(endpoints: [Endpoint.wellKnown[0], Endpoint.wellKnown[1]])
        scene.boots("1.7.30", plugin: nil)
        scene.feed(
            .probe(
                ProbeReport(
                    endpoint: Endpoint.wellKnown[1], rung: .version,
                    outcome: .version(RuntimeVersion(name: "cri-o", version: "1.30.6", apiVersion: "v1")),
                    latency: .milliseconds(20))))
        scene.refuses(Self.v1)
        scene.wait(.seconds(60))
        #expect(scene.transitions.isEmpty)
    }

    /// crictl 1.23 and older ask for v1alpha2 only: that a newer runtime answers them says nothing against it.
    @Test func anOldClientSaysNothingOfTheRuntime() throws {
        var scene = try Scene()
        scene.boots("1.6.33", plugin: "loading")
        scene.serves("v1alpha2", "1.6.33")
        scene.wait(.seconds(60))
        #expect(scene.transitions.isEmpty)
    }

    /// A refused method is no refused service.
    @Test func anUnknownMethodIsNone() throws {
        var scene = try Scene()
        scene.starts()
        scene.probe(
            .status, .failed(ProbeFailure(reason: .unimplemented, text: "unknown method RuntimeConfig")))
        scene.wait(.seconds(60))
        #expect(scene.transitions.isEmpty)
    }

    /// containerd 1.6 and 1.7 stay up without their database, and refuse everything (seen on a booted node, meta.db cut).
    @Test(arguments: [
        ("invalid database", ["RuntimeDown/DatabaseCorrupt"]),
        ("context canceled", ["CRIVersionUnsupported/CRIPluginFailed"]),
    ]) func refusedForWantOfItsDatabase(_ error: String, _ open: [String]) throws {
        var scene = try Scene()
        scene.boots("1.6.20", plugin: "failed")
        scene.line(
            #"time="2026-11-22T01:42:20Z" level=warning msg="failed to load plugin io.containerd.metadata.v1.bolt" error="\#(error)""#
        )
        scene.refuses(Self.v1)
        scene.wait(.seconds(11))
        #expect(scene.openNames == open)
        scene.restarts("1.6.20", plugin: "loading")
        scene.serves("v1", "1.6.20")
        #expect(scene.openNames == [])
    }
}

extension Scene {
    /// A start of containerd with its lines; `plugin`: `loading`, `failed`, nil for none.
    mutating func boots(_ version: String, plugin: String?) {
        manager(MessageID.unitStarting)
        line(
            "time=\"2026-11-22T01:42:20Z\" level=info msg=\"starting containerd\" revision=x version=\(version)"
        )
        if let plugin {
            line(
                "time=\"2026-11-22T01:42:20Z\" level=info msg=\"loading plugin\" id=io.containerd.grpc.v1.cri type=io.containerd.grpc.v1"
            )
            if plugin == "failed" {
                line(
                    "time=\"2025-01-10T10:00:00Z\" level=warning msg=\"failed to load plugin\" error=\"invalid plugin config: no corresponding runtime configured in `containerd.runtimes` for `containerd` `default_runtime_name = \\\"nvidia\\\"\" id=io.containerd.cri.v1.runtime type=io.containerd.cri.v1"
                )
            }
        }
        wait(.milliseconds(100))
        line("time=\"2026-11-22T01:42:20Z\" level=info msg=\"containerd successfully booted in 0.041626s\"")
        manager(MessageID.unitStarted)
        wait(.seconds(2))
    }

    mutating func restarts(_ version: String, plugin: String?) {
        manager(MessageID.unitStopping)
        manager(MessageID.unitStopped, ["JOB_TYPE": "restart"])
        boots(version, plugin: plugin)
    }

    mutating func refuses(_ text: String) {
        probe(.version, .failed(ProbeFailure(reason: .unimplemented, grpcCode: "Unimplemented", text: text)))
    }

    mutating func serves(_ api: String, _ version: String) {
        probe(.version, .version(RuntimeVersion(name: "containerd", version: version, apiVersion: api)))
    }
}
