// SPDX-License-Identifier: Apache-2.0

/// Why a configuration file was refused: every fault in it, in the order of its lines.
struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// One fault.
    struct Problem: Equatable, Sendable {
        /// Where it is; nil when it concerns the file as a whole.
        var position: TextPosition?
        /// What is wrong, and what was meant where that can be told.
        var text: String
    }

    /// The file.
    var file: String
    /// Its faults.
    var problems: [Problem]

    /// One line per fault, as compilers print them: `FILE:LINE:COLUMN: text`.
    var description: String {
        problems.map { problem in
            let place = problem.position.map { "\(file):\($0.line):\($0.column)" } ?? file
            return "\(place): \(problem.text)"
        }.joined(separator: "\n")
    }
}

/// A place in a text, both counted from 1.
struct TextPosition: Equatable, Comparable, Sendable {
    /// Line.
    var line: Int
    /// Column, in bytes.
    var column: Int

    /// Upper lines first.
    static func < (a: Self, b: Self) -> Bool { (a.line, a.column) < (b.line, b.column) }
}
