// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What a rule need not say about its source, because its emitter says it.
struct Emitter {
    let sources: Set<JournalEntry.Source>
    let units: [String]

    /// Units that embed a runtime and a kubelet and log for both.
    private static let distributions = [
        "k3s*.service", "rke2*.service", "k0s*.service", "snap.microk8s.*.service", "snap.k8s.*.service",
    ]
    private static let containerd =
        ["containerd.service", "*containerd*.service", "docker.service"] + distributions
    private static let crio = ["crio.service", "*crio*.service", "cri-o*.service"]
    private static let kubelet =
        [
            "kubelet.service", "*kubelet*.service", "microshift.service", "origin-node.service",
            "atomic-openshift-node.service",
        ] + distributions
    private static let docker = ["docker.service", "cri-docker.service", "*docker*.service"]

    /// Whether a line of that unit can be this emitter's, by the process that wrote it: where one unit runs several programs,
    /// containerd's lines are containerd's, or those that k0s passes on and names so. A process that is not known passes.
    static func couldWrite(_ emitter: String, _ entry: JournalEntry) -> Bool {
        guard emitter == "containerd", let comm = entry.comm, let unit = entry.unit else { return true }
        return comm.hasPrefix("containerd") || !shared.contains { $0.matches(unit) }
            || comm == "k0s" && isPassedOn(entry.message)
    }

    /// Older releases of k0s do not say by which stream.
    private static func isPassedOn(_ message: String) -> Bool {
        message.contains(" component=containerd stream=") || message.hasSuffix(" component=containerd")
    }

    private static let shared = distributions.map(Glob.init)

    /// Whether a unit is one whose lines rules are written for.
    static func isKnown(_ unit: String) -> Bool { known.contains { $0.matches(unit) } }

    /// The name of the emitter that a unit is first of; nil for a stranger's.
    static func name(of unit: String) -> String? {
        ["containerd", "cri-o", "kubelet", "docker"].first { name in
            table[name]?.units.contains { Glob($0).matches(unit) } ?? false
        }
    }

    private static let known = (containerd + crio + kubelet + docker).map(Glob.init)

    /// By the name that rules use; nil for an emitter that rules must say more about.
    static func named(_ name: String) -> Emitter? { table[name] }

    /// All names.
    static var names: [String] { table.keys.sorted() }

    private static let table: [String: Emitter] = [
        "containerd": Emitter(sources: [.unit], units: containerd),
        "cri-o": Emitter(sources: [.unit], units: crio),
        "kubelet": Emitter(sources: [.unit], units: kubelet),
        "docker": Emitter(sources: [.unit], units: docker),
        // What any runtime passes on: its OCI runtime's words, its CNI plugins' words, the Go runtime's.
        "runtime": Emitter(sources: [.unit], units: containerd + crio + docker),
        // The same, also where the kubelet repeats it.
        "cni": Emitter(sources: [.unit], units: containerd + crio + docker + kubelet),
        "application": Emitter(sources: [.unit], units: []),
        "systemd": Emitter(sources: [.manager], units: []),
        "kernel": Emitter(sources: [.kernel], units: []),
        "conmon": Emitter(sources: [.conmon, .unit], units: []),
        "journald": Emitter(sources: [.journald], units: []),
        "coredump": Emitter(sources: [.coredump], units: []),
    ]
}
