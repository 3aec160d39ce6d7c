// SPDX-License-Identifier: Apache-2.0
import HealthModel

@testable import Diagnosis

extension Scene {
    /// What Status says of the network; nil: it is ready.
    mutating func network(_ problem: String?) {
        probe(
            .status,
            .status(
                RuntimeStatus(conditions: [
                    .init(type: "RuntimeReady", status: true, reason: "", message: ""),
                    .init(
                        type: "NetworkReady", status: problem == nil,
                        reason: problem == nil ? "" : "NetworkPluginNotReady", message: problem ?? ""),
                ])))
    }

    /// What is in the directory of CNI configurations.
    mutating func cni(errno: Int32? = nil, problem: String?? = .none, missing: [String] = []) {
        let file = problem.map {
            CNIConfiguration.File(
                name: "10-a.conflist", modifiedAt: now.wall, problem: $0, plugins: ["bridge"])
        }
        feed(
            .node(
                .cni(
                    CNIConfiguration(
                        directory: "/etc/cni/net.d", errno: errno, files: [file].compactMap { $0 },
                        missingPlugins: missing))))
    }
}

extension CauseScene {
    /// A network that was ready is lost, with this message; `disk` is asked then.
    private static func network(
        _ cause: Cause, _ message: String, disk: (@Sendable (inout Scene) -> Void)? = nil,
        nearMiss: @escaping @Sendable (inout Scene) -> Void
    ) -> CauseScene {
        CauseScene(
            .networkNotReady, cause,
            play: {
                $0.starts()
                $0.network(nil)
                $0.wait(.seconds(30))
                $0.network(message)
                $0.wait(.seconds(1))
                disk?(&$0)
                $0.wait(.seconds(2))
            },
            nearMiss: {
                $0.starts()
                $0.network(nil)
                $0.wait(.seconds(30))
                nearMiss(&$0)
                $0.wait(.seconds(60))
            },
            end: {
                $0.network(nil)
                $0.wait(.seconds(1))
            })
    }

    private static let uninitialized =
        "Network plugin returns error: cni plugin not initialized"

    static let networkNotReady: [CauseScene] = [
        network(
            .cniPluginMissing,
            #"Network plugin returns error: failed to find plugin "bridge" in path [/opt/cni/bin]"#,
            nearMiss: { $0.cni(problem: .some(nil), missing: ["unused"]) }),
        network(
            .cniConfigInvalid,
            "cni config load failed: error parsing configuration list: invalid character 'x'",
            nearMiss: {
                // A file that nobody has loaded yet, while the network is ready.
                $0.cni(problem: "not JSON")
            }),
        network(
            .cniDirectoryMissing, uninitialized, disk: { $0.cni(errno: 2) },
            nearMiss: { $0.cni(errno: 2) }),
        network(
            .cniConfigNotLoaded, uninitialized, disk: { $0.cni(problem: .some(nil)) },
            nearMiss: {
                // What lay there before it was lost says nothing of now.
                $0.cni(problem: .some(nil))
                $0.wait(.seconds(1))
                $0.network(uninitialized)
            }),
        network(
            .cniConfigMissing,
            "Network plugin returns error: no network config found in /etc/cni/net.d: cni plugin not initialized",
            nearMiss: {
                // A sandbox that fails for its own plugin's reason has a configuration.
                $0.lines([
                    FailedCreation.sandbox(
                        "web",
                        #"failed to setup network for sandbox "a": plugin type="bridge" failed (add): x"#)
                ])
            }),
        network(
            .cniNotInitialized, uninitialized,
            nearMiss: { scene in
                // A node that joins: its network was never ready.
                guard let joining = try? Scene() else { return }
                scene = joining
                scene.starts()
                scene.network(uninitialized)
            }),
    ]
}
