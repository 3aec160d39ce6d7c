// SPDX-License-Identifier: Apache-2.0
@testable import Diagnosis

/// Lines of failed and successful creations and pulls, as containerd and the kubelet write them.
enum FailedCreation {
    /// `text` as Go's `%q` quotes it.
    static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
            + "\""
    }

    static func id(_ number: Int) -> String { String(repeating: "0", count: 63) + String(number % 10) }

    static func sandbox(_ pod: String, _ error: String) -> String {
        #"time="2026-03-02T09:15:40Z" level=error msg="RunPodSandbox for &PodSandboxMetadata{Name:\#(pod),Uid:u,Namespace:shop,Attempt:0,} failed, error" error=\#(quoted(error))"#
    }

    static func sandboxMade(_ pod: String, _ number: Int) -> String {
        #"time="2026-03-02T09:15:40Z" level=info msg="RunPodSandbox for &PodSandboxMetadata{Name:\#(pod),Uid:u,Namespace:shop,Attempt:0,} returns sandbox id \"\#(id(number))\"""#
    }

    static func container(in sandbox: Int, _ error: String) -> String {
        #"time="2026-03-02T09:15:40Z" level=error msg="CreateContainer within sandbox \"\#(id(sandbox))\" for &ContainerMetadata{Name:web,Attempt:0,} failed" error=\#(quoted(error))"#
    }

    static func containerMade(in sandbox: Int, _ number: Int) -> String {
        #"time="2026-03-02T09:15:40Z" level=info msg="CreateContainer within sandbox \"\#(id(sandbox))\" for &ContainerMetadata{Name:web,Attempt:0,} returns container id \"\#(id(number))\"""#
    }

    static func start(_ number: Int, _ error: String) -> String {
        #"time="2026-03-02T09:15:40Z" level=error msg="StartContainer for \"\#(id(number))\" failed" error=\#(quoted(error))"#
    }

    static func started(_ number: Int) -> String {
        #"time="2026-03-02T09:15:40Z" level=info msg="StartContainer for \"\#(id(number))\" returns successfully""#
    }

    static func pull(_ image: String, _ error: String) -> String {
        #"time="2026-03-02T09:15:40Z" level=error msg="PullImage \"\#(image)\" failed" error=\#(quoted(error))"#
    }

    static func pulled(_ image: String) -> String {
        #"time="2026-03-02T09:15:40Z" level=info msg="PullImage \"\#(image)\" returns image reference \"sha256:ab\"""#
    }

    /// The kubelet's line of a pod whose container could not be made.
    static func kubelet(_ pod: String, _ error: String) -> String {
        let inner = "failed to \"StartContainer\" for \"web\" with CreateContainerError: " + quoted(error)
        return
            #"E0302 09:15:40.118230    1911 pod_workers.go:1301] "Error syncing pod, skipping" err=\#(quoted(inner)) pod="shop/\#(pod)" podUID="u""#
    }

    /// What the OCI runtime's own error begins with.
    static let runc =
        "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: "
}

extension Scene {
    /// These lines of the runtime, and the kubelet's (klog), a second apart.
    mutating func lines(_ lines: [String], unit: String = Scene.unit) {
        for one in lines {
            wait(.seconds(1))
            line(one, unit: one.hasPrefix("E0") ? "kubelet.service" : unit)
        }
    }
}
