// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What is known of something by news about it.
protocol Chronicled: Hashable, Sendable {
    /// What is told of it.
    associatedtype News: Hashable, Sendable
    /// Takes news in, in the order in which things happened.
    mutating func take(_ news: News, at: Moment)
}

/// Puts news into the order in which things happened: the journal speaks up to half a second after the bus and the sockets,
/// and what a record means hangs on what came before it.
///
/// It keeps what was known before the latest news; late news is put in its place, and those after it are taken again.
struct Chronicle<Facts: Chronicled>: Hashable, Sendable {
    private struct Item: Hashable, Sendable {
        var at: Moment
        var news: Facts.News
    }

    /// How late news may be and still find its place.
    private static var window: Duration { .seconds(2) }
    private static var kept: Int { 64 }

    private var settled: Facts
    private var recent: [Item] = []
    /// News from after the machine began to go down: everything ends then, and what was so before counts.
    private var held: [Item] = []

    /// Begins with what is known.
    init(_ facts: Facts) { settled = facts }

    /// Takes news in; `facts` is then what all of them amount to, but for those from `down` on.
    mutating func take(_ news: Facts.News, at: Moment, into facts: inout Facts, until down: Moment?) {
        let item = Item(at: at, news: news)
        guard !recent.contains(item), !held.contains(item) else { return }
        if let down, at.monotonic >= down.monotonic {
            if held.count < Self.kept { held.append(item) }
            return
        }
        let place = recent.lastIndex { $0.at.monotonic <= at.monotonic }.map { $0 + 1 } ?? 0
        recent.insert(item, at: place)
        if place == recent.count - 1 {
            facts.take(news, at: at)
        } else {
            facts = recent.reduce(into: settled) { $0.take($1.news, at: $1.at) }
        }
        settle()
    }

    /// The machine goes down since `down`, as is heard only now; nil: it did not after all.
    mutating func hold(from down: Moment?, in facts: inout Facts) {
        let all = (recent + held).sorted { $0.at.monotonic < $1.at.monotonic }
        held = all.filter { item in down.map { item.at.monotonic >= $0.monotonic } ?? false }
        recent = Array(all.dropLast(held.count))
        facts = recent.reduce(into: settled) { $0.take($1.news, at: $1.at) }
        settle()
    }

    private mutating func settle() {
        guard let newest = recent.last?.at.monotonic else { return }
        let old = recent.prefix { newest - $0.at.monotonic > Self.window }.count
        let settling = max(old, recent.count - Self.kept)
        for item in recent.prefix(settling) { settled.take(item.news, at: item.at) }
        recent.removeFirst(settling)
    }
}
