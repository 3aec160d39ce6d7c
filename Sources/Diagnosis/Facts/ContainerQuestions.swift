// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What diagnoses of containers want to know next, and when: a look through all processes is not free.
struct ContainerQuestions {
    let facts: NodeFacts
    let configuration: EngineConfiguration

    init(_ facts: NodeFacts, _ configuration: EngineConfiguration) {
        self.facts = facts
        self.configuration = configuration
    }

    private var managed: [RuntimeFacts] {
        facts.runtimes.filter { $0.manages(.crio) || $0.manages(.containerd) }
    }

    /// What is due while nothing is known to be wrong.
    var all: [Inquiry] {
        guard !managed.isEmpty else { return [] }
        var wanted: [Inquiry] = []
        if isScanDue { wanted.append(.containerProcesses) }
        if managed.contains(where: { $0.manages(.crio) }) {
            if isDue(facts.containers.configuration?.at) { wanted.append(.runtimeConfiguration) }
            wanted += scopes
        }
        return wanted
    }

    /// What is asked again and again while something is wrong.
    var followUp: [Inquiry] { [.containerProcesses, .runtimeConfiguration, .tcpListeners] + scopes }

    /// Scopes of containers that nobody has read yet, a bounded number at once.
    var scopes: [Inquiry] {
        let unread = facts.containers.entries.values.filter { entry in
            entry.processes.manager == .crio && !entry.processes.pids.isEmpty
                && facts.containers.scopes[entry.processes.id]?.value.defaultDependencies == nil
        }.map(\.processes.id).sorted().prefix(32)
        return unread.isEmpty ? [] : [.scopes(containers: Array(unread))]
    }

    /// Never looked, too long ago, before a runtime's last start, or somebody is denied and it is not settled.
    private var isScanDue: Bool {
        guard let scanned = facts.containers.scannedAt else {
            return managed.contains { $0.containersAt != nil }
        }
        if isDue(scanned) { return true }
        let unsettled = facts.containers.entries.values.contains {
            $0.denial != nil && !$0.isLost(after: configuration.lossGrace)
        }
        let unsure = facts.signals.last(.containerStateUnknown, since: scanned.monotonic) != nil
        return unsettled || unsure || isNewOneUnseen(since: scanned)
    }

    /// CRI-O lists a running container that no look has seen, or one look alone, with nothing but its monitor, as while it
    /// was being created: its scope tells how it would end.
    private func isNewOneUnseen(since scanned: Moment) -> Bool {
        guard facts.now.monotonic - scanned.monotonic >= configuration.unseenInterval else { return false }
        return managed.contains { runtime in
            guard runtime.manages(.crio), let listed = runtime.containersAt,
                listed.monotonic > scanned.monotonic
            else { return false }
            return (runtime.containers ?? []).contains {
                guard $0.state == .running else { return false }
                return facts.containers.entries[$0.id].map {
                    $0.processes.pids.isEmpty && $0.firstSeen == $0.lastSeen
                } ?? true
            }
        }
    }

    private func isDue(_ last: Moment?) -> Bool {
        guard let last else { return true }
        if facts.now.monotonic - last.monotonic >= configuration.scanInterval { return true }
        return managed.contains { runtime in
            guard let start = runtime.unit.startedAt?.monotonic ?? runtime.unit.phaseSince?.monotonic else {
                return false
            }
            return start > last.monotonic
        }
    }
}
