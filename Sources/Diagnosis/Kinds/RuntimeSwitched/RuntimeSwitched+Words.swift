// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Findings of the three forms. An incident that is over keeps the words of its widest hour: depth grows with the count.
extension RuntimeCase<RuntimeSwitched> {
    func finding(_ blocked: BlockedStart, _ leftovers: [ContainerFacts.Entry]) -> Finding {
        let first = Evidence.journal(
            blocked.last.signal,
            "\(name) has tried \(blocked.count) times to kill \(blocked.ids.count) container\(plural(blocked.ids.count)): "
                + blocked.last.signal.words)
        let activating = blocked.startedAt.map { began in
            Evidence(
                at: began.wall, source: .systemd,
                summary:
                    "\(runtime.unit.name) has been starting since \(began.wall.date) \(began.wall.clock) UTC and is not ready",
                command: "systemctl show -p ActiveState,SubState \(runtime.unit.name)")
        }
        return Finding(
            cause: .startBlocked, weight: leftovers.count, severity: .critical,
            confirmed: !leftovers.isEmpty || blocked.count >= 2,
            since: blocked.since,
            sentence:
                "\(name) does not become ready: it cannot kill containers of \(made(leftovers)) through \(asked)",
            explanation:
                "\(name) wants to remove containers at its start and asks \(asked) for them, but \(made(leftovers)) created them. Every kill fails, the retries slow down, and the start never finishes.",
            impact: Impact(
                sentence:
                    "No pod can be started or stopped on this node."
                    + (leftovers.isEmpty
                        ? ""
                        : " \(count(leftovers)) of the old OCI runtime keep running and hold ports and files\(names(leftovers))."),
                pods: runtime.readyPods),
            evidence: [first] + [activating].compactMap { $0 } + evidence(leftovers),
            nextSteps: [
                NextStep("see which OCI runtime made what still runs", Self.listMonitors),
                NextStep(
                    "go back to the old default, in a file that is read last",
                    "printf '[crio.runtime]\\ndefault_runtime = \"\(name: handlerOf(leftovers))\"\\n' > /etc/crio/crio.conf.d/99-rollback.conf"
                ),
                NextStep(
                    "kill the hung start; systemd starts it again",
                    "systemctl kill --kill-who=main -s KILL \(runtime.unit.name)"),
            ] + facts.drainAndReboot, clearsWhen: clearsWhen, inquiries: followUp)
    }

    func finding(_ leftovers: [ContainerFacts.Entry]) -> Finding {
        let orphaned = leftovers.allSatisfy { $0.denial == .unlisted }
        let since = leftovers.compactMap(\.deniedSince).min { $0.monotonic < $1.monotonic } ?? now
        let begin = runtime.unit.startedAt.flatMap { $0.monotonic < since.monotonic ? $0 : nil } ?? since
        let conflicts = AddressConflict.all(facts, configuration).filter { conflict in
            conflict.leftover.map { left in leftovers.contains { $0.processes.id == left.processes.id } }
                ?? false
        }
        let isMixed = !orphaned && leftovers.contains { $0.denial == .unlisted }
        let denied =
            orphaned ? "no longer lists" : "takes for exited" + (isMixed ? " or no longer lists" : "")
        return Finding(
            cause: orphaned ? .containersOrphaned : .containersLost,
            weight: leftovers.count,
            severity: .critical, confirmed: true, since: begin,
            sentence:
                "\(name) asks \(asked) for containers of \(made(leftovers)): \(count(leftovers)) still run\(leftovers.count == 1 ? "s" : "") that it \(denied)",
            explanation:
                "The default OCI runtime changed while containers ran. A container without a handler of its own is looked up in the current default, which does not know it; \(name) reports it dead while its processes keep running."
                + (conflicts.first.map { " " + $0.sentence } ?? ""),
            impact: Impact(
                sentence:
                    "\(count(leftovers)) run\(leftovers.count == 1 ? "s" : "") without control and hold\(leftovers.count == 1 ? "s" : "") ports and files; replacements fail or run twice\(names(leftovers))."
            ),
            evidence: conflicts.flatMap(\.evidence).prefix(4) + evidence(leftovers)
                + lostStates.suffix(2).map { Evidence.journal($0) },
            nextSteps: steps(leftovers), clearsWhen: clearsWhen, inquiries: followUp)
    }

    /// The name in CRI-O's configuration of the OCI runtime that made the leftovers.
    private func handlerOf(_ leftovers: [ContainerFacts.Entry]) -> String {
        guard let made = leftovers.lazy.compactMap({ $0.processes.monitor?.identity }).first else {
            return "runc"
        }
        return containers.configuration?.value.handler(of: made)?.name ?? made.kind
    }

    // MARK: Words

    static let listMonitors: ShellCommand = "ps -eo pid,lstart,args | grep '[c]onmon'"

    var clearsWhen: String {
        "no process of a container that \(name) lost is alive, and \(name) answers (a reboot does both)"
    }

    var asked: String {
        (today ?? runtime.blockedStart?.last.identity)?.label ?? "another OCI runtime"
    }

    func plural(_ count: Int) -> String { count == 1 ? "" : "s" }

    private func count(_ leftovers: [ContainerFacts.Entry]) -> String {
        leftovers.isEmpty ? "containers" : "\(leftovers.count) container\(plural(leftovers.count))"
    }

    private func made(_ leftovers: [ContainerFacts.Entry]) -> String {
        let labels = Set(leftovers.compactMap { $0.processes.monitor?.identity?.label }).sorted()
        return labels.isEmpty ? "another OCI runtime" : labels.joined(separator: ", ")
    }

    /// The blast radius: every leftover.
    private func names(_ leftovers: [ContainerFacts.Entry]) -> String {
        let all = leftovers.map(\.label)
        guard !all.isEmpty else { return "" }
        return ": " + all.prefix(40).joined(separator: ", ")
            + (all.count > 40 ? " and \(all.count - 40) more" : "")
    }

    private func evidence(_ leftovers: [ContainerFacts.Entry]) -> [Evidence] {
        leftovers.prefix(4).map { entry in
            Evidence(
                at: entry.lastSeen.wall, source: .node,
                summary: entry.aliveSentence + (today.map { "; asked today: \($0.label)" } ?? ""),
                command: (entry.processes.monitor?.pid ?? entry.processes.anyPID).map {
                    "tr '\\0' ' ' < /proc/\($0)/cmdline"
                })
        } + leftovers.prefix(2).compactMap { $0.denialEvidence(runtime.endpoint) }
            + leftovers.prefix(2).compactMap { entry in
                containers.scopes[entry.processes.id].map {
                    Evidence(
                        at: $0.at.wall, source: .systemd,
                        summary: "\($0.value.name): \($0.value.description)",
                        command: "systemctl show -p Description \($0.value.pattern)")
                }
            } + configurationEvidence
    }

    /// Which file decides today's default, and since when.
    var configurationEvidence: [Evidence] {
        guard let configuration = containers.configuration, let file = configuration.value.decidingFile,
            let name = file.defaultRuntime,
            runtime.unit.startedAt.map({ configuration.at.monotonic >= $0.monotonic }) ?? true
        else { return [] }
        let changed = (file.changedAt ?? file.modifiedAt).map { ", changed \($0.date) \($0.clock) UTC" } ?? ""
        let start =
            runtime.unit.startedAt.map { "; CRI-O started \($0.wall.date) \($0.wall.clock) UTC" } ?? ""
        return [
            Evidence(
                at: configuration.at.wall, source: .node,
                summary: "\(file.path) sets default_runtime = \"\(name)\"\(changed)\(start)",
                command: "grep -rn default_runtime /etc/crio/")
        ]
    }

    private func steps(_ leftovers: [ContainerFacts.Entry]) -> [NextStep] {
        let identity = leftovers.first?.processes.monitor
        let runtimePath = identity?.runtimePath ?? "runc"
        let root = identity?.runtimeRoot.map { ["--root", $0] } ?? []
        guard let id = leftovers.first?.processes.id else { return [facts.cordon] + facts.drainAndReboot }
        return [
            NextStep("see every leftover: conmon, its OCI runtime and its container", Self.listMonitors),
            NextStep("make sure that this is the one that created it", "\(words: [runtimePath] + root) list"),
            facts.cordon,
            NextStep(
                "kill a leftover through the OCI runtime that created it",
                "\(words: [runtimePath] + root) kill \(id) TERM"
            ),
        ] + facts.drainAndReboot
    }

    var followUp: [Inquiry] {
        ContainerQuestions(facts, configuration).followUp
            + [.probe(runtime.endpoint, from: .version), .unit(runtime.unit.name)]
    }
}
