// SPDX-License-Identifier: Apache-2.0
import HealthModel

@testable import Diagnosis
@testable import crihealthd

/// What a node with this recording would have shown, step by step: a line for each change of what is open, of the headline
/// of something open, or of the verdict; then what was folded under each incident.
struct Story {
    private struct Picture: Equatable {
        var verdict: Snapshot.Verdict
        var open: [String]
        var headline: String
    }

    private(set) var lines: [String] = []
    /// Folded symptoms with their counts, by incident.
    private(set) var folded: [String] = []

    init(_ observations: [Observation]) {
        guard let start = observations.first?.at.monotonic else { return }
        var replayer = Replayer(rules: Recordings.rules)
        var last: Picture?
        for observation in observations {
            replayer.receive(observation)
            let picture = Self.picture(replayer, observation.at)
            guard picture != last else { continue }
            last = picture
            lines.append(Self.line(picture, observation.at.monotonic - start))
        }
        folded = replayer.incidents.compactMap { incident in
            let symptoms = incident.symptoms.sorted { $0.name < $1.name }.map { "\($0.name) x\($0.count)" }
            return symptoms.isEmpty
                ? nil : "folded under \(incident.kind.rawValue): " + symptoms.joined(separator: ", ")
        }
    }

    private static func picture(_ replayer: Replayer, _ at: Moment) -> Picture {
        let snapshot = replayer.engine.snapshot(at: at)
        return Picture(
            verdict: snapshot.verdict, open: snapshot.open.map { "\($0.kind.rawValue)/\($0.cause)" },
            // What a healthy node says of its pods is no part of an outage.
            headline: snapshot.open.isEmpty ? "" : snapshot.headline)
    }

    private static func line(_ picture: Picture, _ after: Duration) -> String {
        let tenths = after.microseconds / 100_000
        let columns = [
            "\(tenths / 10).\(tenths % 10)".leading(6), picture.verdict.rawValue.trailing(9),
            picture.open.isEmpty ? "-" : picture.open.joined(separator: " "),
        ]
        return columns.joined(separator: "  ") + (picture.headline.isEmpty ? "" : "  \"\(picture.headline)\"")
    }
}

extension String {
    fileprivate func leading(_ width: Int) -> String {
        String(repeating: " ", count: Swift.max(0, width - count)) + self
    }

    fileprivate func trailing(_ width: Int) -> String {
        self + String(repeating: " ", count: Swift.max(0, width - count))
    }
}
