// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// The latest signals, by name: what diagnoses look back on. Bounded in number for each name and over all names; the names
/// are the rules'.
struct SignalLog: Hashable, Codable, Sendable {
    private static let keptPerName = 128
    private static let kept = fullNames * keptPerName
    /// So many names may be full; with fewer there is nothing to count.
    private static let fullNames = 128

    private var byName: [String: [Signal]] = [:]

    /// Remembers a signal, in the order of the lines' time; false if it is known. Beyond ``kept`` the name with the most
    /// signals loses its oldest: the last one of a name is what an incident may rest on.
    mutating func take(_ signal: Signal) -> Bool {
        guard !knows(signal) else { return false }
        byName[signal.name.rawValue, default: []].insert(inOrder: signal, keeping: Self.keptPerName)
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
        byName[most]?.removeFirst()
    }

    /// Signals of that name, oldest first.
    func all(_ name: SignalName) -> [Signal] { byName[name.rawValue] ?? [] }

    /// The latest signal of that name about `unit` (nil: any) at or after `time`.
    func last(_ name: SignalName, unit: String? = nil, since time: MonotonicTime? = nil) -> Signal? {
        let limit = time ?? MonotonicTime(microseconds: .min)
        return all(name).last { (unit == nil || $0.unit == unit) && $0.at.monotonic >= limit }
    }

    /// Signals of that name about `unit` at or after `time`.
    func all(_ name: SignalName, unit: String?, since time: MonotonicTime) -> [Signal] {
        all(name).filter { (unit == nil || $0.unit == unit) && $0.at.monotonic >= time }
    }

    /// A new boot: monotonic stamps mean nothing any more.
    mutating func clear() { byName = [:] }
}

extension [Signal] {
    /// Puts a signal where its time belongs; beyond `limit` the oldest goes.
    fileprivate mutating func insert(inOrder signal: Signal, keeping limit: Int) {
        if let last, signal.at.monotonic < last.at.monotonic {
            insert(signal, at: lastIndex { $0.at.monotonic <= signal.at.monotonic }.map { $0 + 1 } ?? 0)
        } else {
            append(signal)
        }
        if count > limit { removeFirst(count - limit) }
    }
}
