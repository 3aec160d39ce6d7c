// SPDX-License-Identifier: Apache-2.0

/// Finds all of many literals in one pass over a text (Aho and Corasick, 1975): a table of states by byte classes.
///
/// A class is one byte that some literal has; all other bytes share class 0. A state is the offset of its row in the
/// table, which saves a multiplication per byte. Rows are in breadth-first order, so that those near the root, which
/// nearly all bytes of nearly all texts stay in, lie together; rows that end a literal come last.
struct LiteralAutomaton: Sendable {
    /// More states are refused: 16 MiB at 64 classes.
    static let stateLimit = 65_536

    private let classes: [UInt8]
    private let width: Int
    /// Per state and class, the next state.
    private let table: [UInt32]
    /// States from here on end a literal.
    private let firstFinal: Int
    /// The numbers of the literals, those that end in one state together …
    private let outputs: [Int]
    /// … and per ending state, where its own begin; one more for the end.
    private let outputStarts: [Int]

    /// States of the table.
    var stateCount: Int { table.count / width }
    /// Bytes of the table.
    var tableSize: Int { table.count * MemoryLayout<UInt32>.size }

    /// Builds the table; nil where the literals need more than ``stateLimit`` states. Empty literals are never found.
    init?(_ literals: [[UInt8]]) {
        var trie = Trie(literals)
        guard trie.outputs.count <= Self.stateLimit else { return nil }
        let reached = trie.link()
        let plain = reached.filter { trie.outputs[$0].isEmpty }
        let order = plain + reached.filter { !trie.outputs[$0].isEmpty }
        var offset = Array(repeating: UInt32(0), count: order.count)
        for (new, old) in order.enumerated() { offset[old] = UInt32(new * trie.width) }
        classes = trie.classes
        width = trie.width
        table = order.flatMap { old in
            trie.next[(old * trie.width)..<((old + 1) * trie.width)].map { offset[Int($0)] }
        }
        firstFinal = plain.count * trie.width
        let ended = order.dropFirst(plain.count).map { trie.outputs[$0].sorted() }
        outputs = Array(ended.joined())
        outputStarts = ended.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
    }

    /// How far a text was read, and in which state that left the automaton.
    struct Reading {
        fileprivate var index = 0
        fileprivate var state = 0

        /// Behind the literals that ``advance(_:in:)`` stopped at.
        var place: Int { index }
    }

    /// Reads on to the next place where literals end; false at the end of the text. Allocates nothing.
    func advance(_ reading: inout Reading, in text: Span<UInt8>) -> Bool {
        // No index can be wrong: a class is below the width, and a state begins a row.
        let (classes, table, firstFinal) = (classes.span, table.span, firstFinal)
        var (index, state) = (reading.index, reading.state)
        while index < text.count {
            let column = Int(classes[unchecked: Int(text[unchecked: index])])
            state = Int(table[unchecked: state &+ column])
            index &+= 1
            if state >= firstFinal {
                reading = Reading(index: index, state: state)
                return true
            }
        }
        reading = Reading(index: index, state: state)
        return false
    }

    /// The literals that end where ``advance(_:in:)`` stopped; ``literal(_:)`` has the number of each.
    func literals(at reading: Reading) -> Range<Int> {
        let state = (reading.state - firstFinal) / width
        return outputStarts[state]..<outputStarts[state + 1]
    }

    /// The number of a literal that ``literals(at:)`` named.
    func literal(_ place: Int) -> Int { outputs[place] }

    /// Whether any literal is in the text. Allocates nothing; stops at the first.
    func matches(_ text: Span<UInt8>) -> Bool {
        var reading = Reading()
        return advance(&reading, in: text)
    }

    /// Calls `body` with the number of each literal in the text, as often as it is there, in no order.
    func forEachFound(in text: Span<UInt8>, _ body: (Int) -> Void) {
        var reading = Reading()
        while advance(&reading, in: text) {
            for place in literals(at: reading) { body(literal(place)) }
        }
    }

    /// The trie while it is built.
    private struct Trie {
        var classes = Array(repeating: UInt8(0), count: 256)
        var width = 1
        /// Per state and class, the next state; 0 where there is none yet.
        var next: [Int32] = []
        var outputs: [Set<Int>] = [[]]

        init(_ literals: [[UInt8]]) {
            for byte in Set(literals.joined()).sorted().prefix(255) {
                classes[Int(byte)] = UInt8(width)
                width += 1
            }
            next = Array(repeating: 0, count: width)
            for (index, literal) in literals.enumerated() where !literal.isEmpty {
                var state = 0
                for byte in literal {
                    let slot = state * width + Int(classes[Int(byte)])
                    if next[slot] == 0 {
                        next[slot] = Int32(outputs.count)
                        next.append(contentsOf: repeatElement(0, count: width))
                        outputs.append([])
                    }
                    state = Int(next[slot])
                }
                outputs[state].insert(index)
            }
        }

        /// Fills the missing transitions with those of the longest proper suffix; all states, breadth first.
        mutating func link() -> [Int] {
            var suffix = Array(repeating: 0, count: outputs.count)
            var queue = (0..<width).map { Int(next[$0]) }.filter { $0 != 0 }
            var front = 0
            while front < queue.count {
                let state = queue[front]
                front += 1
                outputs[state].formUnion(outputs[suffix[state]])
                for c in 0..<width {
                    let child = Int(next[state * width + c])
                    let fallback = next[suffix[state] * width + c]
                    if child == 0 {
                        next[state * width + c] = fallback
                    } else {
                        suffix[child] = Int(fallback)
                        queue.append(child)
                    }
                }
            }
            return [0] + queue
        }
    }
}
