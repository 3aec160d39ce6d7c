// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What made the containers that run, and what would be asked for them; which binary comes into force.
extension PreflightJudge {
    /// The drop-in of the packages of pkgs.k8s.io (cri-o/packaging, `templates/latest`), from 1.28 on.
    private static let dropIn = "/etc/crio/crio.conf.d/10-crio.conf"
    private static let packaged = OCIRuntimeIdentity(path: "crun", root: "/run/crun")

    mutating func judgeOCIRuntimes() {
        guard concerns(.crio) else { return }
        let made = facts.containers.entries.values.filter {
            $0.processes.manager == .crio && $0.processes.monitor?.identity != nil && !hasHandler($0)
        }
        guard facts.containers.scannedAt != nil else {
            missed("which OCI runtime made the containers that run")
            return
        }
        guard let configuration = facts.containers.configuration?.value else {
            missed("CRI-O's configuration (/etc/crio)")
            return
        }
        let strange = facts.containers.entries.values.count {
            $0.processes.manager == .crio && $0.processes.monitor?.identity == nil
        }
        if strange > 0 { missed("which OCI runtime made \(count(strange, "container"))") }
        let today = configuration.defaultIdentity
        if today == nil, target("cri-o") == nil {
            missed("CRI-O's default OCI runtime: no file sets one")
        } else {
            saw("the OCI runtime of \(count(made.count, "container")) against CRI-O's default")
        }
        if let today, !lost(made, today).isEmpty {
            let file = configuration.decidingFile?.path ?? "/etc/crio"
            switched(
                .blocker, "default-runtime", made, today,
                "\(file) makes \(today.label) the default, and \(count(lost(made, today).count, "container")) run\(lost(made, today).count == 1 ? "s" : "") that another OCI runtime made",
                "set default_runtime back in a file that is read last, or drain the node before CRI-O starts again"
            )
            return
        }
        guard let target = target("cri-o") else { return }
        let package = packages.last { $0.component == "cri-o" }
        if let package, judgeBrought(package, configuration, made) { return }
        if today == nil, target.number.line.first == 1,
            !target.number.line.lexicographicallyPrecedes([1, 31]),
            let packaged = Self.packaged, !lost(made, packaged).isEmpty
        {
            switched(
                .blocker, "default-runtime-built-in", made, packaged,
                "no file sets default_runtime, and CRI-O's own default is crun from 1.31 on",
                "pin the runtime that runs: default_runtime in a file below /etc/crio/crio.conf.d",
                "https://github.com/cri-o/cri-o/pull/8549")
        } else if package == nil {
            judgeDropIn(configuration, made, target)
        }
    }

    /// What the package at hand makes the default. False: it brings no file that sets one.
    private mutating func judgeBrought(
        _ package: UpgradePackage, _ configuration: RuntimeConfiguration, _ made: [ContainerFacts.Entry]
    ) -> Bool {
        let texts = package.texts.filter { $0.key.hasPrefix("/etc/crio/") }.sorted { $0.key < $1.key }
        let brought = RuntimeConfiguration(
            texts: texts.map { (RuntimeConfiguration.File(path: $0.key), $0.value) })
        guard let name = brought.defaultRuntime, let file = brought.decidingFile?.path else { return false }
        let others = configuration.handlers.filter { brought.handler($0.name) == nil }
        let whole = RuntimeConfiguration(
            defaultRuntime: name, handlers: brought.handlers + others, files: [])
        // A later file wins over the package's.
        let isPinned = configuration.files.contains { $0.defaultRuntime != nil && $0.path > file }
        saw("the default OCI runtime that \(package.file) brings")
        guard !isPinned, let next = whole.defaultIdentity, !lost(made, next).isEmpty else { return true }
        let (severity, evidence) = Self.arrival(
            of: file, package, isThere: configuration.files.contains { $0.path == file })
        switched(
            severity, "default-runtime-package", made, next,
            "\(package.file) brings \(file): \(next.label) is the default",
            "pin the runtime that runs in a file that is read later, such as 99-pin.conf; or drain the node before",
            "https://github.com/cri-o/cri-o/issues/8705", evidence)
        return true
    }

    /// Whether the package's file comes to lie there, where no later one sets a default.
    private static func arrival(
        of file: String, _ package: UpgradePackage, isThere: Bool
    ) -> (severity: PreflightFinding.Severity, evidence: String) {
        if isThere {
            guard package.keeps(file) else {
                return (.blocker, "the file is there already, and is overwritten")
            }
            return (.warning, "the file is there already; one that was edited is kept")
        }
        guard package.manager == .dpkg, package.keeps(file) else {
            return (.blocker, "the file is not there yet, and no later one sets a default")
        }
        return (
            .blocker,
            "the file is not there yet, and no later one sets a default; dpkg leaves it out only if an earlier version brought it and somebody deleted it"
        )
    }

    /// A later file wins over the package's.
    private mutating func judgeDropIn(
        _ configuration: RuntimeConfiguration, _ made: [ContainerFacts.Entry], _ target: UpgradeTarget
    ) {
        let isPinned = configuration.files.contains {
            $0.defaultRuntime != nil && $0.path > Self.dropIn && $0.path.hasPrefix("/etc/crio/crio.conf.d/")
        }
        guard !isPinned, !target.number.line.lexicographicallyPrecedes([1, 28]), let packaged = Self.packaged,
            !lost(made, packaged).isEmpty
        else { return }
        let isThere = configuration.files.contains { $0.path == Self.dropIn }
        let file = configuration.decidingFile.map {
            "\($0.path), which is read before it, sets another default"
        }
        switched(
            .warning, "default-runtime-package", made, packaged,
            "the packages of pkgs.k8s.io put \(Self.dropIn) in place: crun is the default, its root /run/crun",
            "pin the runtime that runs in a file that is read later, such as 99-pin.conf; or drain the node before",
            "https://github.com/cri-o/cri-o/issues/8705",
            isThere ? "the file is there, and a package may write it again" : file ?? "no file sets a default"
        )
    }

    private mutating func switched(
        _ severity: PreflightFinding.Severity, _ id: String, _ made: [ContainerFacts.Entry],
        _ next: OCIRuntimeIdentity, _ sentence: String, _ first: String, _ source: String = "",
        _ evidence: String? = nil
    ) {
        let lost = lost(made, next)
        let shown = lost.sorted { $0.label < $1.label }.map { entry in
            "\(entry.label) was made by \(entry.processes.monitor?.identity?.label ?? "another")"
        }
        find(
            severity, id, "cri-o", sentence, (evidence.map { [$0] } ?? []) + shown,
            then:
                "CRI-O would ask \(next.label) for \(lost.count == 1 ? "a container" : "\(lost.count) containers") that it does not know: they run on without control, hold their ports, or keep the start from ending.",
            first: first, source: source)
    }

    private func lost(_ made: [ContainerFacts.Entry], _ next: OCIRuntimeIdentity) -> [ContainerFacts.Entry] {
        made.filter { $0.processes.monitor?.identity.map { !next.finds(containersOf: $0) } ?? false }
    }

    /// A pod with a RuntimeClass is looked up by that, whatever the default is.
    private func hasHandler(_ entry: ContainerFacts.Entry) -> Bool {
        guard let uid = entry.processes.monitor?.pod?.uid else { return false }
        return facts.runtimes.contains { $0.handlers[uid] != nil }
    }

    // MARK: Scopes

    mutating func judgeScopes() {
        guard concerns(.crio) else { return }
        let read = facts.containers.scopes.filter { $0.value.value.defaultDependencies != nil }
        guard !read.isEmpty else {
            if facts.containers.entries.values.contains(where: { $0.processes.manager == .crio }) {
                missed("the scopes of the containers (DefaultDependencies)")
            }
            return
        }
        saw("the scopes of \(count(read.count, "container"))")
        let unseen = facts.containers.entries.count {
            $0.value.processes.manager == .crio
                && facts.containers.scopes[$0.key]?.value.defaultDependencies == nil
        }
        if unseen > 0 { missed("the scopes of \(count(unseen, "more container"))") }
        let exposed = read.filter { $0.value.value.defaultDependencies == false }.keys.map { id in
            facts.containers.entries[id]?.label ?? "container \(id.prefix(12))"
        }.sorted()
        guard !exposed.isEmpty else { return }
        find(
            .warning, "scopes-exposed", "crun",
            "\(count(exposed.count, "container")) run\(exposed.count == 1 ? "s" : "") in a scope with DefaultDependencies=no, as crun 1.8.1 to 1.16.1 make them",
            exposed,
            then:
                "At a reboot systemd kills such containers without their grace period. A new crun mends containers that are made after it only.",
            first: "drain the node before it reboots",
            source: "https://github.com/cri-o/cri-o/issues/8609")
    }

    // MARK: Binaries

    mutating func judgeBinaries() {
        for runtime in facts.runtimes where runtime.unit.state != nil || runtime.isUp {
            guard let report = facts.answers.runtimeBinaries[runtime.unit.name]?.value else {
                missed("the binaries of \(runtime.unit.name)")
                continue
            }
            guard let running = report.running else {
                missed("which binary \(runtime.unit.name) runs")
                continue
            }
            saw("the binaries of \(runtime.unit.name)")
            let name = runtime.endpoint.runtime
            judge(
                report, running, name.title, isUpgraded: target(name.rawValue) != nil,
                old: "New pods get the shim and the OCI runtime on disk, and an old daemon above them.")
        }
        judgeKubeletBinaries()
    }

    /// The unit of a kubelet that is a program of its own, outside any container.
    static func unit(of kubelet: KubeletProcess) -> String? {
        kubelet.program == "kubelet" && kubelet.containerID == nil ? kubelet.unit : nil
    }

    /// Which binary the kubelet runs; nil: not known.
    var kubeletBinaries: RuntimeBinaries? {
        facts.answers.kubelet?.value.flatMap { Self.unit(of: $0) }
            .flatMap { facts.answers.runtimeBinaries[$0]?.value }
    }

    private mutating func judgeKubeletBinaries() {
        guard let kubelet = facts.answers.kubelet?.value, let unit = Self.unit(of: kubelet) else { return }
        guard let report = kubeletBinaries, let running = report.running else {
            missed("which binary \(unit) runs")
            return
        }
        saw("the binaries of \(unit)")
        judge(
            report, running, "kubelet", isUpgraded: false,
            old: "The old one goes on until it is restarted.")
    }

    private mutating func judge(
        _ report: RuntimeBinaries, _ running: RuntimeBinaries.Process, _ title: String, isUpgraded: Bool,
        old consequence: String
    ) {
        let runs = "pid \(running.pid) runs \(running.path)"
        if running.onDisk != .same {
            find(
                .warning, "binary-replaced", report.unit,
                "the \(title) that runs is not the one on disk any more: an upgrade is half done",
                [runs + (running.onDisk == .deleted ? ", which is deleted" : ", which was replaced")],
                then: consequence,
                first: "finish it: restart \(report.unit) when the node is drained")
        }
        if report.configured == nil {
            find(
                .blocker, "binary-missing", report.unit, "the binary that the unit starts is not there",
                [runs],
                then: "It does not come back from its next restart (203/EXEC).",
                first: "see `systemctl cat \(report.unit)`")
        }
        let copies = report.copies.map(\.path)
        if let next = report.configured?.path, next != running.path {
            find(
                .warning, "unit-starts-another", report.unit,
                "its next start takes another binary than the one that runs",
                [runs, "the unit starts \(next)"],
                then: "A restart changes the version, whatever is upgraded.",
                first: "see `systemctl cat \(report.unit)`, and compare both with --version")
        }
        if copies.count > 1 {
            let next = report.configured?.path ?? running.path
            let isAside = !next.hasPrefix("/usr/bin/") && copies.contains { $0.hasPrefix("/usr/bin/") }
            find(
                .warning, "two-installs", report.unit, "\(title) is installed \(copies.count) times",
                copies + ["the unit starts \(next)"],
                then: isAside
                    ? "A package replaces the one in /usr/bin, and the unit goes on with the other."
                    : "Whoever calls it by name may get the other one.",
                first: "remove the one that no unit starts")
        }
        if isUpgraded, report.shims > 0 {
            find(
                .note, "shims-stay", report.unit,
                "shims and monitors that run keep their present binary: \(report.shims)",
                then:
                    "Until the unit is restarted, the old daemon starts the new ones; a fix reaches a container when it is made anew.",
                first: "restart the unit with the upgrade, not later")
        }
    }
}
