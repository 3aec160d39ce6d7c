// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// `2026-11-30 06:30:02 upgrade crun:amd64 1.17-1 1.18-1` (dpkg(1), "LOGGING").
struct DpkgLine {
    /// Nil for lines that repeat it step by step.
    let event: PackageEvent?

    private static let actions: Set<Substring> = [
        "startup", "status", "install", "upgrade", "remove", "purge", "configure", "trigproc", "disappear",
        "conffile",
    ]

    init?(_ line: String) {
        let words = line.split(separator: " ", maxSplits: 6)
        guard words.count >= 4, Self.actions.contains(words[2]), let at = localTime(words[0], words[1]) else {
            return nil
        }
        guard words.count >= 6, ["install", "upgrade", "remove", "disappear"].contains(words[2]) else {
            event = nil
            return
        }
        let isGone = words[2] == "remove" || words[2] == "disappear"
        event = PackageEvent(
            at: at, name: bare(words[3]), from: words[4] == "<none>" ? nil : String(words[4]),
            to: isGone || words[5] == "<none>" ? nil : String(words[5]))
    }
}

/// apt's history: a paragraph for each run, `Start-Date`, `Commandline`, `Requested-By`, `Install`, `Upgrade`, …, `End-Date`.
struct AptHistory {
    private static let (runLimit, foundLimit) = (10_000, 20_000)

    private var packages: [PackageEvent] = []
    private var runs: [PackageRun] = []
    private var start: WallTime?
    private var end: WallTime?
    private var command: String?
    private var asker: String?
    private var found: [PackageEvent] = []

    mutating func take(_ line: String, _ zone: PackageLog.Zone) {
        guard let mark = line.firstIndex(of: ":"), line.utf8.count > 2 else { return }
        let value = line[line.index(after: mark)...].drop { $0 == " " }
        let times = value.split(separator: " ")
        switch line[..<mark] {
        case "Start-Date":
            close()
            start = times.count == 2 ? localTime(times[0], times[1]).map(zone) : nil
        case "End-Date": end = times.count == 2 ? localTime(times[0], times[1]).map(zone) : nil
        case "Commandline": command = String(value)
        case "Requested-By": asker = String(value)
        case "Install", "Reinstall": list(value) { ($0, nil, $1.first) }
        case "Upgrade", "Downgrade": list(value) { ($0, $1.first, $1.dropFirst().first) }
        case "Remove", "Purge": list(value) { ($0, $1.first, nil) }
        default: break
        }
    }

    mutating func finish() -> ([PackageEvent], [PackageRun]) {
        close()
        return (packages, runs)
    }

    private var asked: String? {
        guard let command else { return nil }
        return command + (asker.map { ", by \($0)" } ?? "")
    }

    private mutating func close() {
        if let start {
            let by = asked
            for var event in found {
                (event.at, event.by) = (start, by)
                packages.append(event)
            }
            if let by, runs.count < Self.runLimit {
                runs.append(PackageRun(from: start, to: end, command: by))
            }
        }
        (start, end, command, asker, found) = (nil, nil, nil, nil, [])
    }

    /// `runc:amd64 (1.1.5, automatic), crun:amd64 (1.17, 1.18)`
    private mutating func list(
        _ value: Substring, _ read: (String, [String]) -> (String, String?, String?)
    ) {
        for item in value.split(separator: ")") {
            guard let mark = item.firstIndex(of: "("), found.count < Self.foundLimit,
                packages.count < PackageLog.packageLimit
            else { continue }
            let name = item[..<mark].drop { $0 == "," || $0 == " " }.prefix { $0 != " " }
            let versions = item[item.index(after: mark)...].split(separator: ",").map {
                String($0.drop { $0 == " " })
            }
            guard !name.isEmpty else { continue }
            let (title, from, to) = read(bare(name), versions)
            found.append(PackageEvent(at: WallTime(microseconds: 0), name: title, from: from, to: to))
        }
    }
}

/// `2026-11-30T06:30:02+0000 SUBDEBUG Upgrade: crun-1.18-1.el9.x86_64`, and `Upgraded:` with the version before
/// (dnf 4 `dnf/transaction.py`, `FILE_ACTIONS`).
struct DNFLine {
    fileprivate let at: WallTime
    fileprivate let action: Substring?
    fileprivate let package: (name: String, version: String)?

    init?(_ line: String) {
        let words = line.split(separator: " ", maxSplits: 4)
        // Others log times and levels too.
        guard words.count >= 3, words[1] == "SUBDEBUG" || line.hasSuffix(" INFO --- logging initialized ---"),
            let at = Self.time(words[0])
        else { return nil }
        self.at = at
        let isAction = words.count == 4 && words[1] == "SUBDEBUG" && words[2].last == ":"
        action = isAction ? words[2].dropLast() : nil
        package = isAction ? rpmName(words[3]) : nil
    }

    /// `2026-11-30T06:30:02+0000`; RFC 3339 has a colon in the zone.
    private static func time(_ word: Substring) -> WallTime? {
        guard word.utf8.count == 24, "+-".contains(word.dropLast(4).last ?? " ") else {
            return WallTime(rfc3339: word)
        }
        return WallTime(rfc3339: "\(word.dropLast(2)):\(word.suffix(2))")
    }
}

/// dnf's log: what was put in place first, and in a second line what that replaced.
struct DNFHistory {
    private(set) var packages: [PackageEvent] = []
    /// Of each name what was put in place last, until the line of what it replaced comes.
    private var open: [String: Int] = [:]

    mutating func take(_ line: DNFLine) {
        guard let (name, version) = line.package else { return }
        switch line.action {
        case "Installed", "Reinstall":
            packages.append(PackageEvent(at: line.at, name: name, to: version))
        case "Upgrade", "Downgrade":
            open[name] = packages.count
            packages.append(PackageEvent(at: line.at, name: name, to: version))
        case "Erase", "Obsoleted":
            packages.append(PackageEvent(at: line.at, name: name, from: version))
        case "Upgraded", "Downgraded":
            guard let index = open.removeValue(forKey: name),
                line.at - packages[index].at < .seconds(3600)
            else { return }
            packages[index].from = version
        default: break
        }
    }
}

/// `crun-1.18-1.el9.x86_64    Thu 01 Jun 2023 10:15:26 AM UTC`, as `rpm -qa --last` prints in English, and
/// `Thu Jun  1 10:15:26 2023`, as in the C locale.
struct RPMLastLine {
    private let local: WallTime
    private let isUTC: Bool
    private let package: (name: String, version: String)

    private static let months: [Substring] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    init?(_ line: String) {
        let words = line.split(separator: " ", maxSplits: 9)
        guard (6...8).contains(words.count), words[1].utf8.count == 3, let package = rpmName(words[0]) else {
            return nil
        }
        let isC = Self.months.contains(words[2])
        guard let day = Int64(words[isC ? 3 : 2]),
            let month = Self.months.firstIndex(of: words[isC ? 2 : 3]),
            let year = Int64(words[isC ? 5 : 4]), var clock = microseconds(ofDay: words[isC ? 4 : 5])
        else { return nil }
        let hour = clock / 3_600_000_000
        if words.contains("PM"), hour < 12 { clock += 12 * 3_600_000_000 }
        if words.contains("AM"), hour == 12 { clock -= 12 * 3_600_000_000 }
        guard
            let time = WallTime(year: year, month: Int64(month) + 1, day: day, microsecondOfDay: clock)
        else { return nil }
        (local, self.package) = (time, package)
        isUTC = words.last == "UTC" || words.last == "GMT"
    }

    func event(_ zone: PackageLog.Zone) -> PackageEvent {
        PackageEvent(
            at: isUTC ? local : zone(local), name: package.name, to: package.version, isOfList: true)
    }
}

/// `2026-11-30` and `06:30:02`, read as if they were UTC.
private func localTime(_ date: Substring, _ clock: Substring) -> WallTime? {
    WallTime(rfc3339: "\(date.prefix(10))T\(clock.prefix(8))Z")
}

private func microseconds(ofDay clock: Substring) -> Int64? {
    let parts = clock.split(separator: ":").compactMap { Int64($0) }
    guard parts.count == 3, (0..<24).contains(parts[0]), (0..<60).contains(parts[1]),
        (0...60).contains(parts[2])
    else { return nil }
    return (parts[0] * 3600 + parts[1] * 60 + parts[2]) * 1_000_000
}

/// `crun:amd64` without the architecture.
private func bare(_ name: Substring) -> String { String(name.prefix { $0 != ":" }) }

/// Name and version of `bind-32:9.11-3.el8.x86_64`; the epoch belongs to the version.
private func rpmName(_ text: Substring) -> (name: String, version: String)? {
    guard text.utf8.count <= 256, let dot = text.lastIndex(of: ".") else { return nil }
    let parts = text[..<dot].split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count >= 3, parts.allSatisfy({ !$0.isEmpty }), parts[parts.count - 2].first?.isNumber == true
    else { return nil }
    return (parts.dropLast(2).joined(separator: "-"), parts.suffix(2).joined(separator: "-"))
}
