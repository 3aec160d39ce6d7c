// SPDX-License-Identifier: Apache-2.0
import HealthModel

@testable import Diagnosis

extension CauseScene {
    /// containerd's own line of a sandbox whose network failed.
    static func network(_ scene: inout Scene, _ text: String, pod: String = "web") {
        scene.line(
            #"time="2026-11-22T01:50:00.000000000Z" level=error msg="RunPodSandbox for &PodSandboxMetadata{Name:\#(pod),Uid:4,Namespace:shop,Attempt:0,} failed, error" error="failed to setup network for sandbox \"25bf0e85acccf7e55414582997300ddd05c9272be55ecf39e46d090b7b67af4e\": \#(text)""#
        )
        scene.wait(.seconds(5))
    }

    private static func works(_ scene: inout Scene, pod: String = "web") {
        scene.line(
            #"time="2026-11-22T01:50:00.000000000Z" level=info msg="RunPodSandbox for &PodSandboxMetadata{Name:\#(pod),Uid:4,Namespace:shop,Attempt:0,} returns sandbox id \"8505bcc08d328da828c087dbbb518f33623a5a21d61b89a20f14b979f4f7c389\"""#
        )
    }

    private static func fails(_ cause: Cause, _ text: String, but miss: String, pods: [String] = ["web"])
        -> CauseScene
    {
        CauseScene(
            .podNetworkFailing, cause, play: { scene in for pod in pods { network(&scene, text, pod: pod) } },
            nearMiss: { scene in network(&scene, miss) },
            end: { scene in
                // Neither a pod of the node's own network nor NetworkReady proves it.
                scene.probe(
                    .status,
                    .status(
                        RuntimeStatus(conditions: [
                            .init(type: "NetworkReady", status: true, reason: "", message: "")
                        ])))
                scene.wait(.seconds(1))
                works(&scene)
            })
    }

    /// What a pod asked for itself.
    private static let own =
        #"plugin type=\"multus\" name=\"multus-cni-network\" failed (add): Multus: [shop/web/4]: error loading k8s delegates k8s args: TryLoadPodDelegates: error in getting k8s network for pod: GetNetworkDelegates: failed getting the delegate: getKubernetesDelegate: cannot find a network-attachment-definition (a) in namespace (shop): network-attachment-definitions.k8s.cni.cncf.io \"a\" not found"#

    /// Scenes of ``IncidentKind/podNetworkFailing``.
    static let podNetworkFailing: [CauseScene] = [
        fails(
            .cniAgentDown,
            #"plugin type=\"calico\" failed (add): stat /var/lib/calico/nodename: no such file or directory: check that the calico/node container is running and has mounted /var/lib/calico/"#,
            but: own),
        fails(
            .cniPluginMissing,
            #"plugin type=\"bridge\" failed (add): failed to find plugin \"host-local\" in path [/opt/cni/bin]"#,
            but:
                #"plugin type=\"multus\" failed (add): Multus: [shop/web/4]: error adding container to network \"a\": delegateAdd: error invoking DelegateAdd - \"sriov\": failed to find plugin \"sriov\" in path [/opt/cni/bin]"#
        ),
        fails(
            .cniVersionIncompatible,
            #"plugin type=\"bridge\" failed (add): incompatible CNI versions; config is \"1.0.0\", plugin supports [\"0.1.0\" \"0.4.0\"]"#,
            but: own),
        fails(
            .addressesExhausted,
            #"plugin type=\"bridge\" failed (add): failed to allocate for range 0: no IP addresses available in range set: 10.42.0.1-10.42.0.254"#,
            but:
                #"plugin type=\"bridge\" failed (add): failed to allocate for range 0: requested IP address 10.42.0.9 is not available in range set 10.42.0.1-10.42.0.254"#
        ),
        fails(
            .addressConflict,
            #"plugin type=\"bridge\" failed (add): failed to set bridge addr: \"cni0\" already has an IP address different from 10.244.1.1/24"#,
            but:
                #"plugin type=\"bridge\" failed (add): failed to allocate for range 0: 10.88.0.12 has been allocated to 4f5a, duplicate allocation is not allowed"#
        ),
        fails(
            .iptablesFailed,
            #"plugin type=\"portmap\" failed (add): failed to open iptables: exec: \"iptables\": executable file not found in $PATH"#,
            but:
                #"plugin type=\"portmap\" failed (add): unable to create chain CNI-DN-1: running [/usr/sbin/iptables -t nat -N CNI-DN-1 --wait]: exit status 4: iptables: Resource temporarily unavailable."#
        ),
        fails(
            .cniDependencyNotReady,
            #"plugin type=\"multus\" name=\"multus-cni-network\" failed (add): Multus: [shop/web/4]: have you checked that your default network is ready? still waiting for readinessindicatorfile @ /run/cilium/cni.conf. pollimmediate error: timed out waiting for the condition"#,
            but: own),
        fails(
            .cniAddHangs,
            #"plugin type=\"bridge\" failed (add): netplugin failed with no error message: signal: killed"#,
            but:
                #"plugin type=\"bridge\" failed (add): netplugin failed with no error message: signal: killed"#,
            pods: ["web", "db"]),
        fails(.cniAddFails, #"plugin type=\"acme\" failed (add): no lease"#, but: own, pods: ["web", "db"]),
        CauseScene(
            .podNetworkFailing, .cniConfigStale,
            play: { scene in
                let at = scene.now.wall
                let file = { (name: String, plugin: String) in
                    CNIConfiguration.File(
                        name: name, modifiedAt: at, problem: nil, plugins: [plugin])
                }
                scene.feed(
                    .node(
                        .cni(
                            CNIConfiguration(
                                directory: "/etc/cni/net.d",
                                files: [
                                    file("05-calico.conflist", "calico"),
                                    file("10-flannel.conflist", "flannel"),
                                ], missingPlugins: []))))
                network(
                    &scene,
                    #"plugin type=\"calico\" failed (add): stat /var/lib/calico/nodename: no such file or directory"#
                )
            },
            nearMiss: { scene in
                scene.feed(
                    .node(
                        .cni(
                            CNIConfiguration(
                                directory: "/etc/cni/net.d",
                                files: [
                                    .init(
                                        name: "10-calico.conflist", modifiedAt: scene.now.wall, problem: nil,
                                        plugins: ["calico", "portmap"])
                                ], missingPlugins: []))))
                network(
                    &scene,
                    #"plugin type=\"calico\" failed (add): stat /var/lib/calico/nodename: no such file or directory"#
                )
            },
            end: { scene in works(&scene) }),
    ]
}
