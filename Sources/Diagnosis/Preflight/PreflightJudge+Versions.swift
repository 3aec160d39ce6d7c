// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Versions against each other, against the table of defects, and against the CRI that is spoken.
extension PreflightJudge {
    private static let metaPlugins: Set<String> = ["multus", "multus-shim", "genie", "danm"]

    mutating func judgeVersions() {
        for target in targets where running(target.component).isEmpty {
            missed("\(target.component): which version runs now")
        }
        var names: [String] = []
        for component in components {
            let wanted = target(component.name)?.version
            for version in wanted.map({ [$0] }) ?? running(component.name) {
                guard let number = SoftwareVersion(version) else { continue }
                if let newest = newestLine(component.name) {
                    if newest.lexicographicallyPrecedes(number.line) {
                        missed(
                            "\(component.name) \(version): its line is later than the tables of \(table.date)"
                        )
                    } else {
                        names.append("\(component.name) \(version)")
                    }
                }
                judgeDefects(component.name, version, number)
            }
        }
        if !names.isEmpty {
            saw("known defects and vulnerabilities of \(names.joined(separator: ", ")), as of \(table.date)")
        }
        judgeSteps()
        judgePair()
        judgeCRIOLine()
    }

    /// The latest line of a component that the tables speak of; nil: of none.
    private func newestLine(_ name: String) -> [Int]? {
        let ended = table.lines.filter { $0.component == name }.map(\.line)
        let mended = table.advisories.filter { $0.component == name }.flatMap { $0.fixedIn.map(\.line) }
        return (ended + mended).max { $0.lexicographicallyPrecedes($1) }
    }

    private mutating func judgeDefects(_ name: String, _ version: String, _ number: SoftwareVersion) {
        let known = table.advisories.filter { $0.component == name && $0.affects(number) }
        for defect in known where defect.category == .defect {
            let fixes = defect.fixedIn.map(\.description).joined(separator: ", ")
            let networks = defect.id == "containerd-go-cni-deadlock" ? cniFiles() : nil
            let isTrap = networks?.contains { !$0.plugins.filter(Self.metaPlugins.contains).isEmpty } ?? false
            if defect.id == "containerd-go-cni-deadlock", networks == nil {
                missed("the CNI directory: whether something rewrites it")
            }
            find(
                isTrap ? .blocker : .warning, defect.id, "\(name) \(version)", defect.sentence,
                (networks ?? []).map { "\($0.name): \($0.plugins.joined(separator: ", "))" },
                first: fixes.isEmpty ? "" : "take a version with the fix: \(fixes) or later of its line",
                source: defect.source)
        }
        let holes = known.filter { $0.category == .vulnerability }.map(\.id)
        if !holes.isEmpty {
            find(
                .note, "vulnerabilities", "\(name) \(version)",
                "has \(holes.count == 1 ? "a published vulnerability" : "\(holes.count) published vulnerabilities"): \(holes.joined(separator: ", "))",
                first: "a distribution may have patched its package: see its changelog")
        }
        if let line = table.lines.first(where: { $0.component == name && $0.line == number.line }),
            line.end < facts.now.wall
        {
            find(
                .note, "end-of-life", "\(name) \(version)",
                "upstream ended the \(line.title) line on \(line.end.date): no fixes come any more",
                source: line.source)
        }
    }

    /// What the runtime reads; nil: not known.
    private func cniFiles() -> [CNIConfiguration.File]? {
        for runtime in facts.runtimes where runtime.endpoint.runtime == .containerd {
            if let cni = facts.answers.cni[runtime.cniDirectory]?.value, cni.errno == nil { return cni.files }
        }
        return nil
    }

    /// Between here and there.
    private mutating func judgeSteps() {
        for target in targets {
            guard let from = running(target.component).compactMap({ SoftwareVersion($0) }).min() else {
                continue
            }
            if target.number < from {
                find(
                    .warning, "downgrade", target.component,
                    "\(target.version) is older than what runs, \(from)",
                    then: "Upstream tests no way back: what the newer one wrote, the older one may not read.",
                    first: "drain the node before")
            }
            for step in table.steps
            where step.component == target.component && !step.isIn(from) && step.isIn(target.number) {
                find(
                    .note, step.id, "\(target.component) \(target.version)", step.sentence,
                    source: step.source)
            }
        }
    }

    private mutating func judgePair() {
        guard let kubelet = coming("kubelet"), let containerd = coming("containerd"),
            isKubelets(.containerd)
        else { return }
        let rows = table.pairs.filter { !kubelet.line.lexicographicallyPrecedes($0.kubelet.line) }
        guard let row = rows.max(by: { $0.kubelet < $1.kubelet }),
            kubelet.line == row.kubelet.line || table.pairs.contains(where: { $0.kubelet > kubelet })
        else {
            missed(
                "kubelet \(kubelet) with containerd \(containerd): the tables of \(table.date) do not have it"
            )
            return
        }
        saw("kubelet \(kubelet) with containerd \(containerd)")
        guard !row.lists(containerd) else { return }
        let listed = row.versions.sorted().map { "\($0)" }.joined(separator: ", ")
        find(
            .warning, "kubelet-containerd", "kubelet \(kubelet)",
            "containerd \(containerd) is not among the versions that upstream lists for it: \(listed), each or later of its line",
            then: "Nobody upstream tests the two together.", first: "upgrade containerd first",
            source: row.source)
    }

    /// CRI-O's minor version is Kubernetes' one.
    private mutating func judgeCRIOLine() {
        guard let crio = coming("cri-o") else { return }
        if let kubelet = coming("kubelet"), isKubelets(.crio) {
            saw("kubelet \(kubelet) with CRI-O \(crio)")
            if kubelet.line != crio.line {
                find(
                    .warning, "kubelet-crio", "kubelet \(kubelet)",
                    "CRI-O \(crio) is made for Kubernetes \(crio.line.map(String.init).joined(separator: "."))",
                    then: "Upstream tests CRI-O with the kubelet of the same minor version.",
                    first: "plan both for the same minor version",
                    source: "https://github.com/cri-o/cri-o/blob/main/README.md")
            }
        }
        guard let target = target("cri-o"),
            let from = running("cri-o").compactMap({ SoftwareVersion($0) }).min(),
            from.line != target.number.line
        else { return }
        let pods = facts.runtimes.first { $0.endpoint.runtime == .crio }?.readyPods
        find(
            .warning, "crio-wipe", "cri-o \(target.version)",
            "at its first start as another minor version CRI-O stops and removes every pod, unless internal_wipe is false",
            pods.map { ["\(count($0, "pod")) ready now"] } ?? [],
            then: "All pods of the node are made anew, at once.", first: "drain the node before",
            source: "https://github.com/cri-o/cri-o/issues/8739")
    }

    // MARK: CRI

    /// Whether the kubelet uses this runtime: by its own word, else the only one there is.
    func isKubelets(_ runtime: RuntimeName) -> Bool {
        if let address = facts.answers.kubelet?.value?.value(.containerRuntimeEndpoint),
            let used = facts.runtimes.first(where: { address.hasSuffix($0.endpoint.socketPath) })
        {
            return used.endpoint.runtime == runtime
        }
        let names = Set(facts.runtimes.map(\.endpoint.runtime))
        return names.isEmpty ? target(runtime.rawValue) != nil : names == [runtime]
    }

    mutating func judgeCRI() {
        let kubelet = coming("kubelet")
        if kubelet == nil {
            if let looked = facts.answers.kubelet, looked.value == nil {
                saw("that no kubelet runs")
            } else {
                missed("kubelet: which version runs, and so which CRI it needs")
            }
        }
        for runtime in [RuntimeName.containerd, .crio, .criDockerd] where isKubelets(runtime) {
            let name = runtime.rawValue
            guard let version = coming(name) else { continue }
            saw("the CRI versions that \(name) \(version) serves")
            if let first = CRIVersionUnsupported.firstWithV1(runtime), version < first {
                judgeV1(name, version, kubelet)
            }
            guard let kubelet, kubelet.line.lexicographicallyPrecedes([1, 23]),
                let last = ["containerd": SoftwareVersion("2.0"), "cri-o": SoftwareVersion("1.26")][name],
                let last, version >= last
            else { continue }
            find(
                .blocker, "cri-v1alpha2", "\(name) \(version)",
                "it serves CRI v1 only, and kubelet \(kubelet) speaks v1alpha2 only",
                then: "The kubelet finds no runtime.", first: "upgrade the kubelet first",
                source: runtime == .containerd
                    ? "https://github.com/containerd/containerd/blob/main/RELEASES.md" : "")
        }
    }

    private mutating func judgeV1(_ name: String, _ version: SoftwareVersion, _ kubelet: SoftwareVersion?) {
        if let kubelet, kubelet.line.lexicographicallyPrecedes([1, 26]) { return }
        let refusal =
            target(name) == nil
            ? facts.runtimes.first { $0.endpoint.runtime.rawValue == name }?.api.service.v1?.text : nil
        find(
            kubelet == nil ? .warning : .blocker, "cri-v1", "\(name) \(version)",
            "it serves CRI v1alpha2 only, and \(kubelet.map { "kubelet \($0)" } ?? "a kubelet from 1.26 on") speaks v1 only",
            refusal.map { ["asked for v1 it says: \($0)"] } ?? [],
            then: "The kubelet does not start; crictl from 1.26 on and agents of that age find no runtime.",
            first: "upgrade the runtime before any client",
            source: "https://github.com/kubernetes/kubernetes/pull/110618")
    }
}
