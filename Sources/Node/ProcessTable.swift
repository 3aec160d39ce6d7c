// SPDX-License-Identifier: Apache-2.0
import Glibc
import HealthModel

/// Processes, as proc(5) shows them, within bounds.
struct ProcessTable: Sendable {
    let files: Files
    let limits: NodeInspector.Limits

    /// The process, or nil when it is gone.
    func identity(_ pid: Int32) -> ProcessIdentity? {
        guard pid > 0, let stat = files.text("/proc/\(pid)/stat", limit: 4096),
            let open = stat.firstIndex(of: "("), let close = stat.lastIndex(of: ")"), open < close
        else { return nil }
        // comm may hold blanks and parentheses: it ends at the last one.
        let name = stat[stat.index(after: open)..<close]
        let state = stat[stat.index(after: close)...].first { !$0.isWhitespace }
        let membership = CgroupMembership(files.text("/proc/\(pid)/cgroup", limit: 16 << 10) ?? "")
        return ProcessIdentity(
            pid: pid, name: Text.excerpt(name, limit: 64), state: state.map { String($0) },
            unit: membership.unit, containerID: membership.containerID)
    }

    /// The processes that hold one of these sockets, by inode, in order of pid.
    func holders(ofSockets inodes: Set<UInt64>) -> [ProcessIdentity] {
        guard !inodes.isEmpty else { return [] }
        let wanted = Set(inodes.map { "socket:[\($0)]" })
        let deadline = SuspendingClock.now + limits.time
        var budget = limits.descriptors
        var holders: [ProcessIdentity] = []
        for pid in pids() {
            guard budget > 0, limits.holders > holders.count, deadline > .now else { break }
            guard holds(pid, oneOf: wanted, budget: &budget) else { continue }
            if let identity = identity(pid) { holders.append(identity) }
        }
        return holders
    }

    private func holds(_ pid: Int32, oneOf wanted: Set<String>, budget: inout Int) -> Bool {
        var found = false
        let folder = "/proc/\(pid)/fd"
        // A process that ended meanwhile, or that we may not look into, holds nothing that we can see.
        try? files.forEachName(folder) { name in
            budget -= 1
            found = files.linkTarget("\(folder)/\(name)").map(wanted.contains) ?? false
            return !found && budget > 0
        }
        return found
    }

    /// For each of these sockets the processes that hold it, at most four each.
    func holders(bySocket inodes: Set<UInt64>) -> [UInt64: [ProcessIdentity]] {
        guard !inodes.isEmpty else { return [:] }
        let wanted = Dictionary(uniqueKeysWithValues: inodes.map { ("socket:[\($0)]", $0) })
        let deadline = SuspendingClock.now + limits.time
        var budget = limits.descriptors
        var holders: [UInt64: [ProcessIdentity]] = [:]
        for pid in pids() {
            guard budget > 0, deadline > .now else { break }
            var held: Set<UInt64> = []
            try? files.forEachName("/proc/\(pid)/fd") { name in
                budget -= 1
                if let target = files.linkTarget("/proc/\(pid)/fd/\(name)"), let inode = wanted[target] {
                    held.insert(inode)
                }
                return budget > 0
            }
            guard !held.isEmpty, let identity = identity(pid) else { continue }
            for inode in held where holders[inode, default: []].count < 4 {
                holders[inode, default: []].append(identity)
            }
        }
        return holders
    }

    /// Whether a process is root's and sees the node's own files: what a container, another user or a nested node calls a
    /// shim is none of this node's. Told by /proc/PID/status, because /proc/PID itself is root's for who hides from ptrace(2).
    func isHosts(_ pid: Int32) -> Bool {
        guard let status = files.text("/proc/\(pid)/status", limit: 4096),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("Uid:") })
        else { return false }
        let users = line.dropFirst(4).split(whereSeparator: \.isWhitespace)
        guard users.count == 4, users.allSatisfy({ $0 == "0" }) else { return false }
        guard let host = files.linkTarget("/proc/\(limits.host)/ns/mnt") else { return true }
        return files.linkTarget("/proc/\(pid)/ns/mnt") == host
    }

    /// All processes, in order, within bounds.
    func pids() -> [Int32] {
        var pids: [Int32] = []
        try? files.forEachName("/proc") { name in
            if let pid = Int32(name), pid > 0 { pids.append(pid) }
            return pids.count < limits.processes
        }
        return pids.sorted().prefix(limits.processes).map(\.self)
    }
}
