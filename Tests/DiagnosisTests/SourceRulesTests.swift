// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import Testing

/// What the sources keep to, so that nobody has to remember it.
@Suite("Sources keep to their limits") struct SourceRulesTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Sources")
    private static let fileLimit = 350
    private static let functionLimit = 70

    static var files: [(name: String, lines: [Substring])] {
        get throws {
            let names = try FileManager.default.subpathsOfDirectory(atPath: root.path(percentEncoded: false))
            return try names.filter { $0.hasSuffix(".swift") }.sorted().map { name in
                let data = try Data(contentsOf: root.appending(path: name))
                let text = String(decoding: data, as: UTF8.self)
                return (name, text.split(separator: "\n", omittingEmptySubsequences: false))
            }
        }
    }

    @Test func noFileIsLong() throws {
        let files = try Self.files
        #expect(files.count > 300)
        let long = files.filter { $0.lines.count - 1 > Self.fileLimit }.map {
            "\($0.name): \($0.lines.count - 1)"
        }
        #expect(long.isEmpty)
    }

    @Test func noFunctionIsLong() throws {
        let files = try Self.files
        #expect(files.map { Self.functions($0.lines).count }.reduce(0, +) > 1000)
        let long = files.flatMap { file in
            Self.functions(file.lines).filter { $0.count > Self.functionLimit }.map {
                "\(file.name):\($0.lowerBound + 1)"
            }
        }
        #expect(long.isEmpty)
    }

    @Test func nothingIsForcedAndNothingImportsFoundationWhole() throws {
        let found = try Self.files.flatMap { file in
            file.lines.enumerated().filter { _, line in
                ["try!", "as!", "fatalError(", "import Foundation"].contains { mark in
                    line.contains(mark) && !line.contains("import FoundationEssentials")
                        && !line.drop { $0 == " " }.hasPrefix("//")
                }
            }.map { "\(file.name):\($0.offset + 1)" }
        }
        #expect(found.isEmpty)
    }

    /// From the line that begins a function, by its indentation, to the brace that ends it.
    private static func functions(_ lines: [Substring]) -> [Range<Int>] {
        lines.indices.compactMap { start in
            let text = lines[start].drop { $0 == " " }
            guard
                text.split(separator: " ").prefix(6).contains(where: { $0 == "func" || $0.hasPrefix("init(") }
                ),
                !text.hasPrefix("//"), !text.hasSuffix("}")
            else { return nil }
            let indent = lines[start].count - text.count
            let close = String(repeating: " ", count: indent) + "}"
            guard let end = lines[start...].firstIndex(where: { $0 == close }) else { return nil }
            return start..<(end + 1)
        }
    }
}
