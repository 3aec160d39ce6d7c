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
        var list = byName[signal.name.rawValue, default: []]
        if !signal.cursor.isEmpty,
            list.contains(where: { $0.cursor == signal.cursor && $0.rule == signal.rule })
        {
            return false
        }
        let place = list.lastIndex { $0.at.monotonic <= signal.at.monotonic }.map { $0 + 1 } ?? 0
        list.insert(signal, at: place)
        if list.count > Self.keptPerName { list.removeFirst(list.count - Self.keptPerName) }
        byName[signal.name.rawValue] = list
        if byName.count > Self.fullNames, byName.values.reduce(0, { $0 + $1.count }) > Self.kept {
            forgetOne()
        }
        return true
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
