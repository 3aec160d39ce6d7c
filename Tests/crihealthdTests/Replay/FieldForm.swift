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
    /// Beside a runtime that answers all that it is asked: what a live daemon sees of a fault that is not the runtime's.
    case answered

    /// Kinds that say nothing of the runtime's own answers.
    private static let besideAnswers = [
        "CreateFailing", "ImagePullFailing", "PodNetworkFailing", "StorageDamaged", "ContainerStuck",
        "NodeFault",
        "KubeletDown", "PLEGUnhealthy",
    ]

    /// Whether the node could have told it so.
    func suits(_ one: FieldCase) -> Bool {
        guard self == .answered else { return true }
        let others = ["RuntimeDown", "CRIVersionUnsupported", "NetworkNotReady"]
        return Self.besideAnswers.contains { one.expect.contains($0) }
            && !others.contains { one.expect.contains($0) }
    }

    func apply(to observations: [Observation]) -> [Observation] {
        switch self {
        case .pasted: observations
        case .repeated: Self.repeated(observations)
        case .renamed: observations.map { Self.mapped($0) { $0.message = Self.renamed($0.message) } }
        case .journald: Self.exported(observations)
        case .answered: Self.answered(observations)
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

    // MARK: With a runtime that answers

    private static func answered(_ observations: [Observation]) -> [Observation] {
        let endpoint =
            observations.lazy.compactMap { observation -> Endpoint? in
                guard case .started(let start) = observation.event else { return nil }
                return start.endpoints.first
            }.first ?? Endpoint.wellKnown[0]
        var all = observations.map { observation in
            guard case .started(var start) = observation.event, start.endpoints.isEmpty else {
                return observation
            }
            start.endpoints = [endpoint]
            return Observation(at: observation.at, event: .started(start))
        }
        guard let first = all.first?.at, let last = all.map(\.at.monotonic).max() else { return all }
        let step = max(Duration.seconds(10), (last - first.monotonic) / 100)
        var passed = Duration.milliseconds(1)
        while first.monotonic + passed <= last + step {
            let at = Moment(wall: first.wall + passed, monotonic: first.monotonic + passed)
            all += answers(of: endpoint).map { Observation(at: at, event: .probe($0)) }
            passed += step
        }
        let order = all.enumerated().sorted {
            ($0.element.at.monotonic, $0.offset) < ($1.element.at.monotonic, $1.offset)
        }
        return order.map(\.element)
    }

    private static func answers(of endpoint: Endpoint) -> [ProbeReport] {
        let isCRIO = endpoint.runtime == .crio
        let version = RuntimeVersion(
            name: isCRIO ? "cri-o" : "containerd", version: isCRIO ? "1.30.6" : "1.7.24", apiVersion: "v1")
        let status = RuntimeStatus(conditions: [
            .init(type: "RuntimeReady", status: true, reason: "", message: ""),
            .init(type: "NetworkReady", status: true, reason: "", message: ""),
        ])
        let answers: [(ProbeReport.Rung, ProbeReport.Outcome)] = [
            (.socket, .reached), (.connect, .reached), (.version, .version(version)),
            (.status, .status(status)),
        ]
        return answers.map {
            ProbeReport(endpoint: endpoint, rung: $0, outcome: $1, latency: .milliseconds(20))
        }
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
        try? parser.feed(bytes.span) { read = $0 }
        return read
    }
}
