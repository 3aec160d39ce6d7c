// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import Diagnosis
@testable import crihealthd

/// What a stranger gets quoted in a line raises no signal: every example of every rule, in every slot that somebody who may
/// only create a pod, push an image or answer as a registry can fill.
@Suite struct ForgeryTests {
    /// A line that quotes a stranger.
    struct Slot: Sendable {
        var unit: String
        var line: @Sendable (String) -> String
    }

    private static let rules = Recordings.rules

    /// Signals that a diagnosis reads.
    private static func signals(_ unit: String, _ line: String) -> Set<String> {
        let entry = JournalEntry(
            cursor: "", at: Moment(wall: .init(microseconds: 0), monotonic: .init(microseconds: 0)),
            source: .unit,
            unit: unit, message: line)
        return Set(rules.recognize(entry).filter { $0.name != .noted && $0.name != .benign }.map(\.rule))
    }

    /// Examples, and what of them is theirs: the values of their fields, which a stranger would copy.
    static let texts: [String] = {
        var seen: Set<String> = []
        return rules.rules.flatMap { rule in
            rule.examples.flatMap { example -> [String] in
                var line = LogLine(example)
                let parts = [line.part("msg"), line.part("error"), line.part("err")]
                return [example] + parts.compactMap { $0.map { String(decoding: $0, as: UTF8.self) } }
            }
        }.filter { $0.count > 3 && seen.insert($0).inserted }
    }()

    @Test("every slot of every line that is known to quote strangers", arguments: slots.indices)
    func written(_ index: Int) {
        let slot = Self.slots[index]
        let honest = Self.signals(slot.unit, slot.line("x"))
        for text in Self.texts {
            let forged = Self.signals(slot.unit, slot.line(text))
            #expect(forged.isSubset(of: honest), "\(forged.subtracting(honest)) by \(slot.line(text))")
        }
    }

    @Test(
        "every quoted value of the lines of a healthy node",
        arguments: ["baseline-containerd-1.4.13", "baseline-containerd-2.1.9", "crio-1.29.9-baseline"])
    func recorded(_ recording: String) throws {
        var shapes: Set<String> = []
        var tried = 0
        for observation in try Recordings.observations(recording) {
            guard case .journal(let entry) = observation.event, entry.source == .unit, let unit = entry.unit
            else { continue }
            let shape = String(entry.message.filter { !$0.isNumber }.prefix(60))
            guard shapes.count < 80, shapes.insert(unit + shape).inserted else { continue }
            let honest = Self.signals(unit, entry.message)
            for slot in Self.quotedValues(entry.message) {
                for text in Self.texts {
                    let line = slot.before + Self.go(text, slot.depth) + slot.after
                    tried += 1
                    let forged = Self.signals(unit, line)
                    #expect(forged.isSubset(of: honest), "\(forged.subtracting(honest)) by \(line)")
                }
            }
        }
        print("\(recording): \(tried) placements in \(shapes.count) lines")
    }

    /// Values in quotes but for `msg`, `error` and `err`, which are the emitter's own sentence; and quotes within these.
    private static func quotedValues(_ line: String) -> [(before: String, after: String, depth: Int)] {
        var found: [(String, String, Int)] = []
        for (mark, depth) in [("\\\"", 2), ("=\"", 1)] {
            let parts = line.components(separatedBy: mark)
            guard parts.count > 1 else { continue }
            for index in 1..<parts.count {
                let before = parts[..<index].joined(separator: mark) + mark
                if depth == 1,
                    ["msg", "error", "err", "time"].contains(where: { parts[index - 1].hasSuffix($0) })
                {
                    continue
                }
                // Who complains quotes what he complains of; what is quoted there of strangers is among the slots above.
                if depth == 2, index % 2 == 0 || LogLine(line).isComplaint { continue }
                let rest = parts[index...].joined(separator: mark)
                let close = depth == 2 ? rest.range(of: "\\\"") : rest.range(of: "\"")
                guard let close else { continue }
                found.append((before, String(rest[close.lowerBound...]), depth))
            }
        }
        return found
    }

    /// As Go's `%q` writes it, so many times.
    static func go(_ text: String, _ times: Int) -> String {
        var text = text
        for _ in 0..<times {
            text = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing(
                "\n", with: "\\n")
        }
        return text
    }
}
