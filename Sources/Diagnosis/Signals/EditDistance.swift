// SPDX-License-Identifier: Apache-2.0

/// "Did you mean …": the nearest of the known words.
enum EditDistance {
    /// The known word that is fewest edits away, if that is few enough to be a slip.
    static func nearest(to word: String, among known: some Sequence<String>) -> String? {
        let word = String(word.prefix(64))
        let ranked = known.map { (distance(word, $0), $0) }.min { $0 < $1 }
        guard let (edits, best) = ranked, edits <= max(1, min(word.count, best.count) / 3) else { return nil }
        return best
    }

    /// Edits between two words: insert, delete, replace, and swap of neighbours, one each.
    static func distance(_ a: String, _ b: String) -> Int {
        let a = Array(a.utf8)
        let b = Array(b.utf8)
        var before = Array(repeating: 0, count: b.count + 1)
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var best = min(row[j] + 1, last[j + 1] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, before[j - 1] + 1) }
                row.append(best)
            }
            before = last
            last = row
        }
        return last[b.count]
    }
}
