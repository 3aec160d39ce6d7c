// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Conditions about containers' processes.
extension ConditionTable {
    /// Whether every container process is known to its runtime.
    static func tracking(_ facts: NodeFacts, _ book: IncidentBook) -> Word {
        if let incident = (book.open(.runtimeSwitched) + book.open(.orphanedContainers)).first {
            return Word(
                status: incident.status == .suspected ? .unknown : .false, reason: incident.cause,
                message: incident.sentence)
        }
        guard facts.containers.scannedAt != nil else {
            return Word(
                status: .unknown, reason: "NotScanned", message: "Processes have not been scanned yet.")
        }
        guard facts.runtimes.contains(where: { $0.containersAt != nil && $0.manages(.kubepods) }) else {
            return Word(
                status: .unknown, reason: "NotListed", message: "No runtime has listed its containers yet.")
        }
        let count = facts.containers.entries.count
        let denied = facts.containers.entries.values.count { $0.denial != nil }
        guard denied == 0 else {
            return Word(
                status: .unknown, reason: "Settling",
                message:
                    "\(denied) container\(denied == 1 ? "" : "s") with living processes not listed as running."
            )
        }
        return Word(
            status: .true, reason: "AllTracked",
            message: "\(count) container\(count == 1 ? " has" : "s have") processes, all of them listed.")
    }

    /// Whether containers get their grace period at shutdown. Only CRI-O asks systemd for that.
    static func shutdown(_ facts: NodeFacts, _ book: IncidentBook) -> Word {
        let open = book.open(.shutdownNotGraceful)
        if let incident = open.first(where: { $0.has(.exposed) }) ?? open.first {
            return Word(status: .false, reason: incident.cause, message: incident.sentence)
        }
        guard facts.runtimes.contains(where: { $0.endpoint.runtime == .crio }) else {
            return Word(
                status: .unknown, reason: "NotApplicable",
                message: "Only CRI-O orders its containers' scopes before shutdown.target.")
        }
        let ordered = facts.containers.scopes.values.count { $0.value.ordersShutdown == true }
        guard ordered > 0 else {
            return Word(
                status: .unknown, reason: "NotAsked", message: "No container's scope has been read yet.")
        }
        return Word(
            status: .true, reason: "ScopesOrdered",
            message:
                "systemd stops the scopes of \(ordered) container\(ordered == 1 ? "" : "s") before shutdown.target."
        )
    }
}
