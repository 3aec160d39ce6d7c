// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What time brings: certificates that end, and what was written since a daemon read it.
extension PreflightJudge {
    private static let near = Duration.seconds(30 * 86400)

    mutating func judgeCertificates() {
        guard !certificates.isEmpty else { return }
        saw("the validity of \(count(certificates.count, "certificate"))")
        for one in certificates {
            let left = one.until - facts.now.wall
            let isClient = one.path.contains("/kubelet-client-current")
            let isKubelets = isClient || one.path.contains("/kubelet-server-current")
            let evidence = ["valid from \(one.from.date)"]
            let renewal =
                isKubelets
                ? "see `kubectl get csr`, and rotateCertificates and serverTLSBootstrap in the kubelet's configuration"
                : "see `kubeadm certs check-expiration`; `kubeadm upgrade` renews them, too"
            guard left > .zero else {
                find(
                    isClient ? .blocker : .warning, "certificate-expired", one.path,
                    "the certificate ended on \(one.until.date)", evidence,
                    then: isClient
                        ? "The API server refuses the kubelet; with --bootstrap-kubeconfig it does not start without that file either."
                        : "Whoever verifies it refuses the connection.",
                    first: renewal)
                continue
            }
            // The kubelet renews at 70 to 90 % of the time: with less than a tenth left it has failed to.
            let part = (one.until - one.from) / (isKubelets ? 10 : 5)
            guard left < Self.near, left < part else { continue }
            let days = Int(left.components.seconds / 86400)
            find(
                .warning, "certificate-ends", one.path,
                "the certificate ends on \(one.until.date), in \(count(days, "day"))", evidence,
                then: isKubelets
                    ? "The kubelet renews it in time where it can, and has not."
                    : "Whoever verifies it refuses the connection then.",
                first: renewal)
        }
    }

    /// What the next start of a daemon reads, whoever asks for it.
    mutating func judgeNotRead() {
        for runtime in facts.runtimes {
            guard let state = runtime.unit.state, state.subState == "running", let files,
                let since = state.stateChangedAt, since <= facts.now.monotonic
            else { continue }
            let unit = runtime.unit.name
            let started = facts.now.wall + (.zero - (facts.now.monotonic - since))
            let own = files.values.filter { reads(runtime.endpoint.runtime, unit, $0.path) }
            guard !own.isEmpty else { continue }
            saw("what \(unit) has not read yet")
            let later = own.filter { $0.changedAt > started + .seconds(1) }.sorted { $0.path < $1.path }
            guard !later.isEmpty else { continue }
            find(
                .note, "not-read-yet", unit,
                "\(count(later.count, "file")) of its configuration \(later.count == 1 ? "was" : "were") written after it started (\(started))",
                later.map { "\($0.path): \($0.changedAt)" },
                then: "Its next start, an upgrade's too, brings that into force, unless a reload did.",
                first: "see `crihealthd changes`, and be sure that it is wanted")
        }
    }

    private func reads(_ runtime: RuntimeName, _ unit: String, _ path: String) -> Bool {
        if path.contains("/systemd/system/") { return path.contains("/\(unit)") }
        return switch runtime {
        case .containerd:
            path == "/etc/containerd/config.toml"
                || isImported(path, by: files?["/etc/containerd/config.toml"]?.keys ?? [:])
        case .crio: path.hasPrefix("/etc/crio/")
        case .criDockerd, .other: false
        }
    }
}
