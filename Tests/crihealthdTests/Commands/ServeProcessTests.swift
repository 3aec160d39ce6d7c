// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthEndpoint
import HealthModel
import Testing

@testable import Systemd
@testable import crihealthd

@Suite(.serialized, .enabled(if: Binary.isBuilt, "no \(Binary.path)"))
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
        let serve = try ServeProcess(runtime, state: state, journal: journal, config: config)
        return (serve.process, serve.log)
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
        // RestartPreventExitStatus= of the unit.
        #expect(process.terminationStatus == 78)
        #expect(text(log).contains("config.toml:1:1: unknown key \"lisen\"; did you mean \"listen\"?"))
    }

    /// A connection that nobody takes would have systemd start it for ever.
    @Test func whoWaitsInAPassedSocketHearsWhyThereIsNoDaemon() throws {
        let path = state.path + "/passed.sock"
        let listener = try UnixListener.listen(path, owner: nil)
        defer { close(listener) }
        let passed = [PassedSocket(name: "http-unix", descriptor: listener, address: .unix(path: path))]
        func connected() throws -> Int32 {
            let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            try #require(try SocketAddress.unix(path).connect(descriptor) == 0)
            return descriptor
        }
        let (asking, silent, gone) = (try connected(), try connected(), try connected())
        close(gone)
        _ = "GET / HTTP/1.1\r\n\r\n".withCString { send(asking, $0, strlen($0), 0) }
        LastWords.say("the reason", on: passed)
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(asking, &buffer, buffer.count, 0)
        let answer = String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
        #expect(
            answer.hasPrefix("HTTP/1.1 503 ")
                && answer.hasSuffix("\r\n\r\ncrihealthd does not run: the reason\n"))
        #expect(recv(asking, &buffer, buffer.count, 0) == 0)
        #expect(recv(silent, &buffer, buffer.count, 0) == 0)
        var entry = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        #expect(poll(&entry, 1, 0) == 0)
        LastWords.say("nobody waits", on: passed)
        close(asking)
        close(silent)
    }

    /// systemd would start it again at once for a question that waits, and give its socket up after 20 times in 2 s.
    @Test func aProberWhoseConfigurationIsWrongTakesItsTime() throws {
        let file = try state.write("config.toml", "[cri]\ncrictl = 3\n")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Binary.path)
        process.arguments = ["probe", "--config", file, "--socket", state.path + "/probe.sock"]
        process.standardError = FileHandle.nullDevice
        let began = Date()
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 78)
        #expect(Date().timeIntervalSince(began) >= 1)
    }

    @Test func checkConfigTellsEveryFaultAndNoMore() throws {
        mkdir(state.path + "/rules.d", 0o755)
        func check(_ config: String, rules: String) throws -> (status: Int32, text: String) {
            let file = try state.write("config.toml", config)
            try state.write("rules.d/10.toml", rules)
            let process = Process()
            let output = Pipe()
            process.executableURL = URL(fileURLWithPath: Binary.path)
            process.arguments = [
                "check-config", "--config", file, "--rules-directory", state.path + "/rules.d",
            ]
            process.standardError = output
            process.standardOutput = output
            try process.run()
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            return (process.terminationStatus, text)
        }
        #expect(try check("", rules: "") == (0, "the configuration and the rules are valid\n"))
        let wrong = try check("log_level = \"inf\"\nsocet = \"/x\"\n", rules: "")
        #expect(wrong.status == 78)
        #expect(wrong.text.contains("config.toml:1:1: log_level:") && wrong.text.contains("config.toml:2:1:"))
        let rules = try check("", rules: "[[rule]]\nid = \"x\"\nsignl = \"y\"\n")
        #expect(rules.status == 78 && rules.text.contains("10.toml:3: rule \"x\""), "\(rules)")
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
            // Who ends so often so soon is started without its checkpoint: StartCounter's own matter.
            unlink(state.path + "/state/starts")
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
