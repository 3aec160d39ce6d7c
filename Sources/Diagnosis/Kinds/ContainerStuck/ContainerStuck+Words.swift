// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension RuntimeCase<ContainerStuck> {
    private var waiting: NextStep {
        NextStep("see what is blocked in the kernel, and on what", "ps -eo pid,etime,stat,wchan:32,args")
    }

    func finding(_ creation: Creation) -> Finding {
        let who = creation.pod ?? "a pod"
        let more = creation.count > 1 ? " and \(creation.count - 1) more" : ""
        let stage = creation.stage.map { " at stage \"\($0.bounded(60))\"" } ?? ""
        let sentence =
            creation.isStale
            ? "names of earlier sandboxes are still taken: \(who)\(more) cannot be made"
            : "the creation of \(who)\(more) hangs on \(name)\(stage)"
        return Finding(
            cause: creation.isStale ? .staleNames : .createHangs, severity: .warning, confirmed: true,
            since: creation.since, sentence: sentence, explanation: explanation(creation),
            impact: Impact(
                sentence: "\(who)\(more) stays in ContainerCreating; each retry is refused or waits.",
                pods: creation.count),
            evidence: creation.proofs.suffix(4).reversed().map { Evidence.journal($0) }
                + (creation.proofs.count > 4 ? [.journal(creation.proofs[0])] : []),
            nextSteps: steps(creation),
            clearsWhen:
                "the pod's sandbox and containers are made, or nothing is logged about it for ten minutes",
            inquiries: [.probe(runtime.endpoint, from: .pods)])
    }

    private func explanation(_ creation: Creation) -> String {
        if creation.isStale {
            return
                "\(name) holds the name for a sandbox that already exists in its state, usually from before a reboot, and the kubelet asks for a new one."
        }
        let said = creation.proofs.last.map { " It says: \($0.excerpt.clause(240))" } ?? ""
        let wait =
            switch creation.stage {
            case nil: "for a CNI plugin, a shim, a mount, or a disk"
            case let stage? where stage.contains("network"): "for the CNI plugin"
            case let stage? where stage.contains("volume"):
                "for a volume (relabelling or changing the owner of a big one goes file by file)"
            case let stage? where stage.contains("storage") || stage.contains("shm"):
                "for the disk of the storage"
            case let stage? where stage.contains("runtime"): "for the OCI runtime, conmon or systemd"
            default: "for what that stage needs"
            }
        return
            "The first request has been pending since \(creation.since.wall.clock) UTC: it waits \(wait). Later requests for the same name are refused: the name is reserved.\(said)"
    }

    private func steps(_ creation: Creation) -> [NextStep] {
        if creation.isStale {
            return [NextStep("see the sandboxes that the runtime holds", crictl("pods"))]
        }
        return [
            waiting, NextStep("see how busy the disks are", "cat /proc/pressure/io"),
            NextStep("see the pod's sandboxes", crictl("pods")),
        ]
    }

    func finding(_ stop: Stop) -> Finding {
        let id = stop.id.map { String($0.prefix(13)) }
        let who = [stop.pod, id].compactMap { $0 }.joined(separator: ", ")
        let more = stop.count > 1 ? " and \(stop.count - 1) more" : ""
        let isShim = stop.cause == .shimUnresponsive
        let isDenied = stop.proofs.last?.captures["reason"] == "denied"
        let target = who.isEmpty ? "a container" : who
        return Finding(
            cause: stop.cause, severity: .warning, confirmed: true, since: stop.since,
            sentence: isShim
                ? "the shim of \(target)\(more) does not answer \(name)"
                : "\(target)\(more) cannot be stopped by \(name)",
            explanation: (isShim
                ? "Calls to the shim time out: it was stopped, or it waits for a stuck task."
                : isDenied
                    ? "The kernel does not let the OCI runtime signal the container (permission denied): a security profile of one of them, as AppArmor's profile of runc, which containerd's own profile for containers does not name."
                    : "The stop did not finish in time: the container's processes do not exit (state D, a frozen cgroup, a volume that does not answer), or their exit was not noticed.")
                + volume(stop) + " It says: \(lastWords(stop.proofs)).",
            impact: Impact(
                sentence: stop.isAskedFor
                    ? "The pod stays in Terminating, and what replaces it may wait for it."
                    : "It runs on as it is: no exec, no probe by command, no stop reaches it.", pods: 1),
            evidence: stop.proofs.suffix(4).reversed().map { Evidence.journal($0) }
                + (stuckVolume.map { [Evidence.journal($0)] } ?? []),
            nextSteps: [
                isDenied
                    ? NextStep(
                        "see what the kernel denied",
                        "journalctl -k -g 'apparmor=\"DENIED\"|avc:  denied' -n 20")
                    : isShim
                        ? NextStep(
                            "see the shims and their state (T: stopped, D: in the kernel)",
                            "ps -eo pid,stat,wchan:32,args") : waiting,
                NextStep(
                    "see what the runtime knows",
                    crictl(stop.id.map { "ps -a --id \($0.filter(\.isHexDigit))" } ?? "ps -a")),
            ],
            clearsWhen:
                "it is stopped, is no longer listed as running, or nothing is logged about it for ten minutes",
            inquiries: [.probe(runtime.endpoint, from: .pods)])
    }

    /// A volume that does not unmount, around the same time.
    private var stuckVolume: Signal? { recent([.volumeStuck]).last }

    private func volume(_ stop: Stop) -> String {
        guard let driver = stuckVolume?.captures["driver"] else { return "" }
        return
            " A volume of \(driver.bounded(60)) does not unmount either: what it is mounted from may not answer."
    }

    private func lastWords(_ proofs: [Signal]) -> String {
        let text = (proofs.last?.text ?? "").filter { $0 != "\\" }
        // The end of a Go error is its cause.
        return text.utf8.count <= 260 ? text : "… " + String(text.suffix(240))
    }

    func finding(startLost lost: [(container: Container, proof: Signal)]) -> Finding {
        let labels = lost.map { $0.container.label }.sorted()
        return Finding(
            cause: .startLost, severity: .warning, confirmed: true, since: lost[0].proof.at,
            sentence: "\(labels.prefix(3).joined(separator: ", ").bounded(200)): created but never started",
            explanation:
                "\(name) was restarted while it started them: the new process killed their shims, keeps them as Created, and the kubelet waits.",
            impact: Impact(sentence: "These pods do not recover by themselves.", pods: labels.count),
            evidence: lost.prefix(4).map { Evidence.journal($0.proof) },
            nextSteps: [
                NextStep("list what was created but not started", crictl("ps -a --state created"))
            ], clearsWhen: "no such container is listed as created",
            inquiries: [.probe(runtime.endpoint, from: .pods)])
    }

    func finding(shimLost lost: [Signal], _ left: [PodSandbox]?) -> Finding {
        let names = Set((left ?? []).map { "\($0.namespace)/\($0.name)" }).sorted()
        return Finding(
            cause: .shimLost, severity: .warning, confirmed: true, since: lost[0].at,
            sentence: names.isEmpty
                ? "a shim died" : "the shim of \(names.prefix(3).joined(separator: ", ")) died".bounded(300),
            explanation:
                "\(name) lost the connection to a shim without an exit status of its task: the shim was killed or crashed. The runtime itself did not fail. \(fate(of: left, Set(lost.compactMap { $0.captures["id"] })))",
            impact: Impact(sentence: "The pod is not ready until the kubelet replaces it."),
            evidence: lost.suffix(6).map { Evidence.journal($0) },
            nextSteps: [
                NextStep("see which pods are not ready", crictl("pods --state notready")),
                NextStep(
                    "see whether the kernel killed it (it logs OOM kills and crashes, not kill -9)",
                    "journalctl -k -g 'Killed process|segfault' -n 20"),
            ],
            clearsWhen: "each pod that lost its shim is gone from the list, or has a sandbox that is ready",
            inquiries: [.probe(runtime.endpoint, from: .pods)])
    }

    /// What became of the containers: in a scope of their own (systemd driver, cgroup v2) they outlive their shim.
    private func fate(of left: [PodSandbox]?, _ ids: Set<String>) -> String {
        let sandboxes = Set((left ?? []).map(\.id)).union(ids)
        let members = (runtime.containers ?? []).filter { sandboxes.contains($0.podSandboxID) }.map(\.id)
        let alive = Set(members).union(sandboxes).compactMap { facts.containers.entries[$0]?.label }
        if !alive.isEmpty {
            return
                "Some of its processes are still alive, and nothing monitors them: \(alive.sorted().joined(separator: ", "))."
                .bounded(400)
        }
        guard left != nil, let scan = facts.containers.scannedAt, let listed = runtime.podsAt,
            scan.monotonic >= listed.monotonic
        else { return "The runtime stops the sandbox; a container's own processes may survive." }
        return "No process of its containers is left."
    }
}
