// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

/// Certificates that end, and configuration that nobody has read yet.
@Suite("Preflight and time") struct PreflightTimeTests {
    /// Of a lifetime in days, with so many left.
    private static func found(_ path: String, _ lifetime: Int, left: Int) throws -> PreflightFinding? {
        let scene = try Scene()
        let until = scene.engine.preflight([]).state.at + .seconds(left * 86400)
        let one = CertificateValidity(path: path, from: until + .seconds(-lifetime * 86400), until: until)
        let report = scene.engine.preflight(PreflightPlan(certificates: [one]))
        #expect(report.examined.contains("the validity of 1 certificate"))
        return report.findings.first { $0.id.hasPrefix("certificate-") }
    }

    @Test(
        arguments: [
            ("/var/lib/kubelet/pki/kubelet-client-current.pem", 365, 60, nil, .note),
            ("/var/lib/kubelet/pki/kubelet-client-current.pem", 365, 20, "certificate-ends", .warning),
            ("/var/lib/kubelet/pki/kubelet-client-current.pem", 365, -1, "certificate-expired", .blocker),
            // Made for a week: the kubelet renews it in the last one to two days.
            ("/var/lib/kubelet/pki/kubelet-client-current.pem", 7, 2, nil, .note),
            ("/etc/kubernetes/pki/apiserver.crt", 365, 40, nil, .note),
            ("/etc/kubernetes/pki/apiserver.crt", 365, 29, "certificate-ends", .warning),
            ("/etc/kubernetes/pki/apiserver.crt", 365, -3, "certificate-expired", .warning),
        ] as [(String, Int, Int, String?, PreflightFinding.Severity)])
    func certificates(
        _ path: String, _ lifetime: Int, _ left: Int, _ id: String?, _ severity: PreflightFinding.Severity
    ) throws {
        let finding = try Self.found(path, lifetime, left: left)
        #expect(finding?.id == id)
        if let finding { #expect(finding.severity == severity && finding.subject == path) }
    }

    @Test(
        "what was written after the start, where the daemon reads it",
        arguments: [
            ("/etc/containerd/config.toml", 10, true), ("/etc/containerd/config.toml", -10, false),
            ("/etc/systemd/system/containerd.service.d/limits.conf", 10, true),
            ("/etc/systemd/system/docker.service", 10, false), ("/etc/crio/crio.conf", 10, false),
            ("/etc/containerd/certs.d/docker.io/hosts.toml", 10, false),
        ])
    func notRead(_ path: String, _ seconds: Int, _ isTold: Bool) throws {
        var scene = try Scene()
        scene.starts()
        scene.wait(.seconds(60))
        let started = MonotonicTime(microseconds: scene.now.monotonic.microseconds - 30_000_000)
        scene.feed(
            .unit(
                UnitState(
                    name: Scene.unit, activeState: "active", subState: "running", mainPID: 58,
                    stateChangedAt: started)))
        let at = scene.now.wall + .seconds(-30 + seconds)
        let stamp = FileStamp(path: path, size: 1, inode: 1, modifiedAt: at, changedAt: at)
        scene.feed(.node(.changes(ChangeReport(digest: 1, packages: [], files: [stamp]))))
        let report = scene.engine.preflight([])
        #expect(report.findings.contains { $0.id == "not-read-yet" && $0.severity == .note } == isTold)
    }
}
