// SPDX-License-Identifier: Apache-2.0
import Glibc
import HealthModel

/// Looks at what can have changed: the stamps of logs and files first, and only where one of them is another than before at
/// what they hold.
struct ChangeReader: Sendable {
    /// How far back logs are told.
    static let span = Duration.seconds(24 * 3600)
    /// Most bytes of each log, from its end: a distribution's whole upgrade takes one.
    private static let logLimit = 1 << 20

    /// The one before as well: the log may just have been rotated. apt's is compressed by then.
    private static let logs: [(path: String, log: PackageLog)] = [
        ("/var/log/dpkg.log.1", .dpkg), ("/var/log/dpkg.log", .dpkg), ("/var/log/apt/history.log", .apt),
        ("/var/log/dnf.rpm.log.1", .dnf), ("/var/log/dnf.rpm.log", .dnf),
    ]

    let files: Files

    /// What there is; nil where all stamps are as in the look whose digest is `known`.
    func read(known: UInt64?, at now: WallTime = WallTime(microseconds: Files.microsecondsNow))
        -> ChangeReport?
    {
        let logs = Self.logs.compactMap { item in
            files.trusted(item.path).map { (path: item.path, log: item.log, status: $0) }
        }
        let places = FileInventory(files: files).places()
        let boot = files.text("/proc/sys/kernel/random/boot_id", limit: 64) ?? ""
        var digest = FNV1a()
        digest.add(boot)
        for log in logs { digest.add(log.path, log.status) }
        for place in places { digest.add(place.path, place.status) }
        guard digest.value != known else { return nil }
        let earliest = now + (.zero - Self.span)
        var packages: [Change] = []
        var runs: [PackageRun] = []
        for log in logs where log.status.modifiedAt >= earliest {
            guard let bytes = try? files.trustedTail(log.path, limit: Self.logLimit) else { continue }
            let content = log.log.read(bytes, since: earliest, zone: Self.local)
            // dpkg tells of each package when it was done; apt of the run alone.
            let isTwice = log.log == .apt && packages.contains { $0.source == .dpkg }
            if !isTwice { packages += content.changes }
            runs += content.runs
        }
        return ChangeReport(
            digest: digest.value, packages: packages.suffix(256).map { $0.told(by: runs) },
            runs: Array(runs.suffix(32)), files: FileInventory(files: files).stamps(places),
            kernel: files.text("/proc/sys/kernel/osrelease", limit: 256).map { Text.excerpt($0, limit: 100) },
            bootedAt: bootTime)
    }

    /// `btime` of /proc/stat (proc(5)).
    private var bootTime: WallTime? {
        guard let text = files.text("/proc/stat", limit: 1 << 20),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("btime ") }),
            let seconds = Int64(line.dropFirst(6)), (1...4_000_000_000).contains(seconds)
        else { return nil }
        return WallTime(microseconds: seconds * 1_000_000)
    }

    /// This node's local time, read as if it were UTC, as the instant.
    private static func local(_ time: WallTime) -> WallTime {
        var seconds = time_t(time.microseconds / 1_000_000)
        var fields = tm()
        guard gmtime_r(&seconds, &fields) != nil else { return time }
        fields.tm_isdst = -1
        let instant = mktime(&fields)
        return instant == -1 ? time : WallTime(microseconds: Int64(instant) * 1_000_000)
    }
}

extension FNV1a {
    /// Takes in a text and its end: "ab", "c" are others than "a", "bc".
    mutating func add(_ text: String) {
        add(text.utf8.span)
        add(0 as UInt8)
    }

    mutating func add(_ number: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            add(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    fileprivate mutating func add(_ path: String, _ status: Files.Trusted) {
        add(path)
        add(status.size)
        add(status.inode)
        add(UInt64(bitPattern: status.modifiedAt.microseconds))
        add(UInt64(bitPattern: status.changedAt.microseconds))
    }
}
