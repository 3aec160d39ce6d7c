// SPDX-License-Identifier: Apache-2.0
import Glibc
import HealthModel

/// The fields that an entry is built from; everything else in the journal is not even looked at.
enum FieldName: Hashable, Sendable {
    case message, messageID, priority, identifier, comm, pid, uid, transport, unit, cgroup
    case managerUnit, objectUnit, coredumpUnit, containerID, containerName
    case cursor, realtime, monotonic, bootID
    /// One of ``JournalField/kept``, by its index in ``keptNames``.
    case kept(Int)

    static let keptNames: [String] = JournalField.kept.sorted()

    private static let names: [(String, FieldName)] =
        [
            ("MESSAGE", .message), ("MESSAGE_ID", .messageID), ("PRIORITY", .priority),
            ("SYSLOG_IDENTIFIER", .identifier), ("_COMM", .comm), ("_PID", .pid), ("_UID", .uid),
            ("_TRANSPORT", .transport), ("_SYSTEMD_UNIT", .unit), ("_SYSTEMD_CGROUP", .cgroup),
            ("UNIT", .managerUnit), ("OBJECT_SYSTEMD_UNIT", .objectUnit), ("COREDUMP_UNIT", .coredumpUnit),
            ("CONTAINER_ID", .containerID), ("CONTAINER_NAME", .containerName),
            ("__CURSOR", .cursor), ("__REALTIME_TIMESTAMP", .realtime), ("__MONOTONIC_TIMESTAMP", .monotonic),
            ("_BOOT_ID", .bootID),
        ] + keptNames.enumerated().map { ($1, .kept($0)) }

    /// The fields that lie in the entry itself, by name.
    static let stored = names.filter { !$0.0.hasPrefix("__") }

    /// Names by their length: a handful each.
    private static let byLength: [[(bytes: [UInt8], field: FieldName)]] = {
        var table: [[(bytes: [UInt8], field: FieldName)]] = []
        for (name, field) in names {
            while table.count <= name.utf8.count { table.append([]) }
            table[name.utf8.count].append((Array(name.utf8), field))
        }
        return table
    }()

    /// The longest name that is known, in bytes.
    static let longest = byLength.count - 1

    /// The field of that name, or nil when nobody reads it.
    init?(_ name: UnsafeRawBufferPointer) {
        guard name.count < Self.byLength.count, let bytes = name.baseAddress else { return nil }
        for candidate in Self.byLength[name.count] where memcmp(bytes, candidate.bytes, name.count) == 0 {
            self = candidate.field
            return
        }
        return nil
    }

    /// Its place in a row of ``placeCount``.
    var place: Int {
        switch self {
        case .message: 0
        case .messageID: 1
        case .priority: 2
        case .identifier: 3
        case .comm: 4
        case .pid: 5
        case .uid: 6
        case .transport: 7
        case .unit: 8
        case .cgroup: 9
        case .managerUnit: 10
        case .objectUnit: 11
        case .coredumpUnit: 12
        case .cursor: 13
        case .realtime: 14
        case .monotonic: 15
        case .bootID: 16
        case .containerID: 17
        case .containerName: 18
        case .kept(let index): 19 + index
        }
    }

    /// How many places there are.
    static let placeCount = 19 + keptNames.count

    /// How many bytes of the value are of use.
    var limit: Int {
        switch self {
        case .message: JournalEntry.messageLimit
        case .cursor: 512
        case .kept: 1024
        default: 256
        }
    }
}
