// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import HealthModel
import Systemd
import Testing

@testable import crihealthd

@Suite struct IncidentHistoryTests {
    private let start: WallTime

    init() throws { start = try #require(WallTime(rfc3339: "2026-11-22T12:00:00Z")) }

    /// An entry as the daemon writes it.
    private func entry(
        _ seconds: Int, _ change: Transition.Change, _ status: Incident.Status, cause: String = "Killed",
        id: String = "RuntimeDown-1", sentence: String = "containerd was killed"
    ) throws -> TransitionEntry {
        let prefix =
            switch (change, status) {
            case (.resolved, _): "resolved: "
            case (_, .suspected): "suspected: "
            case (.changed, _): "confirmed: "
            default: ""
            }
        return try #require(
            TransitionEntry(
                at: start + .seconds(seconds),
                fields: [
                    "MESSAGE": prefix + sentence, "CRIHEALTHD_INCIDENT": id, "CRIHEALTHD_KIND": "RuntimeDown",
                    "CRIHEALTHD_SUBJECT": "containerd", "CRIHEALTHD_CAUSE": cause,
                    "CRIHEALTHD_STATUS": status.rawValue, "CRIHEALTHD_SEVERITY": "critical",
                    "CRIHEALTHD_CHANGE": change.rawValue,
                ]))
    }

    @Test func changesOfOneIncidentAreOneEpisode() throws {
        let history = IncidentHistory([
            try entry(0, .opened, .suspected, cause: "ConnectionRefused", sentence: "containerd refuses"),
            try entry(1, .changed, .confirmed), try entry(5, .resolved, .resolved),
            try entry(600, .opened, .confirmed, id: "RuntimeDown-2"), try entry(900, .opened, .confirmed),
        ])
        #expect(history.episodes.map(\.id) == ["RuntimeDown-1", "RuntimeDown-2", "RuntimeDown-1"])
        let first = try #require(history.episodes.first)
        #expect(first.cause == "Killed")
        #expect(first.openedAt == start)
        #expect(first.resolvedAt == start + .seconds(5))
        #expect(first.changes == 3)
        #expect(first.sentence == "containerd was killed")
        #expect(history.episodes.last?.resolvedAt == nil)
    }

    @Test func anEndWithoutItsBeginningIsToldAsSuch() throws {
        let history = IncidentHistory([try entry(5, .resolved, .resolved)], withheld: 7)
        #expect(history.episodes.first?.openedAt == nil)
        let text = history.text(since: start, width: 80, isColoured: false)
        #expect(
            text == """
                2026-11-22 12:00:05 UTC  RESOLVED  containerd was killed
                                         RuntimeDown/Killed, containerd, critical, opened before
                7 more changes were too many at once for the journal, and are not told here.

                """)
    }

    @Test(arguments: [40, 80, 132]) func noLineIsWiderThanAsked(_ width: Int) throws {
        let long = String(repeating: "containerd was killed ", count: 8)
        let history = IncidentHistory([try entry(0, .opened, .confirmed, sentence: long + "\u{1B}[2J")])
        let text = history.text(since: start, width: width, isColoured: false)
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= width })
        #expect(!text.contains("\u{1B}"))
        #expect(
            history.text(since: start, width: width, isColoured: true).contains(
                "\u{1B}[1;31mCRITICAL\u{1B}[0m"))
    }

    @Test func noneIsSaidSo() {
        #expect(
            IncidentHistory([]).text(since: start, width: 80, isColoured: false)
                == "No incident since 2026-11-22 12:00:00 UTC.\n")
    }

    @Test func theDocumentIsJSON() throws {
        struct Document: Decodable {
            struct Episode: Decodable {
                var id: String
                var openedAt: String
                var resolvedAt: String?
            }
            var incidents: [Episode]
            var changesWithheld: Int
        }
        let json = IncidentHistory([try entry(0, .opened, .confirmed)], withheld: 2).json
        let document = try JSONDecoder().decode(Document.self, from: Data(json))
        #expect(document.incidents.map(\.openedAt) == ["2026-11-22T12:00:00.000000Z"])
        #expect(document.changesWithheld == 2)
    }

    @Test func anotherEntryIsNone() {
        #expect(TransitionEntry(at: start, fields: ["MESSAGE": "x"]) == nil)
        #expect(
            TransitionEntry(at: start, fields: ["CRIHEALTHD_INCIDENT": "x", "CRIHEALTHD_CHANGE": "no"]) == nil
        )
    }
}

/// What the daemon writes, read back from a real journal file.
@Suite(.enabled(if: JournalFile.isPossible, "no systemd-journal-remote")) struct TransitionReaderTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// Writes the fields of a transition as an entry of `unit`'s process with this uid and this file.
    private func write(
        _ transitions: [(Transition, unit: String, uid: Int)], exe: String = "/usr/bin/crihealthd",
        more: String = ""
    ) throws {
        var export = ""
        for (transition, unit, uid) in transitions {
            export += """
                __REALTIME_TIMESTAMP=\(transition.at.wall.microseconds)
                __MONOTONIC_TIMESTAMP=\(transition.at.monotonic.microseconds)
                _BOOT_ID=0123456789abcdef0123456789abcdef
                _TRANSPORT=journal
                _SYSTEMD_UNIT=\(unit)
                _UID=\(uid)
                _COMM=crihealthd
                _EXE=\(exe)

                """
            export += more
            for field in TransitionFields.of(transition) { export += "\(field.name)=\(field.value)\n" }
            export += "\n"
        }
        let input = try directory.write("input.export", export)
        try JournalFile.take(input, as: directory.path + "/system.journal")
    }

    private func transitions() throws -> [Transition] {
        try Recordings.replay("containerd-1.6.20-kill9").transitions
    }

    @Test func whatWasWrittenIsReadBack() throws {
        let transitions = try transitions()
        try write(transitions.map { ($0, "crihealthd.service", 990) })
        let from = try #require(transitions.first).at.wall
        let reading = try TransitionReader(location: .directory(directory.path)).read(from: from, to: nil)
        #expect(reading.entries.map(\.change) == transitions.map(\.change))
        #expect(reading.entries.map(\.sentence) == transitions.map(\.incident.sentence))
        #expect(reading.note(since: from) == nil)
        let episodes = IncidentHistory(reading.entries).episodes
        #expect(episodes.map { "\($0.kind)/\($0.cause)" } == ["RuntimeDown/Killed"])
        #expect(episodes.first?.resolvedAt == transitions.last?.at.wall)
    }

    @Test func theSpanAndTheKindAreKept() throws {
        let transitions = try transitions()
        try write(transitions.map { ($0, "crihealthd.service", 990) })
        let last = try #require(transitions.last).at.wall
        let reader = TransitionReader(location: .directory(directory.path))
        #expect(try reader.read(from: last, to: nil).entries.map(\.change) == [.resolved])
        #expect(try reader.read(from: last + .seconds(1), to: nil).entries == [])
        let first = try #require(transitions.first).at.wall
        #expect(try reader.read(from: first, to: last + .seconds(-1)).entries.last?.change != .resolved)
        let others = TransitionReader(location: .directory(directory.path), kind: "addressinuse")
        #expect(try others.read(from: first, to: nil).entries == [])
        #expect(
            try reader.read(from: first + .seconds(-3600), to: nil).note(since: first + .seconds(-3600))
                != nil)
    }

    /// Anybody may send an entry with our MESSAGE_ID; journald says who did.
    @Test func aForgedEntryIsNotBelieved() throws {
        let transitions = try transitions()
        let one = try #require(transitions.first)
        let writers = [
            (one, unit: "user@1000.service", uid: 1000), (one, "session-1.scope", 0),
            (one, "docker.service", 0),
            (one, "cri-containerd-\(String(repeating: "a", count: 64)).scope", 0),
        ]
        try write(writers + [(one, "crihealthd.service", 990)])
        let reader = TransitionReader(location: .directory(directory.path))
        #expect(try reader.read(from: one.at.wall, to: nil).entries.count == 1)
        // What root runs by hand is this program's own file, and no container's.
        let own = try #require(FileBytes.linkTarget("/proc/self/exe"))
        try write(writers, exe: own)
        #expect(try reader.read(from: one.at.wall, to: nil).entries.count == 3)
    }

    @Test func numbersThatDoNotAddUpEndNothing() throws {
        let one = try #require(try transitions().first)
        let most = "CRIHEALTHD_WITHHELD=9223372036854775807\n"
        try write([(one, "crihealthd.service", 990)], more: most)
        try write([(one, "crihealthd.service", 990)], more: most)
        let reading = try TransitionReader(location: .directory(directory.path)).read(
            from: one.at.wall, to: nil)
        #expect(reading.withheld == 1_000_000_000)
    }

    /// Silence is no all-clear where nobody could have spoken.
    @Test func aJournalWithoutADaemonTellsNothing() throws {
        let export =
            "__REALTIME_TIMESTAMP=1795305600000000\n__MONOTONIC_TIMESTAMP=1\n"
            + "_BOOT_ID=0123456789abcdef0123456789abcdef\n_SYSTEMD_UNIT=containerd.service\nMESSAGE=x\n\n"
        try JournalFile.take(try directory.write("in.export", export), as: directory.path + "/system.journal")
        let reader = TransitionReader(location: .directory(directory.path))
        let from = WallTime(microseconds: 1_795_305_500_000_000)
        let reading = try reader.read(from: from, to: nil)
        #expect(reading.entries.isEmpty && !reading.hasDaemon)
        #expect(reading.note(since: from)?.hasPrefix("crihealthd wrote nothing to this journal") == true)
        let ran = export.replacingOccurrences(of: "containerd.service", with: "crihealthd.service")
        try JournalFile.take(try directory.write("in2.export", ran), as: directory.path + "/system@1.journal")
        #expect(try reader.read(from: from, to: nil).hasDaemon)
        #expect(try !reader.read(from: from, to: from + .seconds(1)).hasDaemon)
    }

    @Test func aSpanThatEndsBeforeItBeginsIsRefused() throws {
        let words = ["incidents", "--since", "-2h", "--until", "-3h", "--journal-directory", directory.path]
        let command = try #require(try Crihealthd.parseAsRoot(words) as? IncidentsCommand)
        let error = #expect(throws: CommandProblem.self) { try command.run() }
        #expect(error?.description == "--until is before --since")
    }

    @Test func aJournalThatCannotBeReadIsNotAnEmptyOne() throws {
        let command = try #require(
            try Crihealthd.parseAsRoot(["incidents", "--journal-directory", directory.path])
                as? IncidentsCommand)
        let error = #expect(throws: CommandProblem.self) { try command.run() }
        // Root may read everything: there is nothing to read then.
        let words = geteuid() == 0 ? "holds no entry at all" : "the group systemd-journal"
        #expect(error?.description.contains(words) == true)
    }
}
