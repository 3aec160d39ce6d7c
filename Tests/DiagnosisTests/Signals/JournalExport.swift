// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel

/// Reads journal entries from an export stream (systemd's Journal Export Format), for tests.
struct JournalExport: Sequence, IteratorProtocol {
    private let bytes: [UInt8]
    private var position = 0

    init(path: String) throws { bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }

    /// The next entry that has a speaker the daemon listens to.
    mutating func next() -> JournalEntry? {
        while let fields = nextFields() {
            if let entry = Self.entry(fields) { return entry }
        }
        return nil
    }

    private mutating func nextFields() -> [String: String]? {
        var fields: [String: String] = [:]
        while position < bytes.count {
            guard let end = bytes[position...].firstIndex(of: 0x0A) else { break }
            let line = bytes[position..<end]
            position = end + 1
            if line.isEmpty {
                if fields.isEmpty { continue }
                return fields
            }
            if let equals = line.firstIndex(of: UInt8(ascii: "=")) {
                let key = String(decoding: line[..<equals], as: UTF8.self)
                fields[key] = String(decoding: line[(equals + 1)...], as: UTF8.self)
            } else {
                guard position + 8 <= bytes.count else { return nil }
                let length = (0..<8).reduce(0) { $0 | Int(bytes[position + $1]) << (8 * $1) }
                position += 8
                guard length >= 0, position + length < bytes.count else { return nil }
                let value = String(decoding: bytes[position..<(position + length)], as: UTF8.self)
                fields[String(decoding: line, as: UTF8.self)] = value
                position += length + 1
            }
        }
        return fields.isEmpty ? nil : fields
    }

    private static func entry(_ fields: [String: String]) -> JournalEntry? {
        guard let message = fields["MESSAGE"], let (source, unit) = speaker(fields) else { return nil }
        let at = Moment(
            wall: WallTime(microseconds: fields["__REALTIME_TIMESTAMP"].flatMap { Int64($0) } ?? 0),
            monotonic: MonotonicTime(microseconds: fields["__MONOTONIC_TIMESTAMP"].flatMap { Int64($0) } ?? 0)
        )
        return JournalEntry(
            cursor: fields["__CURSOR"] ?? "", at: at, source: source, unit: unit,
            identifier: fields["SYSLOG_IDENTIFIER"], messageID: fields["MESSAGE_ID"], message: message,
            fields: fields.filter { JournalField.kept.contains($0.key) })
    }

    private static func speaker(_ fields: [String: String]) -> (JournalEntry.Source, String?)? {
        if fields["_TRANSPORT"] == "kernel" { return (.kernel, nil) }
        if let unit = fields["COREDUMP_UNIT"] { return (.coredump, unit) }
        if fields["_PID"] == "1", let unit = fields["UNIT"] { return (.manager, unit) }
        if fields["SYSLOG_IDENTIFIER"] == "conmon" { return (.conmon, fields["_SYSTEMD_UNIT"]) }
        if fields["SYSLOG_IDENTIFIER"] == "systemd-journald" { return (.journald, nil) }
        let runtimes = ["containerd.service", "crio.service", "kubelet.service"]
        guard let unit = fields["_SYSTEMD_UNIT"], runtimes.contains(unit) else { return nil }
        return (.unit, unit)
    }
}

/// Recorded outages beside the repository, where there are any.
enum RecordedOutages {
    static let directory: String? = {
        let given = ProcessInfo.processInfo.environment["CRIHEALTHD_CORPUS"]
        let beside = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../../../shared/corpus").standardizedFileURL.path
        let path = given ?? beside
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }()

    /// Names of the recordings that have a journal.
    static let names: [String] = {
        guard let directory, let all = try? FileManager.default.contentsOfDirectory(atPath: directory) else {
            return []
        }
        return all.filter { FileManager.default.fileExists(atPath: "\(directory)/\($0)/journal.export") }
            .sorted()
    }()

    static func journal(_ name: String) throws -> JournalExport {
        try JournalExport(path: "\(directory ?? "")/\(name)/journal.export")
    }
}
