// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What was learned since the diagnoses last had their say.
struct News: Hashable, Sendable {
    /// More than signals: judge all.
    var isAnything = true
    /// A request began or ended.
    var isOfRequests = false

    /// Nothing, or signals alone.
    static let none = News(isAnything: false)
}

/// What diagnoses said last of which nothing follows: nothing that they speak of is wrong. In a storm of lines they are
/// asked again when a signal that they looked for came or went, when their time has come, and when a moment has passed.
///
/// What they look for is noted while they look. What changes beside signals, requests and the time ends all of it.
struct QuietKinds: Sendable {
    /// How long such a word counts; also how near to each other two lines are in a storm.
    static let memory = Duration.seconds(1)

    /// One diagnosis' word.
    struct Word: Sendable {
        /// Of which incidents.
        var ids: [String]
        var wanted: [Inquiry]
        /// When time alone would change it; nil: never.
        var due: MonotonicTime?
        /// When it was said, and until when it counts.
        var from: MonotonicTime
        var until: MonotonicTime

        init(ids: [String], wanted: [Inquiry], due: MonotonicTime?, at now: MonotonicTime) {
            self.ids = ids
            self.wanted = wanted
            self.due = due
            from = now
            until = min(due ?? now + QuietKinds.memory, now + QuietKinds.memory)
        }
    }

    /// By the place of the diagnosis.
    private var words: [Word?]
    /// Who looks for what: a bit for the place of each.
    private var readers: [SignalLog.Topic: UInt64] = [:]
    private var readersOfRequests: UInt64 = 0

    init(_ diagnoses: [any Diagnosis]) {
        words = Array(repeating: nil, count: diagnoses.count)
        for (place, diagnosis) in diagnoses.enumerated() where type(of: diagnosis).readsRequests {
            readersOfRequests |= Self.bit(place)
        }
    }

    /// More than there are bits are never remembered.
    static func bit(_ place: Int) -> UInt64 { place < UInt64.bitWidth ? 1 << UInt64(place) : 0 }

    mutating func forgetAll() {
        for place in words.indices { words[place] = nil }
    }

    /// The diagnoses that look for what changed.
    func readers(of news: News, _ signals: Set<SignalLog.Topic>) -> UInt64 {
        if news.isAnything { return .max }
        var found = news.isOfRequests ? readersOfRequests : 0
        for topic in signals {
            found |= readers[topic] ?? 0
            if case .of(let name, _) = topic { found |= readers[.all(name)] ?? 0 }
        }
        return found
    }

    /// What the diagnosis at `place` said, where it still counts.
    func word(_ place: Int, touched: UInt64, at now: MonotonicTime) -> Word? {
        guard let word = words[place], touched & Self.bit(place) == 0, now >= word.from, now < word.until
        else {
            return nil
        }
        return word
    }

    mutating func set(_ place: Int, _ word: Word?, lookedFor topics: Set<SignalLog.Topic> = []) {
        words[place] = Self.bit(place) == 0 ? nil : word
        for topic in topics { readers[topic, default: 0] |= Self.bit(place) }
    }
}
