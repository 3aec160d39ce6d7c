// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthEndpoint
import HealthModel
import Node
import Testing

@testable import Systemd
@testable import crihealthd

@Suite(.serialized) struct DaemonTests {
    private let runtime: FakeRuntime
    private let state: TemporaryDirectory
    private let journal: TemporaryDirectory

    init() throws {
        runtime = try FakeRuntime()
        state = try TemporaryDirectory()
        journal = try TemporaryDirectory()
    }

    private func start(change: (inout Configuration) -> Void = { _ in }) throws -> TestDaemon {
        try TestDaemon(runtime, state: state, journal: journal, change: change)
    }

    @Test func anOutageOpensSurvivesARestartAndResolves() throws {
        let first = try start()
        #expect(try eventually { try first.status().verdict == .healthy })
        runtime.stop()
        #expect(try eventually { try first.open().contains { $0.kind == "RuntimeDown" } })
        let before = try first.open()
        #expect(try first.status().verdict == .unhealthy)
        first.daemon.stop()

        let second = try start()
        #expect(try eventually { try second.open() == before })
        try runtime.start()
        #expect(try eventually { try second.status().verdict == .healthy })
        #expect(try second.open() == [])
        #expect(second.page("/v1/incidents").contains(before.first?.id ?? "none"))
        second.daemon.stop()
    }

    @Test func itAnswersToItsOwnNameAndThoseThatAreConfigured() {
        var configuration = Configuration()
        configuration.hostNames = ["node7.example"]
        let server = Daemon.server(configuration)
        #expect(server.hostNames == ["node7.example"])
        #expect(HostNames.own().allSatisfy(server.isOwnName))
        #expect(server.isOwnName(BootIdentity.current().hostname.lowercased()))
        #expect(!server.isOwnName("evil.example"))
    }

    @Test("What the flight recorder hands out replays to what the daemon says")
    func theRecordingReplays() throws {
        let running = try start()
        #expect(try eventually { try running.status().verdict == .healthy })
        runtime.stop()
        #expect(try eventually { try running.status().verdict == .unhealthy })
        let path = try state.write("flight.jsonl", running.page("/v1/recording"))
        let replayed = Replayer.replay(
            try ReplaySource.observations(try ReplayInput.detect(path)), rules: Recordings.rules)
        let open = replayed.incidents.filter { $0.isOpen && $0.kind == .runtimeDown }
        #expect(open.map(\.id) == (try running.open().filter { $0.kind == "RuntimeDown" }.map(\.id)))
        #expect(replayed.transitions.map(\.change).first == .opened)
        #expect(running.page("/v1/events").contains(open.first?.id ?? "none"))
        #expect(running.page("/v1/versions").contains("\"libsystemd\":\"0."))
        running.daemon.stop()
    }

    @Test func stoppingIsQuickAndLeavesACheckpoint() throws {
        let running = try start()
        #expect(try eventually { try running.status().verdict == .healthy })
        let began = Date()
        running.daemon.stop()
        #expect(Date().timeIntervalSince(began) < 5)
        guard
            case .loaded(let checkpoint) = CheckpointStore<Checkpoint>(directory: state.path + "/state")
                .load()
        else {
            Issue.record("no checkpoint")
            return
        }
        #expect(checkpoint.version == Release.version)
        #expect(Date().timeIntervalSince1970 - Double(checkpoint.writtenAt.microseconds) / 1e6 < 60)
        #expect(!FileManager.default.fileExists(atPath: running.socket))
    }

    @Test func aSecondDaemonOnTheSameStateIsRefused() throws {
        let running = try start()
        let error = #expect(throws: DaemonError.self) { try start() }
        #expect(error?.description.contains("another crihealthd uses this state directory") == true)
        running.daemon.stop()
        try start().daemon.stop()
    }

    @Test func aDamagedCheckpointIsToldAndSetAside() throws {
        mkdir(state.path + "/state", 0o750)
        try state.write("state/checkpoint.json", "{\"format\":1,")
        let running = try start()
        #expect(eventually { running.page("/v1/state").contains("checkpoint.json.bad") })
        // It can be written: that is no incident.
        #expect(try eventually { try running.status().verdict == .healthy })
        #expect(try running.open() == [])
        #expect(FileManager.default.fileExists(atPath: state.path + "/state/checkpoint.json.bad"))
        running.daemon.stop()
    }

    @Test func aStateDirectoryThatCannotBeMadeStopsNothing() throws {
        let running = try start { $0.stateDirectory = "/proc/nowhere/state" }
        #expect(try eventually { try running.open().contains { $0.kind == "MonitoringImpaired" } })
        #expect(eventually { running.page("/v1/state").contains("/proc/nowhere/state") })
        running.daemon.stop()
    }

    @Test func aWrongRuleFileIsLeftOutAndTold() throws {
        mkdir(state.path + "/rules.d", 0o755)
        try state.write("rules.d/10-bad.toml", "[[rule]]\nid = \"x\"\nsignl = \"site-trouble\"\n")
        let running = try start()
        #expect(try eventually { try running.open().contains { $0.kind == "MonitoringImpaired" } })
        #expect(
            eventually {
                running.page("/v1/incidents").contains("10-bad.toml:3: rule \\\"x\\\": key \\\"signl\\\"")
            })
        #expect(running.page("/v1/incidents").contains("did you mean \\\"signal\\\"?"))
        unlink(state.path + "/rules.d/10-bad.toml")
        try running.daemon.reload(TestDaemon.configuration(runtime, state, journal))
        #expect(try eventually { try running.open().isEmpty })
        running.daemon.stop()
    }

    @Test func aReloadTakesWhatItCanAndRefusesWrongRules() throws {
        let running = try start()
        #expect(try eventually { try running.status().verdict == .healthy })
        runtime.stop()
        #expect(try eventually { try !running.open().isEmpty })
        let before = try running.open()
        let same = TestDaemon.configuration(runtime, state, journal)
        try running.daemon.reload(same)
        #expect(try eventually { try running.open() == before })
        mkdir(state.path + "/rules.d", 0o755)
        try state.write("rules.d/site.toml", "nonsense = ")
        #expect(throws: DaemonError.self) { try running.daemon.reload(same) }
        #expect(try eventually { try running.open().map(\.kind) == ["RuntimeDown", "MonitoringImpaired"] })
        #expect(try running.open().first == before.first)
        running.daemon.stop()
    }

    @Test func aTakenPortIsToldAndTheSocketServes() throws {
        let taken = try TakenPort()
        let running = try start { $0.listen = .tcp(host: "127.0.0.1", port: taken.number) }
        #expect(try eventually { try running.open().contains { $0.kind == "MonitoringImpaired" } })
        #expect(running.page("/v1/state").contains("127.0.0.1:\(taken.number)"))
        running.daemon.stop()
    }

    @Test func aPassedSocketOverrulesTheConfigurationAndThatIsTold() throws {
        let passed = [PassedSocket(name: "http", descriptor: -1, address: .tcp(host: "127.0.0.1", port: 1))]
        var configuration = Configuration()
        #expect(OverruledKeys.problems(configuration, passed) == [])
        configuration.listen = .tcp(host: "127.0.0.1", port: 1)
        #expect(OverruledKeys.problems(configuration, passed) == [])
        configuration.listen = .tcp(host: "0.0.0.0", port: 2)
        configuration.socket = "/run/other.sock"
        #expect(
            OverruledKeys.problems(configuration, passed) == [
                "listen = \"0.0.0.0:2\" has no effect: systemd holds 127.0.0.1:1 for it; "
                    + "see systemctl edit crihealthd.socket"
            ])
        #expect(OverruledKeys.problems(configuration, []) == [])
        let unix = PassedSocket(name: "http-unix", descriptor: -1, address: .unix(path: "/run/s"))
        #expect(OverruledKeys.problems(configuration, passed + [unix]).count == 2)
        configuration.listen = nil
        #expect(OverruledKeys.problems(configuration, passed).first?.hasPrefix("listen = \"\" has") == true)
    }

    @Test func aJournalWithoutFilesIsNotCalledFollowed() throws {
        let running = try start()
        #expect(
            try eventually { try running.status().text.contains("NO FILES: there is no journal to follow") })
        #expect(running.page("/v1/state").contains("noFiles"))
        #expect(eventually { running.page("/v1/conditions").contains("NoJournalFiles") })
        running.daemon.stop()
    }

    @Test func aMissingSocketHidesNoMissingCrictl() throws {
        runtime.stop()
        unlink(runtime.socketPath)
        let running = try start { $0.cri.crictl = state.path + "/crictl" }
        #expect(eventually { running.page("/v1/incidents").contains("CrictlMissing") })
        #expect(try running.status().text.contains(": does not answer"))
        #expect(running.page("/v1/conditions").contains("does not answer: it has no socket"))
        try state.write("crictl", "#!/bin/sh\nexit 1\n", mode: 0o755)
        #expect(try eventually { try running.open().isEmpty })
        running.daemon.stop()
    }

    @Test func aCheckpointThatFailsIsToldAndTriedAgain() throws {
        let running = try start()
        #expect(try eventually { try running.status().verdict == .healthy })
        let (place, aside) = (state.path + "/state", state.path + "/aside")
        rename(place, aside)
        runtime.stop()
        #expect(eventually { running.page("/v1/state").contains("checkpoint.json.new: open: No such file") })
        rename(aside, place)
        unlink(place + "/checkpoint.json")
        #expect(eventually { FileManager.default.fileExists(atPath: place + "/checkpoint.json") })
        #expect(eventually { !running.page("/v1/state").contains("checkpoint.json.new: open: No such file") })
        running.daemon.stop()
    }

    @Test func crictlIsAskedEveryRungInOrder() throws {
        let running = try start()
        #expect(eventually { runtime.calls.count >= 4 })
        #expect(Array(runtime.calls.prefix(4)) == ["version", "info", "pods", "ps"])
        running.daemon.stop()
    }
}

@Suite struct OneLookTests {
    @Test func aLookAtAHealthyRuntime() throws {
        let runtime = try FakeRuntime()
        let state = try TemporaryDirectory()
        let journal = try TemporaryDirectory()
        let look = OneLook(
            configuration: TestDaemon.configuration(runtime, state, journal),
            surroundings: TestDaemon.surroundings(), logger: TestDaemon.logger,
            patience: .init(journal: .seconds(5), questions: .milliseconds(300)))
        let snapshot = try look.take()
        #expect(snapshot.verdict == .healthy)
        #expect(snapshot.runtimes.first?.version?.version == "1.6.20")
        #expect(state.names == [])
    }

    /// The kubelet fell two minutes ago, and came back: that is no outage of now.
    @Test(.enabled(if: JournalFile.isPossible)) func whatIsOverIsNoNews() throws {
        let runtime = try FakeRuntime()
        let state = try TemporaryDirectory()
        let journal = try TemporaryDirectory()
        let exit = "EXIT_CODE=exited\nEXIT_STATUS=1", start = "JOB_TYPE=start"
        let records = [
            (MessageID.unitStarted, 400, start), (MessageID.processExit, 122, exit),
            (MessageID.unitFailed, 121, "UNIT_RESULT=exit-code"), (MessageID.unitStarting, 111, start),
            (MessageID.unitStarted, 110, start),
        ]
        try JournalFile.append(records: records, of: "kubelet.service", in: journal)
        let look = OneLook(
            configuration: TestDaemon.configuration(runtime, state, journal),
            surroundings: TestDaemon.surroundings(), logger: TestDaemon.logger,
            patience: .init(journal: .seconds(5), questions: .milliseconds(300)))
        let snapshot = try look.take()
        #expect(snapshot.verdict == .healthy)
        #expect(snapshot.statistics.journalEntries == 5)
        #expect(snapshot.resolved.map(\.cause) == [])
    }

    @Test func aRuntimeThatErrsIsAskedUntilThatIsKnown() throws {
        let runtime = try FakeRuntime(errs: true)
        let state = try TemporaryDirectory()
        let journal = try TemporaryDirectory()
        let look = OneLook(
            configuration: TestDaemon.configuration(runtime, state, journal),
            surroundings: TestDaemon.surroundings(), logger: TestDaemon.logger,
            patience: .init(
                journal: .seconds(5), questions: .milliseconds(300), errors: .seconds(60),
                pause: .milliseconds(20)))
        let snapshot = try look.take()
        #expect(snapshot.verdict == .unhealthy)
        #expect(snapshot.open.map(\.cause) == ["APIError"])
    }
}
