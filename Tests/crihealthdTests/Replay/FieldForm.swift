// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Systemd

@testable import crihealthd

/// How else a node would have told the same.
enum FieldForm: String, CaseIterable {
    /// As it was pasted.
    case pasted
    /// Every line five times over half a minute.
    case repeated
    /// With other ids, and other names of pods and namespaces.
    case renamed
    /// As entries of the journal, in its export format, with the fields that journald adds.
    case journald

    func apply(to observations: [Observation]) -> [Observation] {
        switch self {
        case .pasted: observations
        case .repeated: Self.repeated(observations)
        case .renamed: observations.map { Self.mapped($0) { $0.message = Self.renamed($0.message) } }
        case .journald: Self.exported(observations)
        }
    }

    private static func mapped(_ observation: Observation, _ change: (inout JournalEntry) -> Void)
        -> Observation
    {
        guard case .journal(var entry) = observation.event else { return observation }
        change(&entry)
        return Observation(at: entry.at, event: .journal(entry))
    }

    // MARK: Repeated

    private static func repeated(_ observations: [Observation]) -> [Observation] {
        var all: [(place: Int, observation: Observation)] = []
        for (index, observation) in observations.enumerated() {
            guard case .journal = observation.event else {
                all.append((index, observation))
                continue
            }
            for round in 0..<5 {
                let later = mapped(observation) { entry in
                    let shift = Duration.seconds(6 * round)
                    entry.at = Moment(wall: entry.at.wall + shift, monotonic: entry.at.monotonic + shift)
                    if round > 0 { entry.cursor += "r\(round)" }
                }
                all.append((index, later))
            }
        }
        all.sort { ($0.observation.at.monotonic, $0.place) < ($1.observation.at.monotonic, $1.place) }
        return all.map(\.observation)
    }

    // MARK: Renamed

    /// Ids: hex digits, eight or more in a row, letters and digits among them.
    private static func renamed(_ text: String) -> String {
        let digits = Dictionary(uniqueKeysWithValues: zip("0123456789abcdef".utf8, "7c0e95b1d83f2a64".utf8))
        var bytes = Array(text.utf8)
        var start = 0
        while start < bytes.count {
            var end = start
            while end < bytes.count, digits[bytes[end]] != nil { end += 1 }
            let run = bytes[start..<end]
            let isBound =
                (start == 0 || !isWord(bytes[start - 1])) && (end == bytes.count || !isWord(bytes[end]))
            if run.count >= 8, isBound, run.contains(where: { $0 >= 0x61 }),
                run.contains(where: { $0 < 0x3A })
            {
                for index in run.indices { bytes[index] = digits[bytes[index]] ?? bytes[index] }
            }
            start = max(end, start + 1)
        }
        var result = String(decoding: bytes, as: UTF8.self)
        for (old, new) in [("kube-system", "platform"), ("coredns", "resolver"), ("nginx", "frontend")] {
            result = result.replacing(old, with: new)
        }
        return result
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == 0x5F
    }

    // MARK: Of the journal

    /// Through the export format. What speaks as neither unit, systemd nor kernel stays as it is.
    private static func exported(_ observations: [Observation]) -> [Observation] {
        observations.map { observation in
            guard case .journal(let entry) = observation.event, let read = reread(entry) else {
                return observation
            }
            return Observation(at: read.at, event: .journal(read))
        }
    }

    private static func reread(_ entry: JournalEntry) -> JournalEntry? {
        var fields: [(String, String)] = [
            ("__CURSOR", entry.cursor.isEmpty ? "s=0;i=\(entry.at.monotonic.microseconds)" : entry.cursor),
            ("__REALTIME_TIMESTAMP", "\(entry.at.wall.microseconds)"),
            ("__MONOTONIC_TIMESTAMP", "\(max(entry.at.monotonic.microseconds, 0))"), ("PRIORITY", "6"),
        ]
        switch entry.source {
        case .kernel: fields.append(("_TRANSPORT", "kernel"))
        case .manager:
            fields += [
                ("_TRANSPORT", "journal"), ("_PID", "1"), ("_UID", "0"), ("_SYSTEMD_CGROUP", "/init.scope"),
                ("SYSLOG_IDENTIFIER", "systemd"),
            ]
            if let unit = entry.unit { fields.append(("UNIT", unit)) }
        case .unit:
            guard let unit = entry.unit else { return nil }
            fields += [
                ("_TRANSPORT", "stdout"), ("_SYSTEMD_UNIT", unit),
                ("_SYSTEMD_CGROUP", "/system.slice/" + unit),
                ("_PID", "\(entry.pid ?? 4711)"),
            ]
            if let identifier = entry.identifier { fields.append(("SYSLOG_IDENTIFIER", identifier)) }
        case .journald, .coredump, .conmon, .container: return nil
        }
        if let id = entry.messageID { fields.append(("MESSAGE_ID", id)) }
        fields += entry.fields.filter { JournalField.kept.contains($0.key) }.sorted { $0.key < $1.key }
            .map { ($0.key, $0.value) }
        var bytes = Data(fields.map { "\($0)=\($1)\n" }.joined().utf8)
        bytes += Data("MESSAGE\n".utf8)
        withUnsafeBytes(of: UInt64(entry.message.utf8.count).littleEndian) { bytes.append(contentsOf: $0) }
        bytes += Data((entry.message + "\n\n").utf8)
        var read: JournalEntry?
        var parser = JournalExport()
        try? bytes.withUnsafeBytes { try parser.feed($0) { read = $0 } }
        return read
    }
}
