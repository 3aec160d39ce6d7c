import Foundation
import HealthEndpoint
import HealthModel
import Testing

@testable import crihealthd

/// The real binary beside this test's own.
private let binary =
    URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    .appendingPathComponent("crihealthd").path

@Suite(.serialized, .enabled(if: FileManager.default.isExecutableFile(atPath: binary), "no \(binary)"))
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
        process.executableURL = URL(fileURLWithPath: binary)
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
}
