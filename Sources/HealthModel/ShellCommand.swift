// SPDX-License-Identifier: Apache-2.0

/// A command for a person to type. What is interpolated comes from log lines, files and processes, which anybody can
/// write: each value is one word to the shell, whatever is in it.
///
///     let command: ShellCommand = "ls -l \(path)"
public struct ShellCommand: Hashable, Sendable, ExpressibleByStringInterpolation {
    /// The text to type.
    public let text: String

    /// A command without values.
    public init(stringLiteral text: String) { self.text = text }

    /// A command with its values.
    public init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

    /// Builds the text: literal parts as they stand, values as words.
    public struct StringInterpolation: StringInterpolationProtocol {
        var text = ""

        /// Begins.
        public init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

        /// A part of the source.
        public mutating func appendLiteral(_ literal: String) { text += literal }

        /// A value, as one word.
        public mutating func appendInterpolation(_ value: some StringProtocol) {
            text += Self.word(String(value))
        }

        /// A command, as it is.
        public mutating func appendInterpolation(_ command: ShellCommand) { text += command.text }

        /// A number.
        public mutating func appendInterpolation(_ number: some BinaryInteger) { text += String(number) }

        /// Values, as a word each.
        public mutating func appendInterpolation(words values: [String]) {
            text += values.map { Self.word($0) }.joined(separator: " ")
        }

        /// A plain name: anything but letters, digits, `_`, `.` and `-` is left out. Also within quotes.
        public mutating func appendInterpolation(name value: some StringProtocol) {
            text += value.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "_.-".contains($0)) }
        }

        /// A number that is known as text, such as a port; anything else in it is left out. Also within quotes.
        public mutating func appendInterpolation(digits value: some StringProtocol) {
            text += value.filter { $0.isASCII && $0.isNumber }
        }

        /// As POSIX sh quotes: bare where nothing in it means anything to a shell, else between single quotes. A quote is
        /// one to the shell whatever combines with it.
        private static func word(_ value: String) -> String {
            let bytes = value.utf8.span
            if !bytes.isEmpty, bytes.indices.allSatisfy({ isBare(bytes[$0]) }) { return value }
            var quoted = "'"
            for scalar in value.unicodeScalars {
                if scalar == "'" {
                    quoted += "'\\''"
                } else {
                    quoted.unicodeScalars.append(scalar)
                }
            }
            return quoted + "'"
        }

        private static func isBare(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "_"), UInt8(ascii: "@"), UInt8(ascii: "%"), UInt8(ascii: "+"),
                UInt8(ascii: "="), UInt8(ascii: ":"), UInt8(ascii: ","), UInt8(ascii: "."),
                UInt8(ascii: "/"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }
}
