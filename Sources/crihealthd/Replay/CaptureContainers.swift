// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import HealthModel
import Node

/// What the files of `proc/` show of containers: processes with their cgroups, scopes, CRI-O's configuration.
extension CaptureProc {
    /// The events of a file about containers; empty for any other.
    var containerEvents: [Observation.Event] {
        if name.hasSuffix("procs.txt") { return [.node(.containerProcesses(scan))] }
        if name.hasSuffix("scopes.txt") || name.hasSuffix("scope-show.txt") {
            let states = name.hasSuffix("scopes.txt") ? listedScopes : shownScope.map { [$0] } ?? []
            return states.isEmpty ? [] : [.node(.scopes(states))]
        }
        if name.hasSuffix("crio.conf.d.txt") { return [.node(.runtimeConfiguration(dropIns))] }
        if name.hasSuffix("crio-config.toml") {
            return effective.map { [.node(.runtimeConfiguration($0))] } ?? []
        }
        if name.hasSuffix("--version.txt"), let version = ociVersion {
            return [.node(.ociRuntimes([version]))]
        }
        return []
    }

    // MARK: Processes

    /// Blocks of `== pid N ppid N exe PATH`, then `cmdline: …`, the lines of /proc/PID/cgroup, `start: TICKS`.
    private var scan: ContainerScan {
        var scan = ContainerScanner()
        for block in blocks("== pid ") {
            guard let pid = block.heading.split(separator: " ").first.flatMap({ Int32($0) }) else { continue }
            let command = block.lines.first { $0.hasPrefix("cmdline: ") }?.dropFirst(9) ?? ""
            let state = block.lines.first { $0.hasPrefix("Name:") }
            scan.add(
                pid: pid, comm: state.map { String($0.dropFirst(5).filter { !$0.isWhitespace }) } ?? "",
                arguments: command.split(separator: " ").map(String.init),
                cgroup: block.lines.filter {
                    $0.split(separator: ":", maxSplits: 2).count == 3 && $0.contains(":/")
                }
                .joined(separator: "\n"),
                startedAt: block.lines.first { $0.hasPrefix("start: ") }.flatMap { ticks($0.dropFirst(7)) })
        }
        return scan.result(complete: true)
    }

    /// USER_HZ ticks since boot (proc(5), `starttime`), which is 100 on every Linux that Swift runs on.
    private func ticks(_ text: Substring) -> WallTime? {
        guard isClockKnown, let ticks = Int64(text), ticks >= 0, ticks < 1 << 40 else { return nil }
        return at.wall + (MonotonicTime(microseconds: ticks * 10_000) - at.monotonic)
    }

    // MARK: Logs

    /// `crictl logs`: its output goes by the stream that the container wrote to. Of which container it is only the
    /// `crictl inspect` of the same phase tells.
    static func log(output: [UInt8], errors: [UInt8], inspected: [UInt8]) -> ContainerLog? {
        guard let answer = try? JSONDecoder().decode(Inspected.self, from: Data(inspected)) else {
            return nil
        }
        return ContainerLog(
            id: answer.status.id, text: String(decoding: output + Array("\n".utf8) + errors, as: UTF8.self))
    }

    private struct Inspected: Decodable {
        struct Status: Decodable { var id: String }
        var status: Status
    }

    private struct Block {
        var heading: Substring
        var lines: [Substring]
    }

    private func blocks(_ mark: String) -> [Block] {
        var blocks: [Block] = []
        for line in text.split(separator: "\n").prefix(100_000) {
            if line.hasPrefix(mark) {
                blocks.append(Block(heading: line.dropFirst(mark.count), lines: []))
            } else if !blocks.isEmpty {
                blocks[blocks.count - 1].lines.append(line)
            }
        }
        return blocks
    }

    // MARK: Scopes

    /// `systemctl list-units --type=scope`: `crio-ID.scope loaded active running DESCRIPTION`.
    private var listedScopes: [ScopeState] {
        text.split(separator: "\n").prefix(4096).compactMap { line in
            let columns = line.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: true)
            guard columns.count == 5, ScopeState.containerID(ofScope: String(columns[0])) != nil,
                columns[2] == "active"
            else { return nil }
            return ScopeState(name: String(columns[0]), description: String(columns[4].prefix(256)))
        }
    }

    /// `systemctl show crio-ID.scope`.
    private var shownScope: ScopeState? {
        var values: [Substring: Substring] = [:]
        for line in text.split(separator: "\n").prefix(4096) {
            guard let mark = line.firstIndex(of: "=") else { continue }
            values[line[..<mark]] = line[line.index(after: mark)...]
        }
        guard let id = values["Id"], let dependencies = values["DefaultDependencies"] else { return nil }
        let related =
            (values["Conflicts"] ?? "").split(separator: " ") + (values["Before"] ?? "").split(separator: " ")
        return ScopeState(
            name: String(id), description: String((values["Description"] ?? "").prefix(256)),
            defaultDependencies: dependencies == "yes", ordersShutdown: related.contains("shutdown.target"))
    }

    // MARK: CRI-O's configuration

    /// Files one after the other, each under `### PATH`.
    private var dropIns: RuntimeConfiguration {
        RuntimeConfiguration(
            texts: blocks("### ").map { block in
                (.init(path: String(block.heading)), block.lines.joined(separator: "\n"))
            })
    }

    /// `crio config` prints what the files come to; it does not say which file decides.
    private var effective: RuntimeConfiguration? {
        var configuration = RuntimeConfiguration(texts: [(.init(path: "crio config"), text)])
        guard configuration.defaultRuntime != nil else { return nil }
        configuration.files = []
        return configuration
    }

    private var ociVersion: OCIRuntimeVersion? {
        guard
            let base = name.split(separator: "/").last?.split(separator: ".").first(where: {
                $0.contains("--version")
            }),
            let program = base.firstRange(of: "--version").map({ base[..<$0.lowerBound] }),
            program == "crun" || program == "runc"
        else { return nil }
        return OCIRuntimeVersion(path: String(program), output: text)
    }
}
