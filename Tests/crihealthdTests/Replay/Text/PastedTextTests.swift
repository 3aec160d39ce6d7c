// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import crihealthd

/// Pastes that were told falsely once, or not at all, and what is to be said of them.
@Suite struct PastedTextTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func stream(_ lines: [String]) throws -> TextStream {
        let path = try directory.write("log", lines.joined(separator: "\n") + "\n")
        return try TextStream.replay(try ByteSource(path), file: nil, rules: Recordings.rules)
    }

    @Test(arguments: Self.pastes) func opens(_ paste: Paste) throws {
        let replayer = try stream(paste.lines).replayer
        #expect(replayer.incidents.filter(\.isOpen).map { "\($0.kind.rawValue)/\($0.cause)" } == paste.opens)
    }

    /// `kubectl describe pod` is mostly no log, and its events are.
    @Test func aDescriptionIsRead() throws {
        let stream = try stream(Self.description)
        let page = ReplayText.render(
            stream.replayer, at: try #require(stream.replayer.last), width: 2000, survey: stream.survey)
        #expect(page.contains("No incident: what failed is what the pods themselves ask for."))
    }

    struct Paste: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let lines: [String]
        let opens: [String]

        init(_ name: String, _ lines: [String], opens: [String]) {
            (testDescription, self.lines, self.opens) = (name, lines, opens)
        }
    }

    private static let description =
        ([
            "Name:             web-0", "Namespace:        shop", "Node:             node1/192.0.2.5",
            "Containers:",
        ]
            + (0..<12).map { "    Key\($0):   <none>" }
            + [
                "Events:", "  Type     Reason     Age                From               Message",
                "  ----     ------     ----               ----               -------",
                #"  Warning  Failed     10s (x2 over 20s)  kubelet            Error: container has runAsNonRoot and image will run as root"#,
            ])

    static let pastes: [Paste] = [
        Paste(
            "what cannot be written of a layer is the disk's",
            [
                #"Sep 04 08:43:00 node1 kubelet[214]: E0904 08:43:00.211022     214 remote_image.go:167] "PullImage from image service failed" err="rpc error: code = Unknown desc = failed to pull and unpack image \"registry.example/web:1\": failed to extract layer sha256:aa: mount callback failed on /var/lib/containerd/tmpmounts/containerd-mount1614983617: write /var/lib/containerd/tmpmounts/containerd-mount1614983617/usr/lib/x.so: input/output error: unknown" image="registry.example/web:1""#,
                #"Sep 04 08:43:09 node1 kubelet[214]: E0904 08:43:09.211022     214 remote_image.go:167] "PullImage from image service failed" err="rpc error: code = Unknown desc = failed to pull and unpack image \"registry.example/db:2\": failed to extract layer sha256:bb: mount callback failed on /var/lib/containerd/tmpmounts/containerd-mount22: write /var/lib/containerd/tmpmounts/containerd-mount22/usr/lib/y.so: input/output error: unknown" image="registry.example/db:2""#,
            ], opens: ["NodeFault/DiskErrors"]),
        Paste(
            "what the kubelet says behind a container's spec is heard",
            [
                #"E0904 08:43:00.211143     214 kuberuntime_manager.go:919] container &Container{Name:web,Image:registry.example/web:1,Command:[],Args:[],} start failed in pod web-0_shop(0a1b2c3d-1111-4111-8111-111111111111): CreateContainerError: failed to create containerd container: write /var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db: no space left on device"#
            ], opens: ["NodeFault/DiskFull"]),
        Paste(
            "a file system that is read-only, behind a container's spec",
            [
                #"E0904 08:43:00.211143     214 kuberuntime_manager.go:919] container &Container{Name:web,Image:registry.example/web:1,Command:[],Args:[],} start failed in pod web-0_shop(0a1b2c3d-1111-4111-8111-111111111111): CreateContainerError: open /var/lib/kubelet/pods/x/etc-hosts: read-only file system"#
            ], opens: ["NodeFault/FileSystemReadOnly"]),
        Paste(
            "a counter of restarts, and then a kubelet that stays",
            [
                #"Dec 01 03:00:20 node1 systemd[1]: kubelet.service: Scheduled restart job, restart counter is at 42."#,
                #"Dec 01 03:00:21 node1 kubelet[900]: I1201 03:00:21.000000  900 server.go:484] "Kubelet version" kubeletVersion="v1.30.4""#,
                #"Dec 01 03:00:22 node1 kubelet[900]: I1201 03:00:22.000000  900 kubelet.go:2400] "SyncLoop ADD" source="api" pods=["shop/web-0"]"#,
                #"Dec 01 03:20:22 node1 kubelet[900]: I1201 03:20:22.000000  900 kubelet.go:2400] "SyncLoop UPDATE" source="api" pods=["shop/web-0"]"#,
            ], opens: []),
        Paste(
            "last words, and of the end only the restart",
            [
                #"Dec 01 03:26:20 node1 kubelet[900]: E1201 03:26:20.000000  900 run.go:74] "command failed" err="failed to load kubelet config file, path: /var/lib/kubelet/config.yaml, error: open /var/lib/kubelet/config.yaml: no such file or directory""#,
                #"Dec 01 03:26:30 node1 systemd[1]: kubelet.service: Scheduled restart job, restart counter is at 42."#,
            ], opens: ["KubeletDown/ConfigInvalid"]),
        Paste(
            "one victim, told by the kubelet's log and by kubectl",
            [
                #"Jun 02 11:05:20 node1 kubelet[877]: I0602 11:05:20.100912     877 event.go:278] Event(v1.ObjectReference{Kind:"Node", Namespace:"", Name:"node1"}): type: 'Warning' reason: 'SystemOOM' System OOM encountered"#,
                #"Events:"#,
                #"  Type     Reason                   Age                From            Message"#,
                #"  ----     ------                   ----               ----            -------"#,
                #"  Warning  SystemOOM                12m                kubelet, node1  System OOM encountered"#,
            ], opens: []),
        Paste(
            "exit 127 of what a RuntimeClass alone runs",
            [
                #"  Warning  FailedCreatePodSandBox  36m  kubelet  Failed to create pod sandbox: rpc error: code = Unknown desc = failed to create containerd task: failed to create shim task: OCI runtime create failed: unable to retrieve OCI runtime error (open /run/containerd/io.containerd.runtime.v2.task/k8s.io/a72b/log.json: no such file or directory): /usr/local/nvidia/toolkit/nvidia-container-runtime did not terminate successfully: exit status 127: unknown"#
            ], opens: []),
        Paste(
            "two silences of a shim, minutes apart",
            [
                #"Dec 01 03:00:00 node1 containerd[900]: time="2026-12-01T03:00:00.000000000Z" level=error msg="get state for 535f92067beb451155564b6eebff3e77c7673f28e5e2abc522fee3f009de9373" error="context deadline exceeded: unknown""#,
                #"Dec 01 03:00:01 node1 containerd[900]: time="2026-12-01T03:00:01.000000000Z" level=info msg="CreateContainer within sandbox \"aa\" for &ContainerMetadata{Name:web,Attempt:0,} returns container id \"bb\"""#,
                #"Dec 01 03:08:00 node1 containerd[900]: time="2026-12-01T03:08:00.000000000Z" level=error msg="get state for 535f92067beb451155564b6eebff3e77c7673f28e5e2abc522fee3f009de9373" error="context deadline exceeded: unknown""#,
                #"Dec 01 03:08:30 node1 containerd[900]: time="2026-12-01T03:08:30.000000000Z" level=info msg="StartContainer for \"bb\" returns successfully""#,
            ], opens: []),
        Paste(
            "what people write behind an error is no part of it",
            [
                #"Failed to create pod sandbox: rpc error: code = DeadlineExceeded desc = context deadline exceeded"#,
                #"last week it was this"#,
                #"write /var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db: no space left on device"#,
            ], opens: []),
    ]
}
