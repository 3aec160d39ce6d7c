// SPDX-License-Identifier: Apache-2.0
public import HealthModel

/// Puts processes together to containers, one process after the other.
///
/// Who belongs to whom is told by cgroups, which a container cannot change; below user.slice a user may make what he likes,
/// and nothing there is believed. A monitor's argv is believed only of a process of root's outside every container.
public struct ContainerScanner: Sendable {
    private var containers: [String: ContainerProcesses] = [:]
    private var isFull = false

    /// Nothing seen.
    public init() {}

    /// Takes one process: `comm`, argv, the text of `/proc/PID/cgroup` and its start, as far as they are known; and whether
    /// it is root's, in the mount namespace of PID 1.
    public mutating func add(
        pid: Int32, comm: String, arguments: @autoclosure () -> [String], cgroup: String,
        startedAt: WallTime?,
        isRoots: @autoclosure () -> Bool = true
    ) {
        guard !Self.isUsers(cgroup) else { return }
        if let place = Self.place(cgroup) {
            note(place.id, place.manager, startedAt) { container in
                guard container.pids.count < ContainerProcesses.pidLimit else { return }
                if container.pids.isEmpty || pid < container.pids[0] {
                    container.command = Text.excerpt(comm, limit: 64)
                }
                container.pids.append(pid)
                container.pids.sort()
            }
        } else if comm.hasPrefix("conmon") || comm.hasPrefix("crio-conmon"), isRoots() {
            addConmon(pid, comm, arguments(), cgroup, startedAt)
        } else if comm.hasPrefix("containerd-shim"), isRoots() {
            addShim(pid, comm, arguments(), startedAt)
        }
    }

    /// What was seen; `complete` when every process was added.
    public func result(complete: Bool) -> ContainerScan {
        ContainerScan(
            containers: containers.values.sorted { $0.id < $1.id }, complete: complete && !isFull)
    }

    private mutating func note(
        _ id: String, _ manager: ContainerProcesses.Manager, _ startedAt: WallTime?,
        _ change: (inout ContainerProcesses) -> Void
    ) {
        guard containers[id] != nil || containers.count < ContainerScan.limit else {
            isFull = true
            return
        }
        var container = containers[id] ?? ContainerProcesses(id: id, manager: manager)
        // A bare id says less than a name.
        if container.manager == .kubepods { container.manager = manager }
        if let startedAt { container.startedAt = min(container.startedAt ?? startedAt, startedAt) }
        change(&container)
        containers[id] = container
    }

    // MARK: conmon

    /// `conmon -b BUNDLE -c ID --exit-dir /var/run/crio/exits -n k8s_… -r /usr/bin/runc --runtime-arg --root=/run/runc …`
    /// (conmon src/cli.c, v2.1). An `--exec` one looks after a command, not a container; podman's has another exit
    /// directory. Anybody can call his process so; CRI-O's are where systemd or CRI-O put them.
    private mutating func addConmon(
        _ pid: Int32, _ comm: String, _ arguments: [String], _ cgroup: String, _ startedAt: WallTime?
    ) {
        let options = Options(arguments)
        guard !options.isExec, let id = options.id, Self.isID(id[...]),
            Self.isCRIO(cgroup) || cgroup.isEmpty && options.exitDirectory?.contains("/crio/") == true
        else { return }
        let monitor = Monitor(
            pid: pid, name: Text.excerpt(comm, limit: 64),
            runtimePath: options.runtime.map { Text.excerpt($0) },
            runtimeRoot: options.root.map { Text.excerpt($0) },
            pod: options.name.flatMap { PodContainerName(joined: $0) })
        note(id, .crio, startedAt) { $0.monitor = monitor }
    }

    /// `crio-conmon-ID.scope`, or with `conmon_cgroup = "pod"` and the cgroupfs manager CRI-O's own service.
    private static func isCRIO(_ cgroup: String) -> Bool {
        let parts = cgroup.split(separator: "/")
        return parts.contains { $0.hasPrefix("crio-conmon-") || $0 == "crio.service" }
    }

    private struct Options {
        var id: String?
        var name: String?
        var runtime: String?
        var root: String?
        var exitDirectory: String?
        var isExec = false

        init(_ arguments: [String]) {
            var iterator = arguments.dropFirst().prefix(256).makeIterator()
            var rootFollows = false
            while let argument = iterator.next() {
                let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
                let inline = parts.count == 2 ? parts[1] : nil
                switch parts.first {
                case "-c", "--cid": id = inline ?? iterator.next()
                case "-n", "--name": name = inline ?? iterator.next()
                case "-r", "--runtime": runtime = inline ?? iterator.next()
                case "--exit-dir": exitDirectory = inline ?? iterator.next()
                case "-e", "--exec", "--exec-attach", "--exec-process-spec": isExec = true
                case "--runtime-arg":
                    guard let value = inline ?? iterator.next() else { return }
                    if rootFollows { root = value }
                    rootFollows = value == "--root"
                    if value.hasPrefix("--root=") { root = String(value.dropFirst(7)) }
                default: break
                }
            }
        }
    }

    // MARK: Shims

    /// `containerd-shim-runc-v2 -namespace k8s.io -id SANDBOX -address /run/containerd/containerd.sock`; shims of other
    /// namespaces (docker's is `moby`) belong to no CRI.
    private mutating func addShim(_ pid: Int32, _ comm: String, _ arguments: [String], _ startedAt: WallTime?)
    {
        func value(_ option: String) -> String? {
            arguments.firstIndex(of: option).flatMap { $0 + 1 < arguments.count ? arguments[$0 + 1] : nil }
        }
        guard value("-namespace") == "k8s.io", let id = value("-id"), Self.isID(id[...]) else { return }
        let monitor = Monitor(pid: pid, name: Text.excerpt(comm, limit: 64))
        note(id, .containerd, startedAt) { $0.monitor = monitor }
    }

    // MARK: cgroups

    /// Whether any hierarchy has it below user.slice.
    private static func isUsers(_ cgroup: String) -> Bool {
        cgroup.split(whereSeparator: \.isNewline).prefix(64).contains { line in
            line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).last?.hasPrefix(
                "/user.slice/") == true
        }
    }

    /// The outermost container in any hierarchy's path; what runs inside of it is its own business.
    private static func place(_ cgroup: String) -> (id: String, manager: ContainerProcesses.Manager)? {
        for line in cgroup.split(whereSeparator: \.isNewline).prefix(64) {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            var isPod = false
            for component in fields[2].split(separator: "/").prefix(64) {
                isPod = isPod || component.contains("kubepods")
                let name = component.hasSuffix(".scope") ? component.dropLast(6) : component
                if name.hasPrefix("crio-conmon-") { break }
                let id = name.suffix(64)
                guard isID(id) else { continue }
                switch name.dropLast(64) {
                case "crio-": return (String(id), .crio)
                case "cri-containerd-": return (String(id), .containerd)
                case "" where isPod: return (String(id), .kubepods)
                case let before where before.hasSuffix(":cri-containerd:"): return (String(id), .containerd)
                default: return nil
                }
            }
        }
        return nil
    }

    private static func isID(_ text: Substring) -> Bool {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        let letters = UInt8(ascii: "a")...UInt8(ascii: "f")
        return text.utf8.count == 64 && text.utf8.allSatisfy { digits.contains($0) || letters.contains($0) }
    }
}
