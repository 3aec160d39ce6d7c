// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis
@testable import Systemd
@testable import crihealthd

/// ShutdownNotGraceful/Happened over two boots: a recorded power-off, then the recorded start of another node as the boot
/// after it, an hour later.
///
/// In both recorded power-offs the containers were stopped in time (the lab could not bring about the kill), so both are
/// silent as they are. What is made up for the rest is an absence only: systemd's records that the container's scope was
/// stopped and ended are taken out, as they are missing where nothing makes systemd wait for the scope.
@Suite struct TwoBootsTests {
    static let crun = "S1v2-crun-1.8.1-poweroff"
    static let runc = "S1v2-runc-1.1.5-poweroff"

    /// How the second boot comes to know of the first.
    enum Witness: CaseIterable {
        /// One journal over both boots, as `crihealthd replay` reads it.
        case oneJournal
        /// The engine asks at its start, and the journal of the previous boot answers.
        case inquiry
    }

    @Test("as recorded: silent", arguments: [crun, runc], Witness.allCases)
    func recorded(_ recording: String, _ witness: Witness) throws {
        let first = try Recordings.observations(recording)
        #expect(try Self.told(first, witness) == [])
    }

    @Test("without the end of the scopes: told", arguments: [crun, runc], Witness.allCases)
    func killed(_ recording: String, _ witness: Witness) throws {
        let first = try Recordings.observations(recording).filter { !Self.isEndOfScope($0) }
        let incidents = try Self.told(first, witness)
        #expect(incidents.map(\.cause) == ["Happened"])
        #expect(incidents.first?.severity == .warning)
        #expect(incidents.first?.sentence.hasPrefix("the last shutdown killed 1 container ") == true)
        let id = try #require(Self.container(in: first))
        #expect(incidents.first?.impact.sentence.contains(id.prefix(12)) == true)
        #expect(incidents.first?.evidence.contains { $0.command?.contains("-b -1") == true } == true)
    }

    @Test("a journal that ends before shutdown.target proves nothing", arguments: Witness.allCases)
    func cutOff(_ witness: Witness) throws {
        let first = try Recordings.observations(Self.crun).filter {
            !Self.isEndOfScope($0) && Self.record($0)?.unit != SystemTarget.shutdown
        }
        #expect(try Self.told(first, witness) == [])
    }

    // MARK: The two boots

    /// What the second boot tells of the first one's end.
    private static func told(_ first: [Observation], _ witness: Witness) throws -> [Incident] {
        let second = try Recordings.observations("crio-1.29.9-baseline").map(later)
        var replayer = Replayer(rules: Recordings.rules)
        switch witness {
        case .oneJournal:
            for observation in first { replayer.receive(observation) }
            for observation in second { replayer.receive(observation) }
        case .inquiry:
            var boot = PreviousBoot()
            for observation in first { if let entry = record(observation) { boot.take(entry) } }
            let report = boot.result(bootID: "before")
            for (index, observation) in second.enumerated() {
                replayer.receive(observation)
                guard index == 10 else { continue }
                replayer.receive(Observation(at: observation.at, event: .node(.previousShutdown(report))))
            }
        }
        return replayer.incidents.filter { $0.kind == .shutdownNotGraceful && $0.subject == "last shutdown" }
    }

    private static func later(_ observation: Observation) -> Observation {
        var moved = observation
        moved.at.wall = moved.at.wall + .seconds(3600)
        if case .journal(var entry) = moved.event {
            entry.at.wall = entry.at.wall + .seconds(3600)
            moved.event = .journal(entry)
        }
        return moved
    }

    private static func record(_ observation: Observation) -> JournalEntry? {
        guard case .journal(let entry) = observation.event, entry.source == .manager else { return nil }
        return entry
    }

    private static func isEndOfScope(_ observation: Observation) -> Bool {
        guard let entry = record(observation), let unit = entry.unit, unit.hasPrefix("crio-"),
            unit.hasSuffix(".scope")
        else { return false }
        return entry.messageID != MessageID.unitStarted
    }

    private static func container(in observations: [Observation]) -> String? {
        observations.lazy.compactMap { record($0)?.unit }.compactMap(ScopeState.containerID(ofScope:)).first
    }
}
