// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Why the network is not ready, by what the runtime says and what is on disk.
extension RuntimeCase<NetworkNotReady> {
    /// A configuration was loaded before, or this would be the line of the first start.
    var wasLoadedBefore: Bool {
        facts.signals.all(.cniLoadFailed).contains { concerns($0) && $0.captures["phase"] != "init" }
    }

    func cause(_ text: String, since: Moment) -> NetworkNotReady.Reason {
        let lower = text.lowercased()
        let has = { (literal: String) in lower.contains(literal) }
        if has("failed to find plugin") { return pluginMissing(disk?.value.missingPlugins.first) }
        // What was on disk before says nothing of now.
        if let disk, disk.at.monotonic >= since.monotonic, let cause = cause(onDisk: disk.value) {
            return cause
        }
        if has("error parsing configuration") || has("invalid cni config") || has("unexpected end of json") {
            return .init(
                name: .cniConfigInvalid,
                explanation:
                    "The CNI configuration in \(directory) cannot be parsed: \(problem(in: text).clause(300))",
                grace: has("unexpected end of json") ? .seconds(1) : .zero)
        }
        if has("no network config found") || has("no cni configuration file") || has("no networks found")
            || has("no cni network is left")
        {
            return .init(
                name: .cniConfigMissing,
                explanation:
                    "There is no CNI configuration in \(directory): the network agent has not written it, or it was removed."
            )
        }
        return .init(
            name: .cniNotInitialized,
            explanation: "The CNI plugin is not initialized: \(text.clause(200))")
    }

    private func cause(onDisk configuration: CNIConfiguration) -> NetworkNotReady.Reason? {
        if configuration.errno != nil {
            return .init(
                name: .cniDirectoryMissing,
                explanation: "\(directory) cannot be read: it is not there, or it is not readable.")
        }
        if let bad = configuration.files.first(where: { $0.problem != nil }) {
            return .init(
                name: .cniConfigInvalid,
                explanation: "\(directory)/\(bad.name): \((bad.problem ?? "").clause(200))")
        }
        guard !configuration.files.isEmpty else { return nil }
        return .init(
            name: .cniConfigNotLoaded,
            explanation:
                "\(directory) holds a good configuration that \(runtime.name) has not loaded: containerd ignores a file that is moved in from another directory. Write it in place, or restart the runtime."
        )
    }

    func pluginMissing(_ plugin: String?) -> NetworkNotReady.Reason {
        .init(
            name: .cniPluginMissing,
            explanation:
                "The CNI plugin \(plugin.map { "\"\($0)\" " } ?? "")that the configuration names is not installed."
        )
    }

    private func problem(in text: String) -> String {
        let line = text.split(separator: "\n").first { $0.contains("pars") || $0.contains("invalid") } ?? ""
        return String(line).bounded(200)
    }

    var diskEvidence: [Evidence] {
        guard let disk else { return [] }
        let value = disk.value
        let what =
            value.errno.map { "\(directory) cannot be read (errno \($0))" }
            ?? (value.files.isEmpty
                ? "\(directory) holds no CNI configuration"
                : "\(directory) holds \(value.files.map(\.name).joined(separator: ", "))")
        return [
            Evidence(
                at: disk.at.wall, source: .node, summary: what.bounded(300), command: "ls -l \(directory)")
        ]
    }
}

extension CNIConfiguration {
    /// Whether a runtime can load it: something is there, all of it can be read, and no plugin is missing.
    var isSound: Bool {
        errno == nil && !files.isEmpty && missingPlugins.isEmpty && files.allSatisfy { $0.problem == nil }
    }
}
