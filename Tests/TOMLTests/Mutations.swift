// SPDX-License-Identifier: Apache-2.0

/// Seeded mutations of documents: the same for the same seed, on every machine.
struct Mutations {
    private var random: SplitMix
    private let seeds: [[UInt8]]
    private let tokens: [[UInt8]]

    init(seed: UInt64, of seeds: [String], tokens: [String]) {
        random = SplitMix(state: seed)
        self.seeds = seeds.map { Array($0.utf8) }
        self.tokens = tokens.map { Array($0.utf8) }
    }

    /// A piece of one of the documents, changed in one to four places.
    mutating func next() -> String {
        var bytes = seeds[below(seeds.count)]
        if below(5) < 3 {
            let start = below(bytes.count + 1)
            bytes = Array(bytes[start..<min(bytes.count, start + 1 + below(200))])
        }
        for _ in 0...below(4) {
            let place = below(bytes.count + 1)
            switch below(10) {
            case 0..<5: bytes.insert(contentsOf: tokens[below(tokens.count)], at: place)
            case 5..<7: bytes.removeSubrange(place..<min(bytes.count, place + 1 + below(3)))
            case 7: if place < bytes.count { bytes[place] = UInt8(below(256)) }
            default:
                let from = below(bytes.count + 1)
                bytes.insert(contentsOf: bytes[from..<min(bytes.count, from + 1 + below(30))], at: place)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func below(_ bound: Int) -> Int { Int(random.next() % UInt64(max(bound, 1))) }
}

/// Vigna's splitmix64: a generator of one word of state.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
