// SPDX-License-Identifier: Apache-2.0
public import HealthModel
import Synchronization

/// Finds the kubelet that runs, and reads what it was told.
///
/// ## Concurrency
/// Any thread; a call blocks its caller while it reads /proc and some small files. The process that was found is
/// remembered: as long as it lives the others are not looked through again.
public final class KubeletFinder: Sendable {
    /// A process, told from a later one with its pid.
    private struct Known: Equatable {
        let pid: Int32
        let startedAt: String
    }

    private let files: Files
    private let processes: ProcessTable
    private let known = Mutex<Known?>(nil)

    /// Looks below `root`, which tests replace.
    public init(root: String = "/", limits: NodeInspector.Limits = .init()) {
        files = Files(root: root)
        processes = ProcessTable(files: files, limits: limits)
    }

    /// The kubelet; nil: none runs. Of several, one that a service of the node runs, the oldest first.
    public func find() -> KubeletProcess? {
        if let last = known.withLock({ $0 }), start(of: last.pid) == last.startedAt,
            let kubelet = kubelet(last.pid)
        {
            return kubelet
        }
        let found = processes.pids().lazy.filter { self.isKubelet($0) }.compactMap { self.kubelet($0) }
        let first = found.prefix(8).min { Self.rank($0) < Self.rank($1) }
        known.withLock { slot in
            slot = first.flatMap { kubelet in
                self.start(of: kubelet.pid).map { Known(pid: kubelet.pid, startedAt: $0) }
            }
        }
        return first
    }

    private static func rank(_ kubelet: KubeletProcess) -> (Int, Int32) {
        let isService = kubelet.unit?.hasSuffix(".service") ?? false
        return (kubelet.containerID != nil ? 2 : isService ? 0 : 1, kubelet.pid)
    }

    // MARK: Processes

    /// By `comm`, which is cheap to read of every process.
    private func isKubelet(_ pid: Int32) -> Bool {
        guard let name = files.text("/proc/\(pid)/comm", limit: 64) else { return false }
        return KubeletProgram(name: name.filter { !$0.isNewline }) != nil
    }

    /// What is known of the process; nil when it is no kubelet of this node: another user's, or one in a PID namespace of
    /// its own (a node of kind, a container's own).
    private func kubelet(_ pid: Int32) -> KubeletProcess? {
        guard let identity = processes.identity(pid), let program = KubeletProgram(name: identity.name),
            isRootsOwn(pid), !isInPod(pid)
        else { return nil }
        let arguments = Self.strings(files.text("/proc/\(pid)/cmdline", limit: 128 << 10) ?? "")
        if program == .hyperkube, !arguments.dropFirst().prefix(1).contains("kubelet") { return nil }
        var kubelet = KubeletProcess(
            pid: pid, program: identity.name, unit: identity.unit, containerID: identity.containerID)
        KubeletSettings(files: files, pid: pid, program: program, arguments: arguments).fill(&kubelet)
        return kubelet
    }

    private func isRootsOwn(_ pid: Int32) -> Bool {
        let status = files.text("/proc/\(pid)/status", limit: 16 << 10) ?? ""
        var isRoot = false
        for line in status.split(separator: "\n") {
            let words = line.split { $0 == " " || $0 == "\t" }
            if words.first == "Uid:" { isRoot = words.count > 2 && words[1] == "0" && words[2] == "0" }
            if words.first == "NSpid:", words.count > 2 { return false }
        }
        return isRoot
    }

    private func isInPod(_ pid: Int32) -> Bool {
        (files.text("/proc/\(pid)/cgroup", limit: 16 << 10) ?? "").contains("/kubepods")
    }

    /// `starttime` of proc(5), in ticks since boot.
    private func start(of pid: Int32) -> String? {
        guard let stat = files.text("/proc/\(pid)/stat", limit: 4096), let close = stat.lastIndex(of: ")")
        else { return nil }
        let rest = stat[stat.index(after: close)...].split(separator: " ", maxSplits: 20)
        return rest.count > 19 ? String(rest[19]) : nil
    }

    private static func strings(_ text: String) -> [String] { text.split(separator: "\0").map(String.init) }
}

/// A program that is a kubelet, or has one inside.
enum KubeletProgram: Equatable {
    case kubelet, hyperkube, k3s, kubelite, microshift

    /// By `comm`.
    init?(name: String) {
        switch name {
        case "kubelet": self = .kubelet
        case "hyperkube": self = .hyperkube
        // k3s starts itself under these names (k3s `cmd/k3s/main.go`).
        case "k3s-server", "k3s-agent": self = .k3s
        case "kubelite": self = .kubelite
        case "microshift": self = .microshift
        default: return nil
        }
    }
}
