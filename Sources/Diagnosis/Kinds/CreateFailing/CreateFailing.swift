import HealthModel

/// CRI calls itself ready, and sandboxes or containers cannot be created.
///
/// containerd's `RuntimeReady` is constant (internal/cri/server/status.go): only the failures themselves tell. A cause
/// that concerns the node (no space, no OCI runtime) needs one failure; anything else needs several, over several pods.
struct CreateFailing: Diagnosis {
    static let kind = IncidentKind.createFailing

    func assess(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> [(subject: String, Assessment)] {
        Self.cases(facts.runtimes, facts, configuration) { $0.assess() }
    }

    struct Reason {
        var name: Cause
        var explanation: String
        var proof: Signal
        var steps: [NextStep]
        var inquiries: [Inquiry]
    }

    /// Binaries that every container of the node needs; any other missing executable is the workload's own.
    static let ociRuntimes = [
        "runc", "crun", "kata-runtime", "youki", "runsc", "conmon", "crio-runc", "crio-crun", "crio-conmon",
    ]

    /// What a failure of the network says.
    fileprivate static let network = Phrases(
        "setup network for sandbox", "pod network sandbox", "cni plugin", "is reserved for")

    /// What a failure of the image or of the pod itself says.
    fileprivate static let workload = Phrases(
        "starting container process caused", "unable to start container process: exec", "failed to pull",
        "failed to resolve", "not found in $PATH: unknown")
}

extension RuntimeCase<CreateFailing> {
    private var unit: String { runtime.unit.name }

    func assess() -> Assessment {
        if let success = clearedBy { return .cleared(success) }
        if let cause = noSpace ?? missingRuntime ?? generic { return .holds(finding(cause)) }
        return .unknown(inquiries: [])
    }

    private var failures: [Signal] {
        let success =
            facts.signals.last(.createSucceeded, unit: unit)?.at.monotonic
            ?? MonotonicTime(microseconds: .min)
        return facts.signals.all(.createFailed).filter { concerns($0) && $0.at.monotonic > success }
    }

    // MARK: Evidence that it is well

    private var clearedBy: Evidence? {
        let names: [SignalName] = [.createFailed, .noSpace, .binaryMissing]
        let last = names.flatMap { facts.signals.all($0).filter(concerns) }.map(\.at.monotonic).max()
        if let success = facts.signals.last(.createSucceeded, unit: unit),
            success.at.monotonic > last ?? MonotonicTime(microseconds: .min)
        {
            return Evidence.journal(success, "\(runtime.name) created a pod or container again")
        }
        guard let last else { return nil }
        if noSpaceSignal != nil, let answer = noSpaceAnswer, answer.at.monotonic > last, !answer.value.isFull
        {
            return Evidence(
                at: answer.at.wall, source: .node,
                summary: "\(answer.value.path) has \(answer.value.availableBytes >> 20) MiB free again",
                command: "df -h \(answer.value.path)")
        }
        if let name = missingRuntimeSignal.flatMap(Self.binary), let answer = facts.answers.binaries[name],
            answer.at.monotonic > last, let path = answer.value
        {
            return Evidence(
                at: answer.at.wall, source: .node, summary: "\(name) is there again: \(path)",
                command: "ls -l \(path)")
        }
        return nil
    }

    // MARK: Causes

    /// ENOSPC of a creation, or where the runtime keeps its state: a workload's own full volume is not it.
    private var noSpaceSignal: Signal? {
        let signals = facts.signals.all(.noSpace)
        guard !signals.isEmpty else { return nil }
        let success = facts.signals.last(.createSucceeded, unit: unit)?.at.monotonic
        let failed = Set(failures.map(\.cursor))
        let directories = runtime.directories
        return signals.last { signal in
            guard signal.unit == unit, signal.at.monotonic > success ?? MonotonicTime(microseconds: .min)
            else {
                return false
            }
            if !signal.cursor.isEmpty, failed.contains(signal.cursor) { return true }
            if let path = signal.captures["path"] { return directories.contains { path.hasPrefix($0 + "/") } }
            return noSpaceAnswer?.value.isFull == true
        }
    }

    /// The fullest of the file systems that hold the runtime's state.
    private var noSpaceAnswer: NodeAnswers.Dated<FileSystemUsage>? {
        let answers = runtime.directories.compactMap {
            facts.answers.fileSystems[$0]
        }
        return answers.first { $0.value.isFull }
            ?? answers.min { $0.value.availableBytes < $1.value.availableBytes }
    }

    private var noSpace: CreateFailing.Reason? {
        guard let signal = noSpaceSignal else { return nil }
        let directories = runtime.directories
        let full = noSpaceAnswer.flatMap { $0.value.isFull ? $0.value.path : nil }
        return .init(
            name: .diskFull,
            explanation:
                "No space is left on \(full ?? signal.captures["path"].map { "the file system of \($0.bounded(120))" } ?? "the file system that \(runtime.name) writes to").",
            proof: signal,
            steps: [
                NextStep("see how full it is", "df -h \(words: directories)"),
                NextStep("see which images there are, and how large", crictl("images")),
            ], inquiries: [.fileSystems(paths: directories)])
    }

    private var missingRuntimeSignal: Signal? {
        facts.signals.all(.binaryMissing).last { signal in
            signal.unit == unit && Self.binary(signal).map { CreateFailing.ociRuntimes.contains($0) } == true
        }
    }

    private static func binary(_ signal: Signal) -> String? {
        guard let path = signal.captures["name"] ?? signal.captures["path"] else { return nil }
        return path.split(separator: "/").last.map(String.init)
    }

    private var missingRuntime: CreateFailing.Reason? {
        guard runtime.unit.exit?.status != 203, let signal = missingRuntimeSignal,
            let name = Self.binary(signal)
        else { return nil }
        if let success = facts.signals.last(.createSucceeded, unit: unit),
            success.at.monotonic > signal.at.monotonic
        {
            return nil
        }
        return .init(
            name: .ociRuntimeMissing,
            explanation:
                "The OCI runtime \(name) cannot be executed: containers that run go on, and can be neither stopped nor replaced.",
            proof: signal,
            steps: [
                NextStep("see whether it is there", "command -v \(name)"),
                NextStep(
                    "see which package brings it (rpm -qf, where packages are rpms), and reinstall that one",
                    "dpkg -S '*/\(name: name)'"),
            ], inquiries: [.binary(name: name)])
    }

    private var generic: CreateFailing.Reason? {
        let limit = facts.now.monotonic - configuration.createWindow
        let recent = failures.filter {
            $0.at.monotonic >= limit && !Self.isNetwork($0) && !Self.isWorkload($0)
        }
        let pods = Set(recent.compactMap { $0.captures["pod"] ?? $0.captures["container"] })
        guard recent.count >= configuration.createFailures, pods.count >= 2, let last = recent.last else {
            return nil
        }
        let detail = (last.captures["detail"] ?? last.excerpt).bounded(240)
        let cgroup = detail.contains("cgroup")
        let shim = detail.contains("shim") && !detail.contains("OCI runtime")
        return .init(
            name: cgroup
                ? .cgroupError
                : shim ? .shimError : detail.contains("OCI runtime") ? .ociRuntimeError : .createError,

            explanation:
                "The last \(recent.count) attempts failed, over \(pods.count) pods, most recently: \(detail).",
            proof: last,
            steps: [NextStep("read the errors", "journalctl -u \(unit) -g 'failed, error' -n 20")],
            inquiries: [])
    }

    private static func text(_ signal: Signal) -> String { signal.captures["detail"] ?? signal.excerpt }

    /// Explained by NetworkNotReady.
    private static func isNetwork(_ signal: Signal) -> Bool { CreateFailing.network.areIn(text(signal)) }

    /// The image's or the pod's own fault: the runtime did as it was told.
    private static func isWorkload(_ signal: Signal) -> Bool { CreateFailing.workload.areIn(text(signal)) }

    private func finding(_ cause: CreateFailing.Reason) -> Finding {
        let failures = failures
        return Finding(
            cause: cause.name, severity: .critical, confirmed: true,
            since: cause.proof.at,
            sentence: "\(runtime.name) cannot create pods or containers",
            explanation: cause.explanation,
            impact: Impact(
                sentence:
                    "New pods stay in ContainerCreating; \(runtime.name) still calls itself ready, so nothing is moved away.",
                pods: runtime.readyPods, runningContainers: runtime.runningContainers),
            evidence: [Evidence.journal(cause.proof)] + spaceEvidence(cause)
                + failures.suffix(3).reversed().map { Evidence.journal($0) },
            nextSteps: cause.steps + [
                NextStep("see what fails", "journalctl -u \(unit) -g 'level=error' -n 20")
            ],
            clearsWhen: "\(runtime.name) creates a pod or container again"
                + (cause.name == .diskFull ? ", or space is free again" : ""),
            inquiries: cause.inquiries)
    }

    private func spaceEvidence(_ cause: CreateFailing.Reason) -> [Evidence] {
        guard cause.name == .diskFull, let answer = noSpaceAnswer else { return [] }
        let usage = answer.value
        return [
            Evidence(
                at: answer.at.wall, source: .node,
                summary: "\(usage.path): \(usage.availableBytes >> 20) of \(usage.totalBytes >> 20) MiB free",
                command: "df -h \(usage.path)")
        ]
    }
}

extension FileSystemUsage {
    /// Whether nothing more can be trusted to be written: less than 64 MiB or a twentieth, or no inode.
    fileprivate var isFull: Bool {
        availableBytes < min(64 << 20, totalBytes / 20) || availableInodes == 0
    }
}
