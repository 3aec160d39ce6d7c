// SPDX-License-Identifier: Apache-2.0
import Glibc
import HealthModel

/// What /proc/self and getrusage(2) say of this process: a handful of cheap calls.
struct ProcessFigures: Hashable, Sendable {
    /// User and system time, without children.
    var cpu: Duration = .zero
    /// Resident memory in bytes.
    var residentBytes: UInt64 = 0
    /// Address space in bytes.
    var virtualBytes: UInt64 = 0
    /// Open descriptors.
    var openDescriptors = 0
    /// RLIMIT_NOFILE, soft.
    var maximumDescriptors: UInt64 = 0
    /// Threads.
    var threads = 0

    /// Read now; what cannot be read is 0.
    static func current() -> ProcessFigures {
        var figures = ProcessFigures()
        var usage = rusage()
        if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            figures.cpu = duration(usage.ru_utime) + duration(usage.ru_stime)
        }
        let page = UInt64(max(sysconf(Int32(_SC_PAGESIZE)), 1))
        let memory = read("/proc/self/statm").split(separator: " ")
        if memory.count > 1 {
            figures.virtualBytes = (UInt64(memory[0]) ?? 0) * page
            figures.residentBytes = (UInt64(memory[1]) ?? 0) * page
        }
        // proc(5): field 20 of stat is num_threads; comm, which may hold blanks, ends with the last parenthesis.
        let stat = read("/proc/self/stat")
        if let end = stat.lastIndex(of: ")") {
            let fields = stat[stat.index(after: end)...].split(separator: " ")
            if fields.count > 17 { figures.threads = Int(fields[17]) ?? 0 }
        }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            figures.maximumDescriptors = UInt64(limit.rlim_cur)
        }
        figures.openDescriptors = countDescriptors()
        return figures
    }

    private static func duration(_ time: timeval) -> Duration {
        .seconds(Int64(time.tv_sec)) + .microseconds(Int64(time.tv_usec))
    }

    /// The first KiB of a file; empty when it cannot be read.
    private static func read(_ path: String) -> String {
        let fd = open(path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return "" }
        defer { close(fd) }
        var buffer = [UInt8](repeating: 0, count: 1024)
        let count = Glibc.read(fd, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : ""
    }

    private static func countDescriptors() -> Int {
        guard let directory = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        // Not `.`, `..` and the directory's own descriptor.
        return max(0, count - 3)
    }

    /// As the metrics that every Prometheus client library names alike.
    func families(_ snapshot: Snapshot) -> [MetricFamily] {
        let start = Double(snapshot.startedAt.microseconds) / 1_000_000
        return [
            .counter(
                "process_cpu_seconds", "User and system CPU time, in seconds, without children.", cpu.seconds),
            .gauge("process_resident_memory_bytes", "Resident memory, in bytes.", Double(residentBytes)),
            .gauge("process_virtual_memory_bytes", "Address space, in bytes.", Double(virtualBytes)),
            .gauge("process_open_fds", "Open file descriptors.", Double(openDescriptors)),
            .gauge("process_max_fds", "Most file descriptors that may be open.", Double(maximumDescriptors)),
            .gauge("process_threads", "Threads.", Double(threads)),
            .gauge(
                "process_start_time_seconds", "Start of this run, in seconds since the Unix epoch.", start),
        ]
    }
}

extension MetricFamily {
    /// A counter without labels.
    static func counter(_ name: String, _ help: String, _ value: Double) -> MetricFamily {
        MetricFamily(name: name, kind: .counter, help: help, samples: [Sample(labels: [], value: value)])
    }

    /// A gauge without labels.
    static func gauge(_ name: String, _ help: String, _ value: Double) -> MetricFamily {
        MetricFamily(name: name, kind: .gauge, help: help, samples: [Sample(labels: [], value: value)])
    }
}
