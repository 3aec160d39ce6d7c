// SPDX-License-Identifier: Apache-2.0
import Glibc
import HealthModel

/// Looks through all processes for those of containers, within bounds.
struct ContainerTable: Sendable {
    let files: Files
    let processes: ProcessTable

    func scan() -> ContainerScan {
        let deadline = SuspendingClock.now + processes.limits.time
        let boot = Boot()
        let pids = processes.pids()
        var scanner = ContainerScanner()
        var complete = pids.count < processes.limits.processes
        for pid in pids {
            guard deadline > .now else {
                complete = false
                break
            }
            // A process that ended meanwhile has no files any more.
            guard let cgroup = files.text("/proc/\(pid)/cgroup", limit: 16 << 10),
                let stat = files.text("/proc/\(pid)/stat", limit: 4096),
                let open = stat.firstIndex(of: "("), let close = stat.lastIndex(of: ")"), open < close
            else { continue }
            let rest = stat[stat.index(after: close)...].split(separator: " ", maxSplits: 21)
            if rest.first == "Z" { continue }
            scanner.add(
                pid: pid, comm: String(stat[stat.index(after: open)..<close]),
                arguments: arguments(of: pid), cgroup: cgroup,
                startedAt: rest.count > 19 ? Int64(rest[19]).map { boot.wall(ofTicks: $0) } : nil,
                isRoots: processes.isHosts(pid))
        }
        return scanner.result(complete: complete)
    }

    private func arguments(of pid: Int32) -> [String] {
        (files.text("/proc/\(pid)/cmdline", limit: 16 << 10) ?? "").split(
            separator: "\0", omittingEmptySubsequences: false
        )
        .map(String.init)
    }

    /// When this boot began, by the clocks of now.
    private struct Boot {
        private let began = Files.microseconds(of: CLOCK_REALTIME) - Files.microseconds(of: CLOCK_BOOTTIME)
        private let ticksPerSecond = max(Int64(sysconf(Int32(_SC_CLK_TCK))), 1)

        /// `starttime` of proc(5): ticks since boot.
        func wall(ofTicks ticks: Int64) -> WallTime {
            let since = min(max(ticks, 0), 1 << 40)
            return WallTime(microseconds: began + since * 1_000_000 / ticksPerSecond)
        }
    }
}
