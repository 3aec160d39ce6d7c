// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

/// What stops because the machine goes down is no outage, whoever told of it, and in whatever order.
@Suite struct MachineShutdownTests {
    enum Word: CaseIterable { case logind, multiUserTarget }

    private static func say(_ word: Word, _ scene: inout Scene) {
        switch word {
        case .logind:
            scene.goesDown()
        case .multiUserTarget:
            scene.record(MessageID.unitStopped, of: "multi-user.target")
        }
    }

    @Test("one word is enough", arguments: Word.allCases)
    func oneWordIsEnough(_ word: Word) throws {
        var scene = try Scene()
        scene.starts()
        Self.say(word, &scene)
        scene.stops()
        scene.wait(.seconds(60))
        #expect(scene.openNames == [])
        #expect(scene.transitions.isEmpty)
    }

    @Test("a word that comes after the stop takes it back", arguments: Word.allCases)
    func lateWord(_ word: Word) throws {
        var scene = try Scene()
        scene.starts()
        scene.stops()
        scene.wait(.milliseconds(500))
        Self.say(word, &scene)
        scene.wait(.seconds(60))
        #expect(scene.transitions.isEmpty)
    }

    @Test func withoutAnyWordShutdownTargetEndsTheIncident() throws {
        var scene = try Scene()
        scene.starts()
        scene.stops()
        scene.wait(.seconds(20))
        #expect(scene.openNames == ["RuntimeDown/Stopped"])
        scene.record(MessageID.unitStarted, of: SystemTarget.shutdown)
        #expect(scene.openNames == [])
    }

    @Test("a machine that did not go down has an outage (systemctl isolate)")
    func isolate() throws {
        var scene = try Scene()
        scene.starts()
        Self.say(.multiUserTarget, &scene)
        scene.stops()
        scene.wait(.seconds(299))
        #expect(scene.openNames == [])
        scene.wait(.seconds(10))
        #expect(scene.openNames == ["RuntimeDown/Stopped"])
    }

    @Test("a target that is reached again ends it at once")
    func again() throws {
        var scene = try Scene()
        scene.starts()
        Self.say(.multiUserTarget, &scene)
        scene.stops()
        scene.wait(.seconds(20))
        #expect(scene.openNames == [])
        scene.record(MessageID.unitStarted, of: SystemTarget.running)
        scene.wait(.seconds(5))
        #expect(scene.openNames == ["RuntimeDown/Stopped"])
    }

    @Test func aDesktopThatStopsIsNone() throws {
        var scene = try Scene()
        scene.starts()
        scene.record(MessageID.unitStopped, of: "graphical.target")
        scene.stops()
        scene.wait(.seconds(5))
        #expect(scene.openNames == ["RuntimeDown/Stopped"])
    }

    @Test func whatWasWrongBeforeStaysSo() throws {
        var scene = try Scene()
        scene.starts()
        scene.line(
            #"containerd: failed to load TOML: /etc/containerd/config.toml: (11, 2): unexpected token"#)
        scene.manager(MessageID.processExit, ["EXIT_CODE": "exited", "EXIT_STATUS": "1"])
        scene.manager(MessageID.unitFailed, ["UNIT_RESULT": "exit-code"])
        scene.wait(.seconds(5))
        #expect(scene.openNames == ["RuntimeDown/ConfigInvalid"])
        scene.stops()
        Self.say(.logind, &scene)
        scene.wait(.seconds(60))
        #expect(scene.openNames == ["RuntimeDown/ConfigInvalid"])
    }

    /// What nobody else confirms holds nothing back for longer than seconds.
    @Test func logindAloneIsNotBelievedForLong() throws {
        var scene = try Scene()
        scene.starts()
        scene.goesDown()
        scene.killed()
        scene.wait(.seconds(5))
        #expect(scene.openNames == [])
        scene.wait(.seconds(8))
        #expect(scene.openNames == ["RuntimeDown/Killed"])
    }

    @Test(
        "whoever sends logind's words is not logind",
        arguments: [
            (JournalEntry.Source.journald, "systemd-logind.service"), (.container, "systemd-logind.service"),
            (.unit, "session-1.scope"), (.manager, "systemd-logind.service"),
        ])
    func forgedWord(_ source: JournalEntry.Source, _ unit: String) throws {
        var scene = try Scene()
        scene.starts()
        scene.journal(
            source: source, unit: unit, message: "System is powering down.", messageID: MessageID.shutdown)
        scene.killed()
        scene.wait(.seconds(5))
        #expect(scene.openNames == ["RuntimeDown/Killed"])
    }
}
