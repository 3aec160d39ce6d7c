// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// The latest changes of incidents since this run of the daemon began, each with an id that a reader can resume from.
struct EventRing: Sendable {
    /// Most events that are kept: a day of a bad node, in some 150 KB.
    static let capacity = 256

    /// Longest id that is looked at, in bytes.
    static let idLimit = 64

    /// One event, its place in the run and its time.
    struct Entry: Hashable, Sendable {
        var number: UInt64
        var at: WallTime
        var event: IncidentEvent
    }

    /// Events from some point on.
    struct Slice: Hashable, Sendable {
        /// Why there may have been more; nil when nothing is missing.
        enum Gap: String, Hashable, Sendable {
            /// They are of an earlier run of the daemon.
            case restarted
            /// They were pushed out by later ones.
            case overwritten
            /// There was no such event.
            case unknown
        }

        var entries: [Entry]
        var gap: Gap?
    }

    /// Names this run in every id: the time of its begin, in microseconds since the epoch, to the base 36.
    let run: String
    private let startedAt: WallTime
    private(set) var entries: [Entry] = []
    /// Number of the latest event; 0 before the first.
    private(set) var last: UInt64 = 0

    /// Of a run that begins at `time`.
    init(startedAt time: WallTime) {
        startedAt = time
        run = String(UInt64(max(0, time.microseconds)), radix: 36)
    }

    /// The id of the latest event, or of the beginning of the run.
    var position: String { id(last) }

    /// Takes a change in; the oldest one goes when there are too many.
    mutating func append(_ transition: Transition) {
        last += 1
        if entries.count >= Self.capacity { entries.removeFirst() }
        entries.append(
            Entry(
                number: last, at: transition.at.wall, event: IncidentEvent(transition, id: id(last))))
    }

    /// What came after the event with this number.
    func entries(after number: UInt64) -> ArraySlice<Entry> {
        let missed = last - min(number, last)
        return entries.suffix(Int(clamping: missed))
    }

    /// What came after the event with this id; all that there is, and why, when that cannot be told.
    func slice(after id: String) -> Slice {
        guard let parts = Self.parts(of: id), parts.run != run || parts.number <= last else {
            return Slice(entries: entries, gap: .unknown)
        }
        guard parts.run == run else { return Slice(entries: entries, gap: .restarted) }
        let number = parts.number
        let kept = Array(entries(after: number))
        return Slice(entries: kept, gap: last - number > UInt64(kept.count) ? .overwritten : nil)
    }

    /// What happened at that time or later.
    func slice(since time: WallTime) -> Slice {
        let kept = entries.filter { $0.at >= time }
        guard time >= startedAt else { return Slice(entries: kept, gap: .restarted) }
        let isWhole = last == UInt64(entries.count) || (entries.first.map { $0.at < time } ?? true)
        return Slice(entries: kept, gap: isWhole ? nil : .overwritten)
    }

    /// Everything that is kept.
    var all: Slice { Slice(entries: entries, gap: last > UInt64(entries.count) ? .overwritten : nil) }

    /// Whether this is the id of an event, of whatever run.
    static func isID(_ text: String) -> Bool { parts(of: text) != nil }

    private static func parts(of id: String) -> (run: String, number: UInt64)? {
        guard id.utf8.count <= idLimit else { return nil }
        let parts = id.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, UInt64(parts[0], radix: 36) != nil, let number = UInt64(parts[1]) else {
            return nil
        }
        return (String(parts[0]), number)
    }

    private func id(_ number: UInt64) -> String { "\(run)-\(number)" }
}
