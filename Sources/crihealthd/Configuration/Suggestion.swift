// SPDX-License-Identifier: Apache-2.0

/// Finds what somebody meant to write.
enum Suggestion {
    /// The candidate nearest to `word`, if it is near enough to be meant: at most a third of the word is
    /// wrong.
    static func nearest(to word: String, in candidates: [String]) -> String? {
        guard word.utf8.count <= 64 else { return nil }
        let allowed = max(1, word.utf8.count / 3)
        let ranked = candidates.map { (name: $0, distance: distance(word, $0)) }
        guard let best = ranked.min(by: { ($0.distance, $0.name) < ($1.distance, $1.name) }),
            best.distance <= allowed
        else { return nil }
        return best.name
    }

    /// Edits (insert, delete, replace, swap two neighbours) that turn `a` into `b`, upper case and `-`
    /// counting as lower case and `_`.
    static func distance(_ a: String, _ b: String) -> Int {
        let a = folded(a)
        let b = folded(b)
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    cost = min(cost, beforeLast[j - 1] + 1)
                }
                row.append(cost)
            }
            beforeLast = last
            last = row
        }
        return last[b.count]
    }

    private static func folded(_ word: String) -> [UInt8] {
        word.lowercased().utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }
    }
}
