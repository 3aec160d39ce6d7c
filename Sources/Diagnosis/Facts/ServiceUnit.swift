// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// A unit that is judged although it serves no CRI endpoint: the kubelet's, and Docker's.
struct ServiceUnit: Hashable, Codable, Sendable {
    /// What a unit of this name runs.
    enum Role: String, Hashable, Codable, Sendable {
        /// A kubelet, and nothing else that is watched.
        case kubelet
        /// dockerd.
        case docker
    }

    var role: Role
    var unit: UnitFacts

    /// What a unit of this name is judged as; nil for all others.
    static func role(of unit: String) -> Role? {
        guard unit.hasSuffix(".service") else { return nil }
        if unit == "docker.service" { return .docker }
        return isKubelet(unit) ? .kubelet : nil
    }

    /// Units that run a kubelet and no runtime, by the names that distributions give them (kubeadm, microk8s, Canonical
    /// Kubernetes, Bottlerocket, EKS).
    static func isKubelet(_ unit: String) -> Bool {
        unit == "kubelet.service" || unit.hasSuffix(".daemon-kubelet.service")
            || unit.hasSuffix(".daemon-kubelite.service") || unit.hasSuffix(".kubelet.service")
            || unit.hasPrefix("snap.kubelet-eks.")
    }

    /// Whether a control group is a unit's of the system: the first part of its path that is no slice, as sd_pid_get_unit(3)
    /// has it. A user's manager, and a node in a container, have units of the same names below theirs.
    static func owns(_ cgroup: String, _ unit: String) -> Bool {
        cgroup.split(separator: "/").first { !$0.hasSuffix(".slice") }.map { $0 == unit } ?? false
    }

    /// Units that run a kubelet within a program that runs a runtime too.
    static func embedsKubelet(_ unit: String) -> Bool {
        ["k3s", "rke2", "k0s", "microshift"].contains { unit.hasPrefix($0) }
    }
}

extension ServiceUnit: Chronicled {
    /// systemd's word on the unit, by the journal or by the bus.
    enum News: Hashable, Sendable {
        case record(JournalEntry)
        case state(UnitState)
    }

    mutating func take(_ news: News, at: Moment) {
        switch news {
        case .record(let entry):
            let wasStarting = unit.phase == .starting
            unit.take(entry)
            // Of a unit that is up as soon as its process is (Type=simple) only that is told.
            if entry.messageID == MessageID.unitStarted, !wasStarting { unit.startedAt = entry.at }
        case .state(let state): unit.take(state, at: at)
        }
    }

    /// It has run so long without an end: what was wrong is over.
    mutating func settle(at now: Moment, after stay: Duration) {
        guard unit.isRunning, let since = unit.phaseSince, now.monotonic - since.monotonic >= stay else {
            return
        }
        unit.recovered()
    }
}

extension NodeFacts {
    /// The unit that is judged and serves no endpoint.
    func service(_ unit: String?) -> ServiceUnit? { services.first { $0.unit.name == unit } }

    /// What is known of any unit that is judged.
    func unit(_ name: String) -> UnitFacts? {
        runtimes.first { $0.unit.name == name }?.unit ?? service(name)?.unit
    }
}
