import Foundation
import HealthEndpoint
import HealthModel
import Testing

@testable import crihealthd

@Suite(
    .serialized,
    .enabled(if: FileManager.default.isExecutableFile(atPath: Binary.path), "no \(Binary.path)"))
struct ServeProcessTests {
    private let runtime: FakeRuntime
    private let state: TemporaryDirectory
    private let journal: TemporaryDirectory

    init() throws {
        runtime = try FakeRuntime()
        state = try TemporaryDirectory()
        journal = try TemporaryDirectory()
    }

    private func serve(config: String = "") throws -> (process: Process, log: String) {
        let file = try state.write("config.toml", config)
        let log = state.path + "/log"
        try state.write("log", "")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Binary.path)
        process.arguments = [
            "serve", "--single-process", "--config", file, "--listen", "", "--socket", state.path + "/s",
            "--state-directory",
            state.path + "/state", "--journal-directory", journal.path, "--runtime-endpoint",
            runtime.socketPath,
            "--crictl", runtime.crictl,
        ]
        process.standardError = FileHandle(forWritingAtPath: log)
        try process.run()
        return (process, log)
    }

    private func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }

    private func isHealthy() -> Bool {
        (try? StatusAnswer.ask([.unix(path: state.path + "/s")], format: .text).verdict) == .healthy
    }

    @Test func sigtermEndsItWithItsCheckpointWritten() throws {
        let (process, _) = try serve()
        #expect(eventually { isHealthy() })
        unlink(state.path + "/state/checkpoint.json")
        process.terminate()
        #expect(eventually(within: 10) { !process.isRunning })
        #expect(process.terminationReason == .exit)
        #expect(process.terminationStatus == 0)
        #expect(FileManager.default.fileExists(atPath: state.path + "/state/checkpoint.json"))
    }

    @Test func sighupTakesAGoodConfigurationAndRefusesABadOne() throws {
        let (process, log) = try serve(config: "log_level = \"info\"\n")
        #expect(eventually { isHealthy() })
        try state.write("config.toml", "log_level = \"inf\"\n")
        kill(process.processIdentifier, SIGHUP)
        #expect(eventually { text(log).contains("config.toml:1:1: log_level: \\\"inf\\\" is not one of") })
        try state.write("config.toml", "log_level = \"debug\"\n[journal]\nunits = [\"x\"]\n")
        kill(process.processIdentifier, SIGHUP)
        #expect(eventually { text(log).contains("keys=journal") })
        #expect(isHealthy())
        process.terminate()
        #expect(eventually(within: 10) { !process.isRunning })
    }

    @Test func aWrongConfigurationIsRefusedAtStart() throws {
        let (process, log) = try serve(config: "lisen = \"x\"\n")
        #expect(eventually(within: 10) { !process.isRunning })
        #expect(process.terminationStatus != 0)
        #expect(text(log).contains("config.toml:1:1: unknown key \"lisen\"; did you mean \"listen\"?"))
    }

    /// The kubelet complains while the runtime is away, and the daemon is killed again and again: before it has
    /// read the lines, while it reads them, before and after it wrote its checkpoint.
    @Test(.enabled(if: JournalFile.isPossible, "no systemd-journal-remote"))
    func killedAgainAndAgainItCountsEveryComplaintOnce() throws {
        runtime.stop()
        let lines = 7
        let pauses = [0, 5, 40, 90, 150, 300, 600, 1200]
        for (round, pause) in pauses.enumerated() {
            try JournalFile.append(
                (0..<lines).map {
                    "E1124 07:26:56.\(100_000 + round * lines + $0)   14287 kubelet.go:2034] "
                        + #""Skipping pod synchronization" err="container runtime is down""#
                }, unit: "kubelet.service", in: journal)
            let (process, _) = try serve()
            #expect(eventually(within: 30) { isServed() })
            usleep(useconds_t(pause * 1000))
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        let (process, _) = try serve()
        #expect(eventually(within: 30) { complaints() == lines * pauses.count }, "\(complaints())")
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        let (last, _) = try serve()
        #expect(eventually(within: 30) { complaints() > 0 })
        // A line behind all others: when it is counted, so is everything that came twice.
        try JournalFile.append(
            [
                #"E1124 07:26:57.000000   14287 kubelet.go:2034] "Skipping pod synchronization" err="container runtime is down""#
            ],
            unit: "kubelet.service", in: journal)
        #expect(eventually(within: 30) { complaints() == lines * pauses.count + 1 }, "\(complaints())")
        last.terminate()
        last.waitUntilExit()
    }

    /// How many times an open incident counts the kubelet's complaint.
    private func complaints() -> Int {
        struct State: Decodable {
            struct Incident: Decodable { var symptoms: [Symptom] }
            struct Symptom: Decodable {
                var name: String
                var count: Int
            }
            var openIncidents: [Incident]
        }
        let answer = try? HTTPClient(target: .unix(path: state.path + "/s")).get(
            "/v1/state", accept: "application/json")
        guard let answer, let state = try? JSONDecoder().decode(State.self, from: Data(answer.body)) else {
            return 0
        }
        return state.openIncidents.flatMap(\.symptoms).filter { $0.name == "kubelet-runtime-down" }.map(
            \.count
        )
        .reduce(0, +)
    }

    private func isServed() -> Bool {
        (try? StatusAnswer.ask([.unix(path: state.path + "/s")], format: .text)) != nil
    }
}
