// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// The answer of `/v1/versions`: what is not known is absent.
struct VersionsJSON: Hashable, Encodable {
    struct Runtime: Hashable, Encodable {
        let endpoint: String
        let name: String
        let version: String
        let apiVersion: String
    }

    struct OCIRuntime: Hashable, Encodable {
        let name: String
        let version: String
    }

    let time: String
    let crihealthd: String
    let runtimes: [Runtime]
    let ociRuntimes: [OCIRuntime]
    let kubelet: String?
    let crictl: String?
    let libsystemd: String?

    init(_ snapshot: Snapshot) {
        time = snapshot.at.wall.description
        crihealthd = snapshot.version
        runtimes = snapshot.runtimes.compactMap { view in
            view.version.map {
                Runtime(
                    endpoint: view.endpoint.address, name: $0.name, version: $0.version,
                    apiVersion: $0.apiVersion)
            }
        }
        let versions = snapshot.versions
        ociRuntimes = versions.ociRuntimes.map { OCIRuntime(name: $0.name, version: $0.version) }
        kubelet = versions.kubelet
        crictl = versions.crictl
        libsystemd = versions.libsystemd
    }
}
