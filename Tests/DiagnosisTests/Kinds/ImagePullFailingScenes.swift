// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

extension CauseScene {
    private static func one(_ cause: Cause, _ error: String, not other: String) -> CauseScene {
        CauseScene(
            .imagePullFailing, cause,
            play: {
                $0.starts()
                $0.lines([FailedCreation.pull("registry.example/shop/web:1", error)])
            },
            nearMiss: {
                $0.starts()
                $0.lines((1...5).map { FailedCreation.pull("registry.example/shop/web:\($0)", other) })
            }, end: { $0.lines([FailedCreation.pulled("registry.example/shop/web:1")]) })
    }

    /// Two images open it; one, however often, does not.
    private static func two(_ cause: Cause, _ error: String) -> CauseScene {
        CauseScene(
            .imagePullFailing, cause,
            play: {
                $0.starts()
                $0.lines((1...2).map { FailedCreation.pull("registry.example/shop/web:\($0)", error) })
            },
            nearMiss: {
                $0.starts()
                $0.lines((1...5).map { _ in FailedCreation.pull("registry.example/shop/web:1", error) })
            }, end: { $0.lines([FailedCreation.pulled("registry.example/shop/web:1")]) })
    }

    private static let absent = "failed to resolve reference: registry.example/shop/web:1: not found"
    private static let head =
        #"failed to do request: Head "https://registry.example/v2/shop/web/manifests/1": "#

    static let imagePullFailing: [CauseScene] = [
        one(
            .signaturePolicyInvalid,
            #"invalid policy in "/etc/containers/policy.json": Unknown key "keyPaths""#, not: absent),
        one(.registryConfigInvalid, head + "http: server gave HTTP response to HTTPS client", not: absent),
        one(
            .diskFull,
            "failed to copy: write /var/lib/containerd/io.containerd.content.v1.content/ingest/1/data: no space left on device",
            not: absent),
        one(
            .certificateUntrusted,
            head + "tls: failed to verify certificate: x509: certificate signed by unknown authority",
            not: absent),
        two(.nameResolution, head + "dial tcp: lookup registry.example on 192.0.2.53:53: no such host"),
        two(.registryUnreachable, head + "dial tcp 192.0.2.7:443: i/o timeout"),
        two(
            .unauthorized,
            "failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized"),
        two(
            .shortNameRejected,
            #"short-name "web:1" did not resolve to an alias and no unqualified-search registries are defined in "/etc/containers/registries.conf""#
        ),
        two(
            .registryError,
            "unexpected status from HEAD request to https://registry.example/v2/shop/web/manifests/1: 503 Service Unavailable"
        ),
    ]
}

@Suite("Failed pulls") struct ImagePullFailingTests {
    @Test("a hosts.toml that cannot be read is named where containerd names it")
    func hosts() throws {
        var scene = try Scene()
        scene.starts()
        scene.line(
            #"time="2026-04-29T09:40:50Z" level=error msg="failed to decode /etc/containerd/certs.d/docker.io/hosts.toml" error="invalid `host` tree""#
        )
        #expect(scene.openNames == ["ImagePullFailing/RegistryConfigInvalid"])
        #expect(scene.open.first?.sentence.contains("/etc/containerd/certs.d/docker.io/hosts.toml") == true)
        #expect(scene.open.first?.severity == .warning)
    }

    @Test("what a registry says of itself is not read")
    func strangers() throws {
        var scene = try Scene()
        scene.starts()
        scene.lines(
            (1...2).map {
                FailedCreation.pull(
                    "registry.example/shop/web:\($0)",
                    #"unexpected status: 500 Internal Server Error - Server message: exec: "runc": executable file not found in $PATH; no space left on device"#
                )
            })
        #expect(scene.openNames == ["ImagePullFailing/RegistryError"])
    }
}
