// SPDX-License-Identifier: Apache-2.0
import HealthModel
import TOML
import YAML

/// The files that a node's containers rest on: configurations, units, programs. Only root's.
struct FileInventory: Sendable {
    /// Largest configuration that is read, in bytes.
    private static let sizeLimit = 256 << 10
    /// Most keys that are told apart: of a file, and of all.
    private static let (keyLimit, keyTotal) = (256, 4096)
    /// Elements of a list that are told apart.
    private static let elementLimit = 16

    private static let configurations = [
        "/etc/containerd/config.toml", "/etc/crio/crio.conf", "/etc/crictl.yaml", "/etc/docker/daemon.json",
        "/etc/containers/policy.json", "/etc/containers/registries.conf", "/etc/containers/storage.conf",
        "/var/lib/kubelet/config.yaml", "/var/lib/kubelet/kubeadm-flags.env", "/etc/default/kubelet",
        "/etc/sysconfig/kubelet", "/etc/kubernetes/kubelet.conf", "/etc/default/containerd",
        "/etc/sysconfig/crio", "/etc/rancher/k3s/config.yaml", "/etc/rancher/k3s/registries.yaml",
        "/etc/rancher/rke2/config.yaml", "/etc/rancher/rke2/registries.yaml",
        "/var/lib/rancher/k3s/agent/etc/containerd/config.toml", "/etc/resolv.conf",
    ]
    private static let folders = [
        "/etc/containerd/conf.d", "/etc/crio/crio.conf.d", "/usr/share/containers/oci/hooks.d",
        "/etc/containers/registries.conf.d", "/etc/containers/registries.d", "/etc/cni/net.d",
        "/etc/kubernetes/kubelet.conf.d", "/var/lib/rancher/k3s/agent/etc/cni/net.d",
        "/etc/rancher/k3s/config.yaml.d",
    ]
    private static let units = [
        "containerd", "crio", "docker", "cri-docker", "kubelet", "k3s", "k3s-agent", "rke2-server",
        "rke2-agent",
    ]
    private static let unitFolders = [
        "/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system",
    ]
    private static let programs = [
        "containerd", "containerd-shim-runc-v2", "crio", "dockerd", "cri-dockerd", "runc", "crun", "conmon",
        "conmonrs", "kubelet", "crictl", "k3s", "rke2",
    ]
    private static let programFolders = [
        "/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni", "/usr/libexec/crio",
    ]

    /// A file that is there.
    struct Place {
        let path: String
        let status: Files.Trusted
        let isProgram: Bool
    }

    let files: Files

    /// The files by their stamps alone, each once whatever its names, at most ``ChangeReport/fileLimit``.
    func places() -> [Place] {
        var seen: Set<Files.Identity> = []
        var found: [Place] = []
        func add(_ path: String, isProgram: Bool = false) {
            guard found.count < ChangeReport.fileLimit, let status = files.trusted(path),
                seen.insert(status.identity).inserted
            else { return }
            found.append(Place(path: path, status: status, isProgram: isProgram))
        }
        Self.configurations.forEach { add($0) }
        for folder in Self.folders { names(folder).forEach { add($0) } }
        imports().forEach { add($0) }
        for registry in names("/etc/containerd/certs.d") { add(registry + "/hosts.toml") }
        for unit in Self.units {
            for folder in Self.unitFolders {
                add("\(folder)/\(unit).service")
                names("\(folder)/\(unit).service.d").forEach { add($0) }
            }
        }
        for program in Self.programs {
            for folder in NodeInspector.binaryDirectories { add("\(folder)/\(program)", isProgram: true) }
        }
        for folder in Self.programFolders { names(folder).forEach { add($0, isProgram: true) } }
        return found
    }

    /// The same with what is in them.
    func stamps(_ places: [Place]) -> [FileStamp] {
        var keysLeft = Self.keyTotal
        return places.map { place in
            var stamp = FileStamp(
                path: place.path, size: place.status.size, inode: place.status.inode,
                modifiedAt: place.status.modifiedAt, changedAt: place.status.changedAt)
            guard !place.isProgram, place.status.size <= Self.sizeLimit,
                let bytes = try? files.trustedTail(place.path, limit: Self.sizeLimit)
            else { return stamp }
            stamp.hash = Self.hash(bytes, writtenAt: place.status.modifiedAt)
            guard let keys = Self.keys(place.path, bytes), keys.count <= keysLeft else { return stamp }
            keysLeft -= keys.count
            stamp.keys = keys
            return stamp
        }
    }

    /// Of what is no secret: a hash of all else and a guess would tell one. Where there is one, that the file was written again
    /// stands for it.
    static func hash(_ bytes: [UInt8], writtenAt time: WallTime) -> UInt64 {
        var hash = FNV1a()
        let plain = assignments(bytes)
        let masked = Secrets.mask(plain.span)
        let kept = masked ?? bytes
        hash.add(kept.span)
        if masked != nil { hash.add(UInt64(bitPattern: time.microseconds)) }
        return hash.value
    }

    /// `name = value` and `name: value` as `name=value`, which is how a log tells a secret.
    private static func assignments(_ bytes: [UInt8]) -> [UInt8] {
        func isBlank(_ byte: UInt8?) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        for byte in bytes {
            if isBlank(byte), out.last == UInt8(ascii: ":") {
                out[out.count - 1] = UInt8(ascii: "=")
                continue
            }
            if byte == UInt8(ascii: "=") || byte == UInt8(ascii: ":") {
                while isBlank(out.last) { out.removeLast() }
            }
            out.append(byte)
        }
        return out
    }

    /// What containerd's configuration imports: paths, from its own folder on where they are relative, with one `*` in their
    /// last part at most.
    private func imports() -> [String] {
        let folder = "/etc/containerd"
        guard let bytes = try? files.trustedTail(folder + "/config.toml", limit: Self.sizeLimit) else {
            return []
        }
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.firstRange(of: "imports") != nil, let table = try? TOMLTable(string: text) else {
            return []
        }
        return (table["imports"]?.array ?? []).prefix(Self.elementLimit).compactMap(\.string).flatMap {
            written -> [String] in
            let path = written.hasPrefix("/") ? written : "\(folder)/\(written)"
            guard let slash = path.lastIndex(of: "/"), !path.contains("\n") else { return [] }
            let parts = path[path.index(after: slash)...].split(
                separator: "*", omittingEmptySubsequences: false)
            guard parts.count == 2 else { return parts.count == 1 ? [path] : [] }
            return names(String(path[..<slash])).filter { file in
                let name = file.lastComponent
                return name.hasPrefix(parts[0]) && name.hasSuffix(parts[1])
                    && name.utf8.count >= parts[0].utf8.count + parts[1].utf8.count
            }
        }
    }

    private func names(_ folder: String) -> [String] {
        var names: [String] = []
        try? files.forEachName(folder) { name in
            if !name.hasPrefix("."), !name.hasSuffix("~"), !name.contains("\n") { names.append(name) }
            return names.count < 64
        }
        return names.sorted().map { "\(folder)/\($0)" }
    }

    /// A hash for the value of each key, where the file is of a kind that has keys; a secret's value gets none.
    static func keys(_ path: String, _ bytes: [UInt8]) -> [String: UInt32]? {
        var found: [String: UInt32] = [:]
        func add(_ key: String, _ value: String) {
            guard found.count < keyLimit, key.utf8.count <= Change.textLimit,
                Secrets.mask("\(key)=\"\(String(repeating: "x", count: 8))\"").hasSuffix("=\"xxxxxxxx\"")
            else { return }
            found[key] = FileStamp.digest(ofValue: value)
        }
        if isTOML(path) {
            guard let table = try? TOMLTable(string: String(decoding: bytes, as: UTF8.self)) else {
                return nil
            }
            // What stands beside others comes last: no key loses its place to it.
            var elements: [(String, String)] = []
            walk(table, "", 0) { key, value in
                add(key, "\(value)")
                for (index, element) in (value.array ?? []).prefix(elementLimit).enumerated() {
                    guard element.string != nil else { continue }
                    elements.append((FileStamp.key(ofElement: index, in: key), "\(element)"))
                }
            }
            for (key, value) in elements { add(key, value) }
        } else if [".yaml", ".yml", ".json", ".conflist"].contains(where: path.hasSuffix)
            || path.contains("/cni/net.d/") && path.hasSuffix(".conf")
        {
            for (key, value) in YAMLDocument(bytes).values.sorted(by: { $0.key < $1.key }) {
                switch value {
                case .scalar(let text): add(key, text)
                case .list(let list): add(key, list.joined(separator: "\n"))
                case .nested: break
                }
            }
        } else {
            return nil
        }
        return found.isEmpty ? nil : found
    }

    private static func isTOML(_ path: String) -> Bool {
        path.hasSuffix(".toml") || path.contains("/crio.conf") || path.contains("/registries.conf")
            || path.hasSuffix("/storage.conf")
    }

    private static func walk(
        _ table: TOMLTable, _ prefix: String, _ depth: Int, _ add: (String, TOMLValue) -> Void
    ) {
        for key in table.keys {
            let name = prefix.isEmpty ? key : "\(prefix).\(key)"
            guard let value = table[key] else { continue }
            guard let inner = value.table else {
                add(name, value)
                continue
            }
            if depth < 12 { walk(inner, name, depth + 1, add) }
        }
    }
}
