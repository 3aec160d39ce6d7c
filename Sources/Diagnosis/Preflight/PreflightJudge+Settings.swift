// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Configuration files, the kubelet's flags, control groups, space.
extension PreflightJudge {
    mutating func judgeSettings() {
        if concerns(.containerd) { judgeFiles("containerd", containerdFiles) }
        if concerns(.crio) { judgeFiles("cri-o", crioFiles) }
        judgeFlags()
    }

    /// With what it imports, where it imports anything.
    private var containerdFiles: [FileStamp]? {
        let main = "/etc/containerd/config.toml"
        return files?.values.filter { $0.path == main || isImported($0.path, by: files?[main]?.keys ?? [:]) }
    }

    /// The inventory has what the main file imports, and all of conf.d.
    func isImported(_ path: String, by main: [String: UInt32]) -> Bool {
        guard let imports = main["imports"], !SettingRule.unset.contains(imports),
            path.hasSuffix(".toml"), path != "/etc/containerd/config.toml"
        else { return false }
        let others = ["/var/lib/rancher/", "/etc/rancher/", "/etc/crio/", "/etc/containers/"]
        guard !path.contains("/certs.d/"), !others.contains(where: path.hasPrefix) else { return false }
        let folder = "/etc/containerd/conf.d/"
        let elements = main.filter { $0.key != "imports" && FileStamp.list(ofKey: $0.key).name == "imports" }
            .values
        guard path.hasPrefix(folder), !elements.isEmpty else { return true }
        let forms = [folder + "*.toml", folder + "*", "conf.d/*.toml", "conf.d/*", path]
        return forms.contains { elements.contains(FileStamp.digest(ofValue: "string(\"\($0)\")")) }
    }

    private var crioFiles: [FileStamp]? { files?.values.filter { $0.path.hasPrefix("/etc/crio/") } }

    private mutating func judgeFiles(_ name: String, _ found: [FileStamp]?) {
        guard let found else {
            missed("the configuration files of \(name)")
            return
        }
        if name == "containerd", let imports = files?["/etc/containerd/config.toml"]?.keys?["imports"],
            !SettingRule.unset.contains(imports), found.count < 2
        {
            missed("what /etc/containerd/config.toml imports: no such file was found")
        }
        // k3s and its like write a file of their own, anew at each start.
        guard !found.isEmpty else { return }
        let all = found.reduce(into: [:]) { $0.merge($1.keys ?? [:]) { one, _ in one } }
        for file in found.sorted(by: { $0.path < $1.path }) {
            guard let keys = file.keys else {
                missed("\(file.path): it could not be read, or sets nothing")
                continue
            }
            guard let version = coming(name) else {
                missed("\(file.path): the version of \(name) is not known")
                continue
            }
            saw(file.path)
            for rule in table.settings
            where rule.component == name && rule.concerns(version) && (!rule.servesCRI || servesCRI(name)) {
                tell(rule, name, version, rule.hits(keys, among: all).map { "\(file.path) sets \($0)" })
            }
        }
    }

    private func servesCRI(_ name: String) -> Bool {
        facts.runtimes.contains {
            $0.endpoint.runtime.rawValue == name
                && ($0.api.service.v1AnsweredAt ?? $0.api.service.alphaAnsweredAt) != nil
        }
    }

    private mutating func judgeFlags() {
        guard let kubelet = facts.answers.kubelet?.value, let flags = kubelet.flags else {
            if target("kubelet") != nil { missed("the kubelet's flags") }
            return
        }
        saw("\(count(flags.count, "flag")) of \(kubelet.program)")
        guard let version = coming("kubelet") else { return }
        for rule in table.settings where rule.component == "kubelet" && rule.concerns(version) {
            let hits = flags.filter { flag in rule.keys.contains { SettingRule.matches(flag, $0) } }
            tell(rule, "kubelet", version, hits.map { "\(kubelet.program) runs with --\($0)" })
        }
    }

    private mutating func tell(
        _ rule: SettingRule, _ name: String, _ version: SoftwareVersion, _ evidence: [String]
    ) {
        guard !evidence.isEmpty else { return }
        let severity: PreflightFinding.Severity =
            switch rule.effect {
            case .refused: .blocker
            case .ignored: .warning
            case .deprecated: .note
            }
        find(
            severity, rule.id, "\(name) \(version)", rule.sentence, evidence, first: rule.first,
            source: rule.source)
    }

    // MARK: Node

    /// The kubelet refuses cgroup v1 from 1.35 on, unless failCgroupV1 is false.
    mutating func judgeCgroups() {
        guard let kubelet = coming("kubelet"), !kubelet.line.lexicographicallyPrecedes([1, 35]) else {
            return
        }
        guard let mount = facts.answers.resources?.value.mounts.first(where: { $0.path == Self.cgroups })
        else {
            missed("whether the node has cgroup v1")
            return
        }
        saw("the control groups' version")
        guard mount.type != "cgroup2" else { return }
        let process = facts.answers.kubelet?.value
        if process?.flags?.contains("fail-cgroupv1") == true {
            missed("what the kubelet's --fail-cgroupv1 is set to: the node has cgroup v1")
            return
        }
        let keys = process?.configFile.flatMap { files?[$0]?.keys }
        if keys?["failCgroupV1"] == FileStamp.digest(ofValue: "false") { return }
        let isUnread = keys == nil && process?.configFile != nil
        if isUnread { missed("the kubelet's configuration: whether failCgroupV1 is false") }
        find(
            isUnread ? .warning : .blocker, "cgroup-v1", "kubelet \(kubelet)",
            "the node has cgroup v1, and the kubelet refuses that from 1.35 on",
            ["\(Self.cgroups) is \(mount.type)"], then: "It does not start.",
            first: "boot with cgroup v2, or set failCgroupV1: false in the kubelet's configuration",
            source: "https://github.com/kubernetes/kubernetes/pull/134298")
    }

    mutating func judgeSpace() {
        let usages = facts.answers.fileSystems.values.map(\.value).filter {
            $0.totalBytes > 0 && !$0.path.hasPrefix("/run")
        }
        guard !usages.isEmpty else {
            missed("free space")
            return
        }
        saw("free space of \(count(usages.count, "path"))")
        let full = usages.filter { $0.availableBytes < $0.totalBytes / 10 }.sorted { $0.path < $1.path }
        guard !full.isEmpty else { return }
        find(
            .warning, "disk", full.map(\.path).joined(separator: ", "), "less than 10 % is free",
            full.map { "\($0.path): \($0.availableBytes >> 20) of \($0.totalBytes >> 20) MiB free" },
            then: "Packages and images need room, and below 10 % the kubelet evicts pods by default.",
            first: "make room")
    }
}
