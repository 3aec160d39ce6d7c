// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// One watched runtime on the page.
enum RuntimeText {
    static func write(_ runtime: RuntimeView, to writer: inout TextWriter) {
        writer.blank()
        writer.paragraph(title(runtime))
        for field in fields(runtime) { writer.field(field.label, field.text) }
    }

    /// `containerd 1.7.24, CRI v1`.
    static func title(_ runtime: RuntimeView) -> String {
        let name = runtime.endpoint.name
        guard let version = runtime.version else {
            return name
                + (runtime.rungs.allSatisfy { $0.succeeded || $0.isBroken }
                    ? ": has not answered yet" : ": does not answer")
        }
        let prefix = version.name == name ? "" : name + ": "
        let api = version.apiVersion.isEmpty ? "" : ", CRI \(version.apiVersion)"
        return "\(prefix)\(version.name) \(version.version)\(api)"
    }

    /// Where it is asked, what serves it, what it answered and what it holds.
    static func fields(_ runtime: RuntimeView) -> [(label: String, text: String)] {
        var fields: [(label: String, text: String)] = []
        if runtime.endpoint.hasSocket { fields.append(("socket", runtime.endpoint.socketPath)) }
        if let unit = runtime.unit { fields.append(("unit", Self.unit(unit))) }
        if !runtime.rungs.isEmpty {
            fields.append(("asked", runtime.rungs.map(rung).joined(separator: ", ")))
        }
        let holdings = holds(runtime)
        let isCurrent = runtime.rungs.allSatisfy(\.succeeded)
        if !holdings.isEmpty {
            fields.append((isCurrent ? "holds" : "held", holdings))
        }
        return fields
    }

    /// `On this node: runc 1.1.12, kubelet v1.36.0`; empty when nothing is known.
    static func beside(_ versions: NodeVersions) -> String {
        var found = versions.ociRuntimes.map { "\($0.name) \($0.version)" }
        if let kubelet = versions.kubelet { found.append("kubelet \(kubelet)") }
        if let crictl = versions.crictl { found.append("crictl \(crictl)") }
        return found.isEmpty ? "" : "On this node: " + found.joined(separator: ", ")
    }

    /// `containerd.service active (running), pid 812, 3 restarts`.
    private static func unit(_ unit: UnitState) -> String {
        guard unit.exists else { return "\(unit.name) is \(unit.loadState)" }
        var text = "\(unit.name) \(unit.activeState) (\(unit.subState))"
        if unit.result != "success" { text += ", result \(unit.result)" }
        if let pid = unit.mainPID { text += ", pid \(pid)" }
        if unit.restarts > 0 { text += ", " + TimeText.count(UInt64(unit.restarts), "restart") }
        return text
    }

    /// `version 21 ms`, `version failed after 47 ms: the socket does not exist`.
    private static func rung(_ rung: RungView) -> String {
        guard !rung.succeeded else { return "\(rung.rung.rawValue) \(rung.latency.brief)" }
        let problem = rung.problem.map { ": " + (words[$0] ?? $0) } ?? ""
        guard !rung.isBroken else { return "\(rung.rung.rawValue) cannot be asked" + problem }
        return "\(rung.rung.rawValue) failed after \(rung.latency.brief)" + problem
    }

    /// What the reasons of a failed or broken probe mean.
    private static let words: [String: String] = [
        "socketMissing": "the socket does not exist", "notASocket": "the path is not a socket",
        "refused": "connection refused", "timedOut": "no answer in time",
        "notGRPC": "what answers does not speak gRPC", "reset": "the connection was dropped",
        "unimplemented": "CRI v1 is not served", "starting": "its CRI service has not started yet",
        "rpc": "it answers with an error", "unreadable": "its answer cannot be read",
        "crictlMissing": "crictl is not installed", "crictlUnusable": "crictl cannot be run",
        "crictlUsage": "crictl refuses its arguments", "permissionDenied": "permission denied",
        "crictlKilled": "crictl was killed", "outputTooLarge": "the output is too large",
        "proberUnreachable": "the prober does not answer",
    ]

    /// `12 pods; containers: 31 running, 4 exited, listed 01:49:40`.
    private static func holds(_ runtime: RuntimeView) -> String {
        var parts: [String] = []
        if let pods = runtime.pods { parts.append(TimeText.count(UInt64(clamping: pods), "pod")) }
        let states = runtime.containers.filter { $0.value > 0 }.sorted {
            ($1.value, $0.key) < ($0.value, $1.key)
        }
        let containers = states.prefix(8).map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        if !containers.isEmpty { parts.append("containers: " + containers) }
        guard !parts.isEmpty else { return "" }
        // A list is up to half a minute old, and pods come and go meanwhile.
        let listed = runtime.rungs.filter { $0.rung >= .pods && $0.succeeded }.map(\.at).min()
        return parts.joined(separator: "; ") + (listed.map { ", listed \($0.clock)" } ?? "")
    }
}
