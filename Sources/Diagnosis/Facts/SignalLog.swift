// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Synchronization

/// The latest signals, by name: what diagnoses look back on. Bounded in number for each name and over all names; the names
/// are the rules'.
struct SignalLog: Hashable, Codable, Sendable {
    private static let keptPerName = 128
    private static let kept = fullNames * keptPerName
    /// So many names may be full; with fewer there is nothing to count.
    private static let fullNames = 128

    private var byName: [String: [Signal]] = [:]
    /// Per name, how many of its signals are evidence of each kind (nil: of none). Not written: it follows.
    private var kinds: [String: [IncidentKind?: Int]] = [:]
    /// What changed since ``news`` was last emptied. Not written, and no part of what the log is.
    var news: Set<Topic> = []
    /// Where it is noted what is looked up, while that matters.
    var readers: SignalReaders?

    /// A list of signals that can be looked up.
    enum Topic: Hashable, Sendable {
        /// All signals of a name.
        case all(String)
        /// Those that are evidence of that kind (nil: of none).
        case of(String, IncidentKind?)
    }

    static func == (one: SignalLog, other: SignalLog) -> Bool { one.byName == other.byName }

    func hash(into hasher: inout Hasher) { byName.hash(into: &hasher) }

    private enum CodingKeys: String, CodingKey { case byName }

    init() {}

    init(from decoder: any Decoder) throws {
        byName = try decoder.container(keyedBy: CodingKeys.self).decode(
            [String: [Signal]].self, forKey: .byName)
        for signal in byName.values.joined() { count(signal, 1) }
    }

    /// Remembers a signal, in the order of the lines' time; false if it is known. Beyond ``kept`` the name with the most
    /// signals loses its oldest: the last one of a name is what an incident may rest on.
    mutating func take(_ signal: Signal) -> Bool {
        guard !knows(signal) else { return false }
        count(signal, 1)
        let gone = byName[signal.name.rawValue, default: []].insert(
            inOrder: signal, keeping: Self.keptPerName)
        for signal in gone { count(signal, -1) }
        if byName.count > Self.fullNames, byName.values.reduce(0, { $0 + $1.count }) > Self.kept {
            forgetOne()
        }
        return true
    }

    /// Whether this line was taken: what is later than all of them was not.
    private func knows(_ signal: Signal) -> Bool {
        guard !signal.cursor.isEmpty, let list = byName[signal.name.rawValue], let last = list.last,
            signal.at.monotonic <= last.at.monotonic
        else { return false }
        return list.contains { $0.cursor == signal.cursor && $0.rule == signal.rule }
    }

    private mutating func forgetOne() {
        guard let most = byName.max(by: { ($0.value.count, $0.key) < ($1.value.count, $1.key) })?.key else {
            return
        }
        if let gone = byName[most]?.removeFirst() { count(gone, -1) }
    }

    private mutating func count(_ signal: Signal, _ change: Int) {
        news.insert(.of(signal.name.rawValue, signal.kind))
        let count = (kinds[signal.name.rawValue]?[signal.kind] ?? 0) + change
        if count == 0 {
            kinds[signal.name.rawValue]?.removeValue(forKey: signal.kind)
        } else {
            kinds[signal.name.rawValue, default: [:]][signal.kind] = count
        }
    }

    /// Signals of that name, oldest first.
    func all(_ name: SignalName) -> [Signal] {
        readers?.note(.all(name.rawValue))
        return byName[name.rawValue] ?? []
    }

    /// The latest signal of that name about `unit` (nil: any) at or after `time`.
    func last(_ name: SignalName, unit: String? = nil, since time: MonotonicTime? = nil) -> Signal? {
        let limit = time ?? MonotonicTime(microseconds: .min)
        return all(name).last { (unit == nil || $0.unit == unit) && $0.at.monotonic >= limit }
    }

    /// Signals of that name about `unit` at or after `time`.
    func all(_ name: SignalName, unit: String?, since time: MonotonicTime) -> [Signal] {
        let list = all(name)
        let recent = Self.suffix(of: list, since: time)
        guard unit == nil else { return recent.filter { $0.unit == unit } }
        return recent.count == list.count ? list : Array(recent)
    }

    /// Signals of that name that a class or a rule called evidence of `kind` (nil: of none), at or after `time`.
    func all(_ name: SignalName, of kind: IncidentKind?, since time: MonotonicTime? = nil) -> [Signal] {
        readers?.note(.of(name.rawValue, kind))
        guard let list = byName[name.rawValue], let count = kinds[name.rawValue]?[kind],
            count > 0
        else { return [] }
        let recent = time.map { Self.suffix(of: list, since: $0) } ?? list[...]
        guard count == list.count else { return recent.filter { $0.kind == kind } }
        return recent.count == list.count ? list : Array(recent)
    }

    /// The signals are in the order of their time.
    private static func suffix(of list: [Signal], since time: MonotonicTime) -> ArraySlice<Signal> {
        guard let first = list.first, first.at.monotonic < time,
            let before = list.lastIndex(where: { $0.at.monotonic < time })
        else { return list[...] }
        return list[(before + 1)...]
    }

    /// A new boot: monotonic stamps mean nothing any more.
    mutating func clear() {
        for (name, kinds) in kinds { news.formUnion(kinds.keys.map { .of(name, $0) }) }
        byName = [:]
        kinds = [:]
    }
}

/// Notes what is looked up in a log of signals.
final class SignalReaders: Sendable {
    private let topics = Mutex<Set<SignalLog.Topic>>([])

    func note(_ topic: SignalLog.Topic) { topics.withLock { _ = $0.insert(topic) } }

    /// What was looked up since it was last asked.
    func take() -> Set<SignalLog.Topic> {
        topics.withLock { topics in
            defer { topics = [] }
            return topics
        }
    }
}

extension [Signal] {
    /// Puts a signal where its time belongs; beyond `limit` the oldest go, and are returned.
    fileprivate mutating func insert(inOrder signal: Signal, keeping limit: Int) -> [Signal] {
        if let last, signal.at.monotonic < last.at.monotonic {
            insert(signal, at: lastIndex { $0.at.monotonic <= signal.at.monotonic }.map { $0 + 1 } ?? 0)
        } else {
            append(signal)
        }
        guard count > limit else { return [] }
        let gone = Array(prefix(count - limit))
        removeFirst(gone.count)
        return gone
    }
}
