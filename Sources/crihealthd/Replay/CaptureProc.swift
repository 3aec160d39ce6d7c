// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What a file of `proc/` shows, by the end of its name. A file that nobody reads here is passed over.
struct CaptureProc {
    let name: String
    let text: String
    let at: Moment
    let endpoints: [Endpoint]
    /// Whether `at` is on the node's own monotonic clock.
    let isClockKnown: Bool

    /// What the name of a `systemctl show` holds.
    static let unitMark = ".systemctl-show."

    func observations() -> [Observation] {
        let events: [Observation.Event]
        if name.contains(Self.unitMark) {
            events = unit.map { [.unit($0)] } ?? []
        } else if name.hasSuffix("ss-tl.txt") {
            events = tcp
        } else if name.hasSuffix("ss-xl.txt") || name.hasSuffix("ss-x.txt") {
            events = unix
        } else if name.hasSuffix("df.txt") {
            events = [.node(.fileSystems(fileSystems))]
        } else if name.hasSuffix("ps.txt") {
            events = processes
        } else if name.hasSuffix(".exe.txt") {
            events =
                CaptureBinaries(text: text, endpoints: endpoints).report.map { [.node(.binaries($0))] } ?? []
        } else {
            events = containerEvents
        }
        return events.map { Observation(at: at, event: $0) }
    }

    private var lines: [Substring] { text.split(separator: "\n").prefix(20_000).map { $0 } }

    // MARK: systemctl show

    private var unit: UnitState? {
        var values: [Substring: Substring] = [:]
        for line in lines {
            guard let mark = line.firstIndex(of: "=") else { continue }
            values[line[..<mark]] = line[line.index(after: mark)...]
        }
        func text(_ key: Substring) -> String { values[key].map(String.init) ?? "" }
        func number(_ key: Substring) -> Int64 { values[key].flatMap { Int64($0) } ?? 0 }
        guard let id = values["Id"], let active = values["ActiveState"] else { return nil }
        let stamp = number("StateChangeTimestampMonotonic")
        let main = number("MainPID")
        return UnitState(
            name: String(id), loadState: text("LoadState"), activeState: String(active),
            subState: text("SubState"),
            result: text("Result"), restarts: UInt32(clamping: number("NRestarts")),
            mainPID: main > 0 ? Int32(clamping: main) : nil,
            execMainCode: Int32(clamping: number("ExecMainCode")),
            execMainStatus: Int32(clamping: number("ExecMainStatus")), invocationID: text("InvocationID"),
            fragmentPath: text("FragmentPath"), execStart: path(in: text("ExecStart")),
            stateChangedAt: stamp > 0 && isClockKnown ? MonotonicTime(microseconds: stamp) : nil,
            unitFileState: values["UnitFileState"].map(String.init), restartPolicy: text("Restart"))
    }

    /// Instants that `systemctl show` gives on both clocks: `XTimestamp=Sun 2026-11-22 02:21:52 UTC` and
    /// `XTimestampMonotonic=4711000`. Another time zone than UTC says nothing here.
    static func clockPairs(_ text: String) -> [Moment] {
        var walls: [Substring: WallTime] = [:]
        var stamps: [Substring: Int64] = [:]
        for line in text.split(separator: "\n").prefix(20_000) {
            guard let mark = line.firstIndex(of: "=") else { continue }
            let key = line[..<mark]
            let value = line[line.index(after: mark)...]
            if key.hasSuffix("TimestampMonotonic") {
                stamps[key.dropLast(9)] = Int64(value).flatMap { $0 > 0 ? $0 : nil }
            } else if key.hasSuffix("Timestamp") {
                let words = value.split(separator: " ")
                guard words.count == 4, words[3] == "UTC" else { continue }
                walls[key] = WallTime(rfc3339: "\(words[1])T\(words[2])Z")
            }
        }
        return stamps.compactMap { key, stamp in
            walls[key].map { Moment(wall: $0, monotonic: MonotonicTime(microseconds: stamp)) }
        }
    }

    /// `{ path=/usr/bin/containerd ; argv[]=… }`
    private func path(in exec: String) -> String? {
        guard let start = exec.firstRange(of: "path=")?.upperBound else { return nil }
        return exec[start...].split(separator: " ").first.map(String.init)
    }

    // MARK: ss

    /// `LISTEN 0 5 127.0.0.1:1338 0.0.0.0:* users:(("socat",pid=216,fd=5))`
    private var tcp: [Observation.Event] {
        lines.filter { $0.hasPrefix("LISTEN") }.compactMap { line in
            let columns = line.split(separator: " ", omittingEmptySubsequences: true)
            guard columns.count >= 4 else { return nil }
            return .node(.tcpListener(address: String(columns[3]), holders: Self.users(line)))
        }
    }

    /// `u_str LISTEN 0 4096 /run/containerd/containerd.sock 1234 * 0 users:(("socat",pid=216,fd=5))`
    private var unix: [Observation.Event] {
        endpoints.compactMap { endpoint in
            let holders = lines.filter {
                $0.contains("LISTEN") && $0.contains(" " + endpoint.socketPath + " ")
            }
            guard !holders.isEmpty else { return nil }
            return .node(
                .unixListener(path: endpoint.socketPath, holders: holders.flatMap { Self.users($0) }))
        }
    }

    private static func users(_ line: Substring) -> [ProcessIdentity] {
        guard let start = line.firstRange(of: "users:((")?.upperBound else { return [] }
        return line[start...].split(separator: "(").compactMap { user in
            let parts = user.split(separator: ",")
            guard parts.count >= 2, parts[1].hasPrefix("pid="), let pid = Int32(parts[1].dropFirst(4)) else {
                return nil
            }
            return ProcessIdentity(pid: pid, name: String(parts[0].filter { $0 != "\"" }))
        }
    }

    // MARK: df, ps

    /// `tmpfs 65536 65536 0 100% /var/lib/containerd`
    private var fileSystems: [FileSystemUsage] {
        lines.dropFirst().compactMap { line in
            let columns = line.split(separator: " ", omittingEmptySubsequences: true)
            guard columns.count >= 6, let total = UInt64(columns[1]), let free = UInt64(columns[3]) else {
                return nil
            }
            return FileSystemUsage(
                path: String(columns[5]), totalBytes: total &* 1024, availableBytes: free &* 1024)
        }
    }

    /// `PID PPID STAT WCHAN COMMAND`, in whatever order the heading names them.
    private var processes: [Observation.Event] {
        guard let heading = lines.first?.split(separator: " ", omittingEmptySubsequences: true),
            let pid = heading.firstIndex(of: "PID"), let state = heading.firstIndex(of: "STAT"),
            let command = heading.firstIndex(where: { $0 == "COMMAND" || $0 == "CMD" })
        else { return [] }
        return lines.dropFirst().compactMap { line in
            let columns = line.split(separator: " ", maxSplits: command, omittingEmptySubsequences: true)
            guard columns.count > max(pid, state, command), let number = Int32(columns[pid]) else {
                return nil
            }
            let binary = columns[command].split(separator: " ").first?.split(separator: "/").last ?? ""
            guard ["containerd", "crio", "cri-dockerd", "kubelet"].contains(String(binary)) else {
                return nil
            }
            let identity = ProcessIdentity(
                pid: number, name: String(binary), state: String(columns[state].prefix(1)))
            return .node(.process(pid: number, identity: identity))
        }
    }
}
