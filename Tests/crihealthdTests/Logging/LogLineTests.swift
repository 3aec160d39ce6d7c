// SPDX-License-Identifier: Apache-2.0
import Foundation
import Logging
import Testing

@testable import crihealthd

@Suite struct LogLineTests {
    @Test(
        arguments: [
            ("plain", [:], "plain"),
            ("a\nb\u{1b}[31mc\u{85}d\u{2028}e", [:], "a b [31mc d e"),
            (
                "m", ["k": "v", "a": "two words", "q": "say \"x\"", "e": ""],
                #"m a="two words" e="" k=v q="say \"x\"""#
            ),
            ("m", ["k": "line\nbreak"], "m k=\"line break\""),
        ] as [(String, [String: String], String)])
    func lines(message: String, fields: [String: String], expected: String) {
        #expect(LogLine.text(message, fields) == expected)
    }

    @Test(arguments: ["x", "é", "🙂", "\n"])
    func lengthIsBounded(unit: String) {
        let line = LogLine.text(
            String(repeating: unit, count: 1_000_000), ["k": String(repeating: unit, count: 9999)])
        #expect(line.utf8.count <= LogLine.limit)
        #expect(line.hasSuffix("…"))
        #expect(!line.contains("\u{FFFD}"))
    }

    @Test func prioritiesAreSystemds() {
        #expect(Logger.Level.allCases.map(LogLine.priority) == [7, 7, 6, 5, 4, 3, 2])
    }
}

@Suite struct StderrLogHandlerTests {
    private func logged(_ style: StderrLogHandler.Style, _ body: (Logger) -> Void) throws -> String {
        var pair: [Int32] = [0, 0]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
        let writer = pair[1]
        var logger = Logger(label: "t") { _ in
            StderrLogHandler(threshold: LogThreshold(.info), style: style, descriptor: writer)
        }
        logger[metadataKey: "node"] = "n1"
        body(logger)
        close(pair[1])
        defer { close(pair[0]) }
        return String(decoding: FileHandle(fileDescriptor: pair[0]).readDataToEndOfFile(), as: UTF8.self)
    }

    @Test func journalLinesCarryTheirPriority() throws {
        let text = try logged(.journal) {
            $0.warning("careful", metadata: ["why": "x y"])
            $0.debug("not logged")
        }
        #expect(text == "<4>careful node=n1 why=\"x y\"\n")
    }

    @Test func terminalLinesCarryTheTime() throws {
        let text = try logged(.terminal) { $0.error("bad") }
        #expect(text.hasSuffix(" error bad node=n1\n"))
        #expect(text.hasPrefix("20"))
    }

    @Test func aJournaldThatDoesNotReadStopsNothing() throws {
        let text = try logged(.journal) { logger in
            for _ in 0..<20_000 { logger.info("a line that nobody reads while it is written") }
        }
        #expect(text.hasPrefix("<6>a line"))
    }
}
