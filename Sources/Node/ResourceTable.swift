// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What the node has left, from /proc and /sys.
struct ResourceTable: Sendable {
    private let files: Files

    init(files: Files) { self.files = files }

    /// Of these paths, those that exist, and of these units, those with a limit of tasks.
    func read(_ paths: some Sequence<String>, units: some Sequence<String>) -> NodeResources {
        let table = mountTable
        var unitTasks: [String: NodeResources.Use] = [:]
        for unit in units where Self.isName(unit) { unitTasks[unit] = tasks(of: unit) }
        return NodeResources(
            mounts: paths.compactMap { mount($0, table) }, tasks: tasks, files: openFiles,
            unitTasks: unitTasks,
            inotifyInstances: number("/proc/sys/fs/inotify/max_user_instances"),
            inotifyWatches: number("/proc/sys/fs/inotify/max_user_watches"))
    }

    // MARK: Mounts

    private struct Row {
        var device: Substring
        var mountPoint: String
        var type: Substring
        var source: String
        var isReadOnly: Bool
    }

    /// As process 1 sees them, in the order of mounting: the last one of a mount point is on top.
    private var mountTable: [Row] {
        let text =
            files.text("/proc/1/mountinfo", limit: 4 << 20)
            ?? files.text("/proc/self/mountinfo", limit: 4 << 20)
        return (text ?? "").split(separator: "\n").compactMap(Self.row)
    }

    /// Not `ro` alone: ext4 tells so of what an error made of it (fs/ext4/super.c, seen with Linux 6.18).
    private static let refusesWrites: Set<Substring> = ["ro", "emergency_ro", "shutdown"]

    /// `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue` (proc_pid_mountinfo(5)).
    private static func row(_ line: Substring) -> Row? {
        let fields = line.split(separator: " ")
        guard fields.count >= 9, let dash = fields.dropFirst(6).firstIndex(of: "-"), dash + 3 < fields.count
        else { return nil }
        let options = fields[dash + 3].split(separator: ",")
        return Row(
            device: fields[2], mountPoint: unescaped(fields[4]), type: fields[dash + 1],
            source: unescaped(fields[dash + 2]), isReadOnly: options.contains { refusesWrites.contains($0) })
    }

    /// Spaces and the like are written `\040`.
    private static func unescaped(_ text: Substring) -> String {
        guard text.utf8.contains(UInt8(ascii: "\\")) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.count >= 3,
                let value = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
            {
                bytes.append(value)
                rest.removeFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func mount(_ path: String, _ table: [Row]) -> NodeResources.Mount? {
        guard path.hasPrefix("/"), (try? files.status(path)) != nil else { return nil }
        let holds = { (row: Row) in
            row.mountPoint == "/" || path == row.mountPoint || path.hasPrefix(row.mountPoint + "/")
        }
        var best: Row?
        for row in table where holds(row) && row.mountPoint.utf8.count >= best?.mountPoint.utf8.count ?? 0 {
            best = row
        }
        guard let best else { return nil }
        return NodeResources.Mount(
            path: path, mountPoint: best.mountPoint, source: best.source, type: String(best.type),
            isReadOnly: best.isReadOnly, errors: best.type == "ext4" ? errors(of: best) : nil)
    }

    /// /sys names a device as the kernel does (`dm-2`), mountinfo often as a link to it.
    private func errors(of row: Row) -> UInt64? {
        guard let target = files.linkTarget("/sys/dev/block/\(row.device)"),
            let name = target.split(separator: "/").last, Self.isName(String(name))
        else { return nil }
        return number("/sys/fs/ext4/\(name)/errors_count")
    }

    // MARK: Limits

    /// `0.20 0.18 0.12 1/80 11206`: what runs, and all tasks (proc_loadavg(5)).
    private var tasks: NodeResources.Use? {
        let limits = [number("/proc/sys/kernel/pid_max"), number("/proc/sys/kernel/threads-max")].compactMap {
            $0
        }
        let fields = files.text("/proc/loadavg")?.split(separator: " ") ?? []
        guard fields.count >= 4, let used = fields[3].split(separator: "/").last.flatMap({ UInt64($0) }),
            let limit = limits.min()
        else { return nil }
        return NodeResources.Use(used: used, limit: limit)
    }

    /// `1952 0 9223372036854775807`: allocated, free, most (proc_sys_fs(5)).
    private var openFiles: NodeResources.Use? {
        let fields = (files.text("/proc/sys/fs/file-nr") ?? "").split { $0.isWhitespace }.compactMap {
            UInt64($0)
        }
        guard fields.count == 3, fields[0] >= fields[1] else { return nil }
        return NodeResources.Use(used: fields[0] - fields[1], limit: fields[2])
    }

    /// Of a unit in the system's slice, in either hierarchy; nil where it has no limit.
    private func tasks(of unit: String) -> NodeResources.Use? {
        for directory in ["/sys/fs/cgroup/system.slice/\(unit)", "/sys/fs/cgroup/pids/system.slice/\(unit)"] {
            if let used = number(directory + "/pids.current"), let limit = number(directory + "/pids.max") {
                return NodeResources.Use(used: used, limit: limit)
            }
        }
        return nil
    }

    private func number(_ path: String) -> UInt64? {
        files.text(path, limit: 64).flatMap { UInt64($0.prefix { $0.isNumber }) }
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.first != "." && text.utf8.count <= 256 && !text.utf8.contains(UInt8(ascii: "/"))
    }
}
