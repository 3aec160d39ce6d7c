// SPDX-License-Identifier: Apache-2.0

/// The words without which no credential is masked (``Secrets``), looked for in one pass that allocates nothing: nearly all
/// text has none of them.
enum SecretWords {
    /// A word in small letters, and its pair of bytes that other text has least.
    private struct Word {
        var bytes: [UInt8]
        /// Of the pair's second byte.
        var place: Int

        init(_ text: [UInt8], pair: StaticString) {
            bytes = text
            let wanted = pair.withUTF8Buffer { Array($0) }
            place = (1..<text.count).first { text[$0 - 1] == wanted[0] && text[$0] == wanted[1] } ?? 1
        }

        /// Whether it is in the text, its pair's second byte at `index`; letters of either case are the same.
        func stands(in text: Span<UInt8>, at index: Int) -> Bool {
            let start = index - place
            guard start >= 0, start + bytes.count <= text.count else { return false }
            for offset in bytes.indices {
                let byte = text[start + offset]
                guard (0x41...0x5A).contains(byte) ? byte | 0x20 == bytes[offset] : byte == bytes[offset]
                else {
                    return false
                }
            }
            return true
        }
    }

    /// Rare in what runtimes log; a word without one goes by its first two bytes.
    private static let rarePairs: [StaticString] = [
        "iz", "sw", "sp", "ok", "ik", "i_", "-k", "s_", "p_", "o_", "u_", "b_", "sk", "iv", "ia", "gn", "lp",
        "xo", "y-",
        "-b", "yj", "cr", "g=", "g\"", "g'", "g\\", "h\"", "h'", "h\\",
    ]

    /// What masks without a name of a secret; short names count only with what follows them.
    private static let others = [
        "bearer", "basic", "eyj", "://", #":\/\/"#, "sig=", "sig\"", "sig'", "sig\\", "auth\"", "auth'",
        "auth\\",
        "-begin ", "akia", "asia", "ghp_", "gho_", "ghs_", "ghu_", "github_pat_", "glpat-", "xoxb-", "xoxp-",
    ]

    private static let words: [Word] = (Secrets.names + others.map { Array($0.utf8) }).map { text in
        let pair = rarePairs.first { pair in
            pair.withUTF8Buffer { pair in
                (1..<text.count).contains { text[$0 - 1] == pair[0] && text[$0] == pair[1] }
            }
        }
        return Word(text, pair: pair ?? "  ")
    }

    /// By the lower five bits of a pair, which are those of a letter in either case: 1 where a word has it.
    private static let pairs: [UInt8] = words.reduce(into: Array(repeating: 0, count: 1024)) { table, word in
        table[Int(word.bytes[word.place - 1] & 31) << 5 | Int(word.bytes[word.place] & 31)] = 1
    }

    private static let urls = ["://", #":\/\/"#].map { Array($0.utf8) }

    /// Whether any of the words is in the text; a URL counts only where a user may stand in it. Linear in the text.
    static func areNamed(in text: Span<UInt8>) -> Bool {
        let table = pairs.span
        var pair = 0
        var isAddressed: Bool?
        for index in 0..<text.count {
            pair = (pair << 5 | Int(text[unchecked: index] & 31)) & 1023
            // No pair is larger than the table.
            guard table[unchecked: pair] != 0, index > 0 else { continue }
            for word in words where word.stands(in: text, at: index) {
                guard urls.contains(word.bytes) else { return true }
                let hasUser = isAddressed ?? text.indices.contains { text[$0] == UInt8(ascii: "@") }
                if hasUser { return true }
                isAddressed = hasUser
            }
        }
        return false
    }
}
