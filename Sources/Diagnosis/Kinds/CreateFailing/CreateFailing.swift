// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// CRI calls itself ready, and sandboxes or containers cannot be created.
///
/// containerd's `RuntimeReady` is constant (internal/cri/server/status.go): only the failures themselves tell. A text that
/// only the node can cause (the sandbox image, no OCI runtime, cgroup drivers) needs one failure; anything else two pods.
struct CreateFailing: Diagnosis {
    static let kind = IncidentKind.createFailing

    func assess(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> [(subject: String, Assessment)] {
        Self.cases(facts.runtimes, facts, configuration) { $0.assess() }
    }

    func nextDeadline(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> MonotonicTime? {
        guard let last = facts.signals.last(.createFailed)?.at.monotonic else { return nil }
        return [last + Self.lookTime, last + Self.quiet].first { $0 > facts.now.monotonic }
    }

    /// How long a look at the node is waited for, where somebody looks.
    static let lookTime: Duration = .seconds(5)

    /// After so long without a failure, what only the pods concerned could refute is over: the kubelet tries again after at
    /// most five minutes.
    static let quiet: Duration = .seconds(600)

    /// Devices of the kernel that only runtimes of virtual machines need.
    static let virtualization: Set<String> = [
        "kvm", "KVM", "vhost-vsock", "vhost-net", "vsock", "mshv",
    ]

    /// One pod's attempts that are no passing trouble any more.
    static let attempts = 3

    /// Causes that a container seldom brings about itself.
    static let ofNodes: Set<Cause> = [.cgroupError, .mountFailed, .shimError]

    /// Causes that a sandbox, which runs nothing of the pod's, seldom brings about itself.
    static let ofSandboxes: Set<Cause> = [.ociRuntimeError, .createError]

    /// Causes that say something of some pods only: their handler, hook, profile. Others' successes say nothing of them.
    static let ofSomePods: Set<Cause> = [
        .runtimeHandlerMissing, .hookFailed, .seccompFailed, .createError, .ociRuntimeError, .shimError,
    ]
}

extension RuntimeCase<CreateFailing> {
    func assess() -> Assessment {
        let all = causes
        guard !all.isEmpty else {
            guard let success = facts.signals.all(.createSucceeded).last(where: concerns) else {
                return .unknown(inquiries: [])
            }
            return .cleared(Evidence.journal(success, "\(name) created a pod or container"))
        }
        let standing = all.filter { isOver($0) == nil && !isQuiet($0) }
        if let told = nearest(of: standing.filter(opens)) {
            return .holds(finding(sinceLastSuccess(told, by: refuter(told)), .critical))
        }
        if let told = nearest(of: standing.filter(isStubborn)) { return .holds(finding(told, .warning)) }
        if let evidence = all.compactMap(isOver).max(by: { $0.at < $1.at }) { return .cleared(evidence) }
        if all.allSatisfy(isQuiet) {
            return .expired("no creation has failed this way for \(CreateFailing.quiet.brief)")
        }
        return .unknown(inquiries: [])
    }

    /// What the lines tell, nearest to the root first. Failures that no class knows are the OCI runtime's where the frame says
    /// so, else nobody's.
    private var causes: [Told] {
        let known: [SignalName] = [.createFailed, .pullFailed, .binaryMissing]
        let named = known.flatMap { facts.signals.all($0, of: .createFailing) }.kept(concerns)
        let unknown = facts.signals.all(.createFailed, of: nil).kept {
            $0.stageName != "status" && concerns($0)
        }
        guard !named.isEmpty || !unknown.isEmpty else { return [] }
        let taken = Dictionary(grouping: unknown) { $0.captures["by"] == "oci-runtime" }
        let refused = (taken[true] ?? []).map { signal in
            var signal = signal
            signal.captures["kind"] = IncidentKind.createFailing.rawValue
            signal.captures["cause"] = Cause.ociRuntimeError.rawValue
            return signal
        }
        let told = Told.all(.createFailing, named + refused)
        guard let nobodys = taken[false] else { return told }
        return told + [Told(cause: .createError, signals: nobodys)]
    }

    /// Whether it is an incident: what only the node can cause at once, the rest over two pods.
    private func opens(_ told: Told) -> Bool {
        if told.isOfNode {
            return told.last.stageName != "status" || isOnlyTold
        }
        guard let recent = told.since(told.last.at.monotonic - configuration.createWindow),
            recent.isOfTwoPods
        else { return false }
        return told.cause != .createError || recent.failures >= configuration.createFailures
    }

    /// One pod that fails again and again, with words that are not known to be its own: whose fault it is stays open. A container
    /// depends on what its pod asks for, a sandbox hardly.
    private func isStubborn(_ told: Told) -> Bool {
        let isOfSandbox = told.stage == "sandbox" && CreateFailing.ofSandboxes.contains(told.cause)
        guard isOfSandbox || CreateFailing.ofNodes.contains(told.cause) else { return false }
        return (told.since(told.last.at.monotonic - configuration.createWindow)?.attempts ?? 0)
            >= CreateFailing.attempts
    }

    /// Nothing but lines is known of its Status: where it is asked, RuntimeDown tells.
    private var isOnlyTold: Bool { runtime.statusAt == nil && api.failing == nil }

    func refuter(_ told: Told) -> Refuter {
        let isOfSome =
            CreateFailing.ofSomePods.contains(told.cause) || told.capture("reason") == "idmap"
            || told.capture("feature").map(CreateFailing.virtualization.contains) == true
        if isOfSome {
            return .concernedPod
        }
        if told.cause == .ociRuntimeMissing, let binary = binary(told), !Self.common.contains(binary) {
            return .concernedPod
        }
        return .anyPod
    }

    /// What every container of a node needs; any other runtime is a handler's.
    private static let common: Set<String> = [
        "runc", "crun", "conmon", "containerd-shim-runc-v2", "crio-runc", "crio-crun", "crio-conmon",
    ]

    /// The name of the binary that is missing.
    func binary(_ told: Told) -> String? {
        (told.capture("binary") ?? told.capture("path"))?.split(separator: "/").last.map(String.init)
    }

    private func isQuiet(_ told: Told) -> Bool {
        refuter(told) == .concernedPod && now.monotonic - told.last.at.monotonic > CreateFailing.quiet
    }

    // MARK: Evidence that it is well

    private func isOver(_ told: Told) -> Evidence? {
        if let success = success(after: told, by: refuter(told)) {
            return Evidence.journal(success, "\(name) created a pod or container again")
        }
        switch told.cause {
        case .diskFull:
            guard let answer = space(told), answer.at.monotonic > told.last.at.monotonic, !answer.value.isFull
            else { return nil }
            return Evidence(
                at: answer.at.wall, source: .node,
                summary: "\(answer.value.path) has \(answer.value.availableBytes >> 20) MiB free again",
                command: "df -h \(answer.value.path)")
        case .ociRuntimeMissing:
            guard let name = binary(told), let answer = facts.answers.binaries[name],
                answer.at.monotonic > told.last.at.monotonic, let path = answer.value
            else { return nil }
            return Evidence(
                at: answer.at.wall, source: .node, summary: "\(name) is there again: \(path)",
                command: "ls -l \(path)")
        default: return nil
        }
    }

    /// The fullest of the file systems that hold the runtime's state.
    func space(_ told: Told) -> NodeAnswers.Dated<FileSystemUsage>? {
        let answers = directories(told).compactMap { facts.answers.fileSystems[$0] }
        return answers.first { $0.value.isFull }
            ?? answers.min { $0.value.availableBytes < $1.value.availableBytes }
    }

    /// Where it could not write: the runtime's root as the failed path names it, else the usual one.
    func directories(_ told: Told) -> [String] {
        let usual = runtime.directories
        guard let path = told.capture("path"), path.hasPrefix("/") else { return usual }
        if usual.contains(where: { path.hasPrefix($0 + "/") }) { return usual }
        return [Self.root(of: path)] + usual.suffix(1)
    }

    /// The directory that a runtime was configured with, of a path below it.
    private static func root(of path: String) -> String {
        for mark in ["/io.containerd.", "/overlay"] {
            if let range = path.firstRange(of: mark) {
                let root = path[..<range.lowerBound]
                return root.isEmpty ? "/" : String(root)
            }
        }
        let parts = path.split(separator: "/")
        return "/" + parts.prefix(max(1, min(3, parts.count - 1))).joined(separator: "/")
    }

    private func finding(_ told: Told, _ severity: Severity) -> Finding {
        let words = words(told)
        let usual =
            severity == .critical
            ? "New pods stay in ContainerCreating; running containers keep running. \(name) still reports ready, so the scheduler keeps sending pods here."
            : "One pod stays in ContainerCreating; whether others would is not known."
        return Finding(
            cause: told.cause, severity: severity, confirmed: isLookedAt(told), since: told.first.at,
            sentence: (severity == .critical
                ? words.sentence
                : "\(concerned(told)) cannot be made by \(name), again and again: \(ending(told))").bounded(
                    400),
            explanation: words.explanation,
            impact: Impact(
                sentence: "\(words.impact ?? usual) Affected: \(concerned(told)).",
                pods: runtime.readyPods, runningContainers: runtime.runningContainers),
            evidence: evidence(told) + spaceEvidence(told), nextSteps: readErrors + words.steps,
            clearsWhen: words.clearsWhen, inquiries: words.inquiries)
    }

    private func spaceEvidence(_ told: Told) -> [Evidence] {
        guard told.cause == .diskFull, let answer = space(told) else { return [] }
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
    var isFull: Bool {
        availableBytes < min(64 << 20, totalBytes / 20) || availableInodes == 0
    }
}
