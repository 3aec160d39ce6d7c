// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Verdicts in words.
extension PLEGCase {
    func finding(_ complaint: Signal, _ culprit: Culprit) -> Finding {
        let since = since(complaint)
        let words = words(culprit)
        var evidence = [Evidence.journal(complaint)]
        if let line = words.proof { evidence.insert(.journal(line), at: 0) }
        return Finding(
            cause: words.cause, severity: words.cause == .unexplained ? .warning : .critical, confirmed: true,
            since: since, sentence: words.sentence,
            explanation: words.explanation + threshold(complaint), impact: impact, evidence: evidence,
            nextSteps: words.steps + [
                NextStep("see what the kubelet says", "journalctl -u \(unit) -g 'PLEG|relist' -n 20")
            ],
            clearsWhen:
                "the kubelet calls its node ready, or does not complain for \(configuration.symptomWindow.brief)",
            inquiries: facts.runtimes.map { .probe($0.endpoint, from: .version) })
    }

    private struct Words {
        var cause: Cause
        var sentence: String
        var explanation: String
        var proof: Signal?
        var steps: [NextStep] = []
    }

    private func words(_ culprit: Culprit) -> Words {
        switch culprit {
        case .storage(let line):
            return Words(
                cause: .storageHangs,
                sentence: "the kubelet cannot relist its pods: a task on this node hangs in the kernel",
                explanation:
                    "While something waits for storage that does not answer, the calls that touch it do not end: \(line.excerpt.clause(200))",
                proof: line,
                steps: [
                    NextStep(
                        "see which tasks hang, and where",
                        "ps -eo pid,ppid,state,wchan:32,args | awk '$3 == \"D\"'")
                ])
        case .sandbox(let line): return sandboxWords(line)
        case .runtime(let line):
            return Words(
                cause: .runtimeHangs,
                sentence: "the kubelet cannot relist its pods: the runtime does not answer it",
                explanation: line == nil
                    ? "The runtime does not answer crihealthd's calls either."
                    : "The call that lists all pods or containers times out.", proof: line,
                steps: runtimeSteps)
        case .unknown:
            return Words(
                cause: .unexplained, sentence: "the kubelet cannot relist its pods",
                explanation: "What hangs is not known. \(ruledOut)", steps: runtimeSteps)
        }
    }

    private func sandboxWords(_ line: Signal) -> Words {
        let sandbox = line.captures["sandbox"], container = line.captures["container"]
        let id = sandbox ?? container ?? ""
        let what = sandbox == nil ? "container" : "sandbox"
        let pod = line.captures["pod"].map { " (pod \($0.bounded(100)))" } ?? ""
        let endpoint = facts.runtimes.first.map(\.endpoint).flatMap {
            $0.socketPath.isEmpty ? nil : $0.address
        }
        let ask: ShellCommand? = endpoint.map {
            sandbox == nil
                ? "crictl --runtime-endpoint \($0) --timeout 10s inspect \(id)"
                : "crictl --runtime-endpoint \($0) --timeout 10s inspectp \(id)"
        }
        return Words(
            cause: .sandboxHangs,
            sentence: "the kubelet cannot relist its pods: the call for \(what) \(id.prefix(12))\(pod) hangs",
            explanation:
                "The runtime does not report the state of \(what) \(id.bounded(64)) within the deadline; the relist waits for it, and with it every other pod.",
            proof: line,
            steps: (ask.map { [NextStep("ask for it by hand", $0)] } ?? [])
                + [NextStep("find its shim and what that waits for (state D?)", "pgrep -af \(id)")])
    }

    private var runtimeSteps: [NextStep] {
        facts.runtimes.prefix(1).filter { !$0.endpoint.socketPath.isEmpty }.map {
            NextStep(
                "see whether it lists its pods in time",
                "crictl --runtime-endpoint \($0.endpoint.address) --timeout 30s pods")
        }
    }

    /// What else it could be, as far as that was looked at.
    private var ruledOut: String {
        var parts: [String] = []
        if let runtime = facts.runtimes.first(where: { $0.api.answeredAt != nil && $0.api.failing == nil }),
            let at = runtime.api.answeredAt
        {
            parts.append("\(runtime.name) answers crihealthd (last at \(at.wall.clock) UTC)")
        }
        parts.append("no line names a sandbox whose call hangs")
        parts.append("no line of a task that hangs in the kernel was seen")
        return "Ruled out so far: \(parts.joined(separator: "; "))."
    }

    private func threshold(_ complaint: Signal) -> String {
        guard let since = complaint.captures["since"],
            let limit = complaint.captures["threshold"]?.prefix(while: {
                $0.isLetter || $0.isNumber || $0 == "."
            })
        else { return "" }
        return
            " Its last relist ended \(since.bounded(40)) before its complaint; \(String(limit).bounded(20)) is what it tolerates."
    }

    private var impact: Impact {
        Impact(
            sentence:
                "The kubelet does not see pods end or start: nothing is restarted, and the node becomes NotReady. Running containers keep running.",
            pods: facts.runtimes.first?.readyPods, runningContainers: facts.runtimes.first?.runningContainers)
    }
}
