// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Who is believed, and by which field.
///
/// Fields that begin with `_` are journald's own and no client can send them (systemd.journal-fields(7), "Trusted Journal
/// Fields"). Every other field is whatever the client wrote: anybody with the journal's socket (mode 0666; log agents
/// mount it into containers) sends any `UNIT=`, `OBJECT_SYSTEMD_UNIT=`, `MESSAGE_ID=` or `SYSLOG_IDENTIFIER=`. So each row
/// of ``table`` names the trusted fields that decide, and only then says which other field is read.
public enum Speaker {
    /// A kind of entry, the trusted fields that make it one, and the client's field that is read of it then.
    struct Row: Sendable {
        var source: JournalEntry.Source
        /// In words, for docs/security.md.
        var decides: [String]
        /// Where the unit is read.
        var names: String?
        fileprivate var holds: @Sendable (borrowing JournalEntryBuilder.Texts) -> Bool
    }

    /// First row first; what no row takes is the unit's own output, by `_SYSTEMD_UNIT`.
    static let table: [Row] = [
        Row(source: .kernel, decides: ["_TRANSPORT=kernel"], names: nil) { $0[.transport] == "kernel" },
        // Its children up to execve(2) are in its own cgroup.
        Row(source: .manager, decides: ["_PID=1", "_UID=0 and _SYSTEMD_CGROUP=/init.scope"], names: "UNIT") {
            $0[.pid] == "1" || $0[.uid] == "0" && $0[.cgroup] == "/init.scope"
        },
        Row(source: .journald, decides: ["_TRANSPORT=driver"], names: "OBJECT_SYSTEMD_UNIT") {
            $0[.transport] == "driver"
        },
        Row(source: .container, decides: ["_SYSTEMD_UNIT, _SYSTEMD_CGROUP of a container"], names: nil) {
            isContainer(unit: $0[.unit], cgroup: $0[.cgroup])
        },
        // A log driver's field can only make an entry less believed.
        Row(source: .container, decides: ["_SYSTEMD_UNIT, and CONTAINER_ID or CONTAINER_NAME"], names: nil) {
            $0[.containerID] != nil || $0[.containerName] != nil
        },
        Row(
            source: .coredump, decides: ["_UID=0 and _SYSTEMD_UNIT=systemd-coredump@*.service"],
            names: "COREDUMP_UNIT"
        ) {
            $0[.uid] == "0" && $0[.unit]?.hasPrefix("systemd-coredump@") == true && $0[.coredumpUnit] != nil
        },
        Row(
            source: .conmon, decides: ["_UID=0 and _COMM=conmon and _SYSTEMD_UNIT outside user.slice"],
            names: nil
        ) {
            $0[.uid] == "0" && $0[.comm] == "conmon" && $0[.identifier] == "conmon"
                && $0[.cgroup]?.hasPrefix("/user.slice/") != true
        },
    ]

    /// Who wrote an entry of these fields, and the unit that it is about.
    static func of(_ texts: borrowing JournalEntryBuilder.Texts) -> (JournalEntry.Source, String?) {
        // journald knows the process and finds no unit: it is in the root of the hierarchy.
        let own = texts[.unit] ?? (texts[.uid] == nil ? nil : "-.slice")
        for row in table where row.holds(texts) {
            switch row.source {
            case .kernel: return (.kernel, nil)
            case .manager: return (.manager, texts[.managerUnit] ?? texts[.unit])
            case .journald: return (.journald, texts[.objectUnit] ?? texts[.unit])
            case .coredump: return (.coredump, texts[.coredumpUnit])
            case .conmon: return (.conmon, texts[.unit])
            case .unit, .container: return (row.source, own)
            }
        }
        return (.unit, own)
    }

    /// Whether that is the unit or the cgroup of a container's processes, and not of its monitor: a scope as the runtimes
    /// name it, or anything in a pod's cgroup.
    public static func isContainer(unit: String?, cgroup: String?) -> Bool {
        let path = cgroup ?? unit ?? ""
        let bytes = path.utf8.span
        var (start, isOne, isMonitor) = (0, false, false)
        while start < bytes.count {
            var end = start
            while end < bytes.count, bytes[end] != UInt8(ascii: "/") { end += 1 }
            if start < end {
                let part = bytes.extracting(start..<end)
                isMonitor = monitors.contains { part.has($0.span, at: 0) }
                isOne =
                    isOne || (0..<part.count).contains { part.has(pods.span, at: $0) }
                    || part.has(scope.span, at: part.count - scope.count)
                        && scopes.contains { part.has($0.span, at: 0) }
            }
            start = end + 1
        }
        return isOne && !isMonitor
    }

    private static let pods = Array("kubepods".utf8)
    private static let scope = Array(".scope".utf8)
    private static let scopes = ["cri-containerd-", "crio-", "docker-", "libpod-"].map { Array($0.utf8) }
    private static let monitors = ["crio-conmon-", "libpod-conmon-"].map { Array($0.utf8) }
}
