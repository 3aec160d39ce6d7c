// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension ContainerFacts.Entry {
    /// `kube-system/ds-host/hostweb (a01fcd991cfe)`.
    var label: String {
        (processes.monitor?.pod?.label ?? processes.command) + " (\(processes.id.prefix(12)))"
    }

    /// What lives, who made it.
    var aliveSentence: String {
        let first = processes.pids.first.map { "\(processes.command) (pid \($0))" }
        let monitor = processes.monitor.map { "\($0.name) (pid \($0.pid))" }
        let who = [first, monitor].compactMap { $0 }.joined(separator: " under ")
        let by = processes.monitor?.identity.map { identity in
            ", made by \(processes.monitor?.runtimePath ?? identity.kind)"
                + (identity.root.map { " in \($0)" } ?? "")
        }
        return "\(label) is alive: \(who)\(by ?? "")"
    }

    /// What the runtime says of it.
    func denialEvidence(_ endpoint: Endpoint) -> Evidence? {
        guard let denial, let deniedSince else { return nil }
        let id = processes.id
        return Evidence(
            at: deniedSince.wall, source: .cri,
            summary: denial == .exited
                ? "crictl ps --all calls \(id.prefix(12)) exited"
                : "no list of the runtime has \(id.prefix(12))",
            command: denial == .exited
                ? endpoint.crictl("inspect \(id)")
                : "\(endpoint.crictl("ps --all")) | grep \(id.prefix(13))")
    }
}

extension ContainerProcesses {
    /// A process of it that can be looked at or signalled: its first, else its monitor; never "all" (0) or systemd (1).
    var anyPID: Int32? { (pids + [monitor?.pid].compactMap { $0 }).first { $0 > 1 } }
}
