// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What `/v1/stream` says, in the format of server-sent events (WHATWG HTML §9.2.6).
enum ServerSentEvent {
    /// How long a browser waits before it connects again.
    static let retry = "retry: 2000\n\n"

    /// Keeps proxies from closing what says nothing; readers skip it.
    static let heartbeat = ": heartbeat\n\n"

    /// A change of an incident. Its id is what a reader resumes from.
    static func incident(_ event: IncidentEvent) -> [UInt8] {
        block("id: \(event.id)\nevent: incident\n", event)
    }

    /// Something that a page shows is different now. It has no id: only the latest counts.
    static func state(_ snapshot: Snapshot) -> [UInt8] { block("event: state\n", StateEvent(snapshot)) }

    /// Events are missing before the next one.
    static func gap(_ gap: EventRing.Slice.Gap) -> [UInt8] {
        block("event: gap\n", GapEvent(reason: gap.rawValue))
    }

    private struct StateEvent: Encodable {
        let time: String
        let node: String
        let verdict: String
        let headline: String
        let openIncidents: Int

        init(_ snapshot: Snapshot) {
            time = snapshot.at.wall.description
            node = snapshot.hostname
            verdict = snapshot.verdict.rawValue
            headline = snapshot.headline
            openIncidents = snapshot.open.count
        }
    }

    private struct GapEvent: Encodable {
        let reason: String
    }

    /// JSON without line breaks is one line of data.
    private static func block(_ fields: String, _ value: some Encodable) -> [UInt8] {
        Array((fields + "data: ").utf8) + JSONText.encode(value) + Array("\n".utf8)
    }
}
