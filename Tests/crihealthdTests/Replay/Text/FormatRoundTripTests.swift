// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import crihealthd

/// Every recording's journal, printed by `journalctl` itself in each of its formats and read back as text, gives the
/// verdicts of its export; where a format does not hold what they rest on, the table says so.
@Suite(
    .enabled(
        if: JournalFile.isPossible && Journalctl.isPossible,
        "no journalctl, no systemd-journal-remote"))
struct FormatRoundTripTests {
    /// journalctl's formats, but for those that hold the messages alone.
    private static let formats = [
        "short", "short-iso", "short-iso-precise", "short-precise", "short-full", "short-unix",
        "short-monotonic",
        "with-unit", "verbose", "json", "json-seq", "json-pretty",
    ]

    private static let recordings = CorpusTests.table.map(\.recording)

    @Test("each format gives the export's verdicts", arguments: recordings) func roundTrip(
        _ recording: String
    ) throws {
        let directory = try TemporaryDirectory()
        let export = Recordings.path(recording) + "/journal.export"
        guard FileManager.default.fileExists(atPath: export), try Self.size(export) > 0 else { return }
        try JournalFile.take(export, as: directory.path + "/remote-node1.journal")
        let expected = try Self.verdicts(export)
        var row = "\(recording): \(expected.isEmpty ? "-" : expected.joined(separator: " "))\n"
        for format in Self.formats {
            let path = directory.path + "/\(format).txt"
            try Self.print(directory.path, format, to: path)
            let found = try Self.verdicts(path)
            #expect(found == expected, "\(recording) as \(format)")
            row += "    \(format): \(found == expected ? "the same" : found.joined(separator: " "))\n"
        }
        let path = directory.path + "/cat.txt"
        try Self.print(directory.path, "cat", to: path)
        let found = try Self.verdicts(path)
        row +=
            found == expected
            ? "    cat: the same\n"
            : "    cat: \(found.isEmpty ? "-" : found.joined(separator: " ")): it has neither who wrote a line nor, for systemd's, when\n"
        // Whatever it lacks, nothing is made up from it.
        #expect(
            Set(found.map(Self.withoutState)).isSubset(of: Set(expected.map(Self.withoutState))),
            "\(recording) as cat")
        Swift.print(row, terminator: "")
    }

    private static func withoutState(_ verdict: String) -> String { verdict.replacing(" (open)", with: "") }

    private static func size(_ path: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
    }

    private static func verdicts(_ path: String) throws -> [String] {
        let observations = try ReplaySource.observations(ReplayInput.detect(path))
        return Replayer.replay(observations, rules: Recordings.rules).incidents
            .map { "\($0.kind.rawValue)/\($0.cause)" + ($0.isOpen ? " (open)" : "") }
    }

    private static func print(_ directory: String, _ format: String, to path: String) throws {
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/journalctl")
        process.arguments = ["--no-pager", "--utc", "-a", "-D", directory, "-o", format]
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: path))
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }
}

private enum Journalctl {
    static let isPossible = FileManager.default.isExecutableFile(atPath: "/usr/bin/journalctl")
}
