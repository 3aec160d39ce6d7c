// SPDX-License-Identifier: Apache-2.0
import HealthModel
import YAML

/// Reads what one kubelet was told: its flags, its configuration file and its directory of drop-ins, as the process sees
/// them.
struct KubeletSettings {
    private static let fileLimit = 256 << 10
    private static let dropInLimit = 64
    private static let valueLimit = 512

    let files: Files
    let pid: Int32
    let program: KubeletProgram
    let arguments: [String]

    /// Sets ``KubeletProcess/configFile`` and ``KubeletProcess/settings``.
    func fill(_ kubelet: inout KubeletProcess) {
        var flags = Flags(arguments)
        switch program {
        case .kubelet, .hyperkube: break
        case .kubelite: flags = kubeliteFlags(flags)
        case .k3s: flags = k3sFlags(&kubelet)
        // Its kubelet has no flags, and CRI-O's socket (microshift `pkg/node/kubelet.go`).
        case .microshift:
            kubelet.settings[.containerRuntimeEndpoint] = .init(
                value: "unix:///var/run/crio/crio.sock", origin: "microshift")
        }
        kubelet.flags = flags.names.prefix(KubeletProcess.flagLimit).map { Text.excerpt($0, limit: 64) }
        if let path = flags["config"] {
            kubelet.configFile = Text.excerpt(path, limit: Self.valueLimit)
            take(path, &kubelet)
        }
        if let directory = flags["config-dir"] { takeDropIns(directory, &kubelet) }
        for (key, names) in Self.flagNames {
            guard let name = names.first(where: { flags[$0] != nil }), let value = flags[name] else {
                continue
            }
            set(key, value, origin: "--\(name)", &kubelet)
        }
    }

    private static let flagNames: [(KubeletProcess.Key, [String])] = [
        (.containerRuntimeEndpoint, ["container-runtime-endpoint"]), (.cgroupDriver, ["cgroup-driver"]),
        (.cgroupRoot, ["cgroup-root"]), (.failSwapOn, ["fail-swap-on"]),
        (.cpuManagerPolicy, ["cpu-manager-policy"]), (.staticPodPath, ["pod-manifest-path"]),
        (.rootDirectory, ["root-dir"]), (.kubeconfig, ["kubeconfig"]),
        (.podInfraContainerImage, ["pod-infra-container-image"]),
    ]

    // MARK: Files

    /// As the process sees the file: in its own root directory, which a container's is not the node's.
    private func seen(_ path: String) -> String? {
        guard path.hasPrefix("/"), path.utf8.count <= 512, !path.utf8.contains(0) else { return nil }
        let own = "/proc/\(pid)/root"
        return files.linkTarget(own) == nil ? path : own + path
    }

    private func document(_ path: String) -> YAMLDocument? {
        guard let seen = seen(path), (try? files.status(seen))?.isRegular == true,
            let bytes = try? files.contents(seen, limit: Self.fileLimit)
        else { return nil }
        return YAMLDocument(bytes)
    }

    private func take(_ path: String, _ kubelet: inout KubeletProcess) {
        guard let document = document(path) else { return }
        for key in KubeletProcess.Key.allCases {
            if let value = document.text(key.rawValue) { set(key, value, origin: path, &kubelet) }
        }
    }

    /// `*.conf`, by name (kubernetes.io, "Drop-in directory for kubelet configuration files").
    private func takeDropIns(_ directory: String, _ kubelet: inout KubeletProcess) {
        for name in names(in: directory, ending: ".conf") { take("\(directory)/\(name)", &kubelet) }
    }

    private func names(in directory: String, ending suffix: String) -> [String] {
        guard let seen = seen(directory) else { return [] }
        var names: [String] = []
        try? files.forEachName(seen) { name in
            if name.hasSuffix(suffix) { names.append(name) }
            return names.count < Self.dropInLimit
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private func set(
        _ key: KubeletProcess.Key, _ value: String, origin: String, _ kubelet: inout KubeletProcess
    ) {
        guard !value.isEmpty else { return }
        kubelet.settings[key] = .init(
            value: Text.excerpt(value, limit: Self.valueLimit),
            origin: Text.excerpt(origin, limit: Self.valueLimit))
    }

    // MARK: Programs that embed it

    /// microk8s keeps the kubelet's flags in a file, with the snap's variables in it
    /// (`build-scripts/components/kubernetes/patches`, `microk8s-resources/default-args`).
    private func kubeliteFlags(_ own: Flags) -> Flags {
        let path = own["kubelet-args-file"] ?? "/var/snap/microk8s/current/args/kubelet"
        guard let seen = seen(path), let text = files.text(seen, limit: Self.fileLimit) else {
            return Flags([])
        }
        let variables = snapVariables()
        return Flags(
            text.split(whereSeparator: \.isNewline).flatMap { line in
                let trimmed = line.drop { $0.isWhitespace }
                guard trimmed.first == "-" else { return [String]() }
                return trimmed.split(maxSplits: 1) { $0 == " " || $0 == "\t" }.map {
                    Self.expand($0.filter { $0 != "\"" && $0 != "'" }, variables)
                }
            })
    }

    /// `SNAP_COMMON` and its like, of the process' environment.
    private func snapVariables() -> [String: String] {
        var variables = [
            "SNAP_COMMON": "/var/snap/microk8s/common", "SNAP_DATA": "/var/snap/microk8s/current",
            "SNAP": "/snap/microk8s/current",
        ]
        let bytes = (try? files.contents("/proc/\(pid)/environ", limit: Self.fileLimit)) ?? []
        for variable in bytes.split(separator: 0) {
            let parts = String(decoding: variable.prefix(512), as: UTF8.self).split(
                separator: "=", maxSplits: 1)
            if parts.count == 2, variables[String(parts[0])] != nil {
                variables[String(parts[0])] = String(parts[1])
            }
        }
        return variables
    }

    private static func expand(_ text: String, _ variables: [String: String]) -> String {
        var rest = text[...]
        var result = ""
        while let dollar = rest.firstIndex(of: "$"), result.utf8.count < 4096 {
            result += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            let isBraced = rest.first == "{"
            if isBraced { rest = rest.dropFirst() }
            let name = rest.prefix { $0 == "_" || $0.isLetter || $0.isNumber }
            rest = rest[name.endIndex...]
            if isBraced, rest.first == "}" { rest = rest.dropFirst() }
            result += variables[String(name)] ?? ""
        }
        return result + rest
    }

    /// k3s overwrites its own arguments. What it gives its kubelet follows from its configuration file, and since 1.32
    /// lies in a directory of drop-ins (docs.k3s.io, "Configuration File", "Kubelet configuration files").
    private func k3sFlags(_ kubelet: inout KubeletProcess) -> Flags {
        var docker = false
        var (endpoint, data): (String?, String?)
        var flags: [String] = []
        let folder = "/etc/rancher/k3s"
        let paths =
            ["\(folder)/config.yaml"]
            + names(in: "\(folder)/config.yaml.d", ending: ".yaml").map { "\(folder)/config.yaml.d/\($0)" }
        for document in paths.compactMap({ document($0) }) {
            docker = document.flag("docker") ?? docker
            endpoint = document.text("container-runtime-endpoint") ?? endpoint
            data = document.text("data-dir") ?? data
            flags += document.list("kubelet-arg").prefix(64).map { "--\($0)" }
        }
        let socket = docker ? "/run/k3s/cri-dockerd/cri-dockerd.sock" : "/run/k3s/containerd/containerd.sock"
        set(
            .containerRuntimeEndpoint, endpoint ?? "unix://\(socket)",
            origin: endpoint == nil && !docker ? "k3s" : "\(folder)/config.yaml", &kubelet)
        takeDropIns("\(data ?? "/var/lib/rancher/k3s")/agent/etc/kubelet.conf.d", &kubelet)
        return Flags(flags)
    }
}

/// A command line in the form of pflag: `--name=value`, `--name value`; the last of a name wins.
struct Flags {
    private var values: [String: String] = [:]

    init(_ arguments: [String]) {
        var index = arguments.startIndex
        while index < arguments.endIndex {
            let argument = arguments[index]
            index += 1
            guard argument.hasPrefix("-"), argument != "--", argument != "-" else { continue }
            let word = argument.drop { $0 == "-" }
            if let equals = word.firstIndex(of: "=") {
                values[Self.normal(word[..<equals])] = String(word[word.index(after: equals)...])
            } else if index < arguments.endIndex, !arguments[index].hasPrefix("-") {
                values[Self.normal(word)] = arguments[index]
            } else {
                values[Self.normal(word)] = "true"
            }
        }
    }

    /// The names, sorted.
    var names: [String] { values.keys.sorted() }

    /// The value of a flag by its name without dashes.
    subscript(name: String) -> String? { values[name] }

    /// The kubelet takes underscores for dashes.
    private static func normal(_ name: Substring) -> String {
        String(name.map { $0 == "_" ? "-" : $0 })
    }
}
