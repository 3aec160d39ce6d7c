// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import HealthEndpoint
import HealthModel
import Logging
import Testing

@testable import crihealthd

@Suite struct CommandTests {
    @Test func serveTakesEveryFlag() throws {
        let parsed = try Crihealthd.parseAsRoot([
            "serve", "--listen", "127.0.0.1:1", "--socket", "/s", "--state-directory", "/d",
            "--journal-directory", "/j",
            "--runtime-endpoint", "unix:///a", "--runtime-endpoint", "/b", "--crictl", "/c",
            "--rules-directory", "/r",
            "--log-level", "debug", "--textfile-dir", "/t",
            "--probe-socket", "/p",
        ])
        let serve = try #require(parsed as? ServeCommand)
        let configuration = try serve.resolve()
        #expect(configuration.textfileDirectory == "/t")
        #expect(configuration.prober == .socket("/p"))
        #expect(configuration.listen == .tcp(host: "127.0.0.1", port: 1))
        #expect(configuration.socket == "/s")
        #expect(configuration.stateDirectory == "/d")
        #expect(configuration.journal.directory == "/j")
        #expect(configuration.cri.endpoints == ["/a", "/b"])
        #expect(configuration.cri.crictl == "/c")
        #expect(configuration.rulesDirectory == "/r")
        #expect(configuration.logLevel == .debug)
    }

    @Test func aRecordingIsServedAndNotLeftBehind() throws {
        let words = ["serve", "--recording", "/rec", "--recording-speed", "20"]
        let serve = try #require(try Crihealthd.parseAsRoot(words) as? ServeCommand)
        #expect(serve.recording == "/rec")
        #expect(serve.recordingSpeed == 20)
        do {
            _ = try Crihealthd.parseAsRoot(words + ["--textfile-dir", "/t"])
            Issue.record("it is ignored")
        } catch {
            let message = Crihealthd.message(for: error)
            #expect(
                message.hasPrefix("--textfile-dir is for this node, and --recording is of another"),
                "\(message)")
        }
    }

    @Test func flagsOverrideTheFile() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("config.toml", "socket = \"/file\"\nlog_level = \"error\"\n")
        let parsed = try Crihealthd.parseAsRoot(["serve", "--config", file, "--socket", ""])
        let configuration = try #require(parsed as? ServeCommand).resolve()
        #expect(configuration.socket == nil)
        #expect(configuration.logLevel == .error)
    }

    @Test(arguments: [
        (
            ["--runtime-endpoint", "x"],
            "--runtime-endpoint: \"x\" is not a CRI endpoint; write \"unix:///run/containerd/containerd.sock\""
        ),
        (["--log-level", "loud"], "--log-level: \"loud\" is not one of"),
        (["--journal-directory", "rel"], "--journal-directory: \"rel\" is not an absolute path"),
        (["--config", "/nonexistent.toml"], "/nonexistent.toml: open: No such file or directory"),
    ])
    func wrongFlagsAreNamed(arguments: [String], message: String) throws {
        let parsed = try Crihealthd.parseAsRoot(["check"] + arguments)
        let check = try #require(parsed as? CheckCommand)
        let error = #expect(throws: ConfigurationError.self) { try check.options.resolve() }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        ["serve", "--lisen", "x"], ["serve", "--recording-speed", "0"],
        ["serve", "--recording-speed", "nan"],
        ["status", "-o", "yaml"], ["check", "-o", "yaml"], ["nonsense"],
        ["check", "--listen", "127.0.0.1:1"],
        ["check", "--state-directory", "/d"], ["status", "--watch", "-o", "json"],
        ["status", "--npd", "RuntimeReady", "--watch"], ["status", "--width", "20"],
        ["replay", "x", "--speed", "0"],
        ["replay", "x", "--speed", "2", "-o", "json"], ["record", "x", "--for", "0s"],
        ["record", "x", "--for", "soon"],
    ])
    func wrongCommandLinesAreRefused(arguments: [String]) {
        #expect(throws: (any Error).self) { try Crihealthd.parseAsRoot(arguments) }
    }

    @Test func statusAsksTheSocketBeforeTCP() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("config.toml", "socket = \"/x\"\n")
        func targets(_ arguments: [String]) throws -> [ListenAddress] {
            try #require(try Crihealthd.parseAsRoot(["status"] + arguments) as? StatusCommand).daemon
                .targets()
        }
        #expect(try targets(["--config", file]) == [.unix(path: "/x"), .loopback])
        #expect(try targets(["--socket", "/y"]) == [.unix(path: "/y")])
        #expect(try targets(["--listen", "[::1]:5"]) == [.tcp(host: "::1", port: 5)])
    }

    @Test func jsonIsAskedForInOneWay() throws {
        for command in [["status"], ["check"], ["incidents"], ["replay", "x"], ["rules", "list"]] {
            #expect(throws: Never.self, "\(command)") {
                try Crihealthd.parseAsRoot(command + ["-o", "json"])
            }
        }
        let replay = try #require(try Crihealthd.parseAsRoot(["replay", "x", "--json"]) as? ReplayCommand)
        #expect(replay.isJSON)
    }

    /// What goes wrong while the command looks is no verdict: 1 would say that the node is degraded.
    @Test func anErrorIsNoVerdict() throws {
        let command = try #require(
            try Crihealthd.parseAsRoot(["status", "--config", "/nonexistent.toml"]) as? StatusCommand)
        let error = #expect(throws: ExitCode.self) { try command.run() }
        #expect(error == ExitCode(3))
    }

    @Test func exitStatuses() {
        #expect(Snapshot.Verdict.allCases.map(ExitStatus.code) == [0, 1, 2, 3])
    }
}

@Suite struct StatusAnswerTests {
    private func server(_ answer: String) throws -> (OneShotServer, TemporaryDirectory) {
        let directory = try TemporaryDirectory()
        return (try OneShotServer(path: directory.path + "/s", answer: answer), directory)
    }

    @Test(arguments: [
        ("HEALTHY  all is well\n", Snapshot.Verdict.healthy), ("DEGRADED  x\n", .degraded),
        ("UNHEALTHY\n", .unhealthy), ("UNKNOWN  y", .unknown),
    ])
    func thePageTellsTheVerdict(page: String, verdict: Snapshot.Verdict) throws {
        let (server, directory) = try server("HTTP/1.1 200 OK\r\n\r\n\(page)")
        let answer = try StatusAnswer.ask([.unix(path: server.path)], format: .text)
        #expect(answer == StatusAnswer(text: page, verdict: verdict))
        withExtendedLifetime(directory) {}
    }

    @Test func theDocumentTellsTheVerdict() throws {
        let (server, directory) = try server("HTTP/1.1 200 OK\r\n\r\n{\"verdict\":\"degraded\",\"x\":1}")
        let answer = try StatusAnswer.ask([.unix(path: server.path)], format: .json)
        #expect(answer.verdict == .degraded)
        withExtendedLifetime(directory) {}
    }

    @Test func theNextAddressIsAskedWhenOneDoesNotAnswer() throws {
        let (server, directory) = try server("HTTP/1.1 200 OK\r\n\r\nHEALTHY  x\n")
        let targets: [ListenAddress] = [.unix(path: "/nonexistent/s"), .unix(path: server.path)]
        #expect(try StatusAnswer.ask(targets, format: .text).verdict == .healthy)
        withExtendedLifetime(directory) {}
    }

    @Test(arguments: ["HTTP/1.1 404 Not Found\r\n\r\nHEALTHY", "HTTP/1.1 200 OK\r\n\r\n<html>", "garbage"])
    func strangersAreNotBelieved(answer: String) throws {
        let (server, directory) = try server(answer)
        let error = #expect(throws: StatusAnswer.NoAnswer.self) {
            try StatusAnswer.ask([.unix(path: server.path)], format: .text)
        }
        #expect(error?.reasons.count == 1)
        withExtendedLifetime(directory) {}
    }

    @Test func aDaemonThatDoesNotRunIsQuoted() throws {
        let (server, directory) = try server(LastWords.answer("config.toml:1:1: unknown key\u{1B}[31m"))
        let error = #expect(throws: StatusAnswer.NoAnswer.self) {
            try StatusAnswer.ask([.unix(path: server.path)], format: .text)
        }
        #expect(
            error?.reasons == ["\(server.path): crihealthd does not run: config.toml:1:1: unknown key"]
        )
        withExtendedLifetime(directory) {}
    }

    @Test func nobodyToAskIsNoAnswer() {
        let error = #expect(throws: StatusAnswer.NoAnswer.self) { try StatusAnswer.ask([], format: .text) }
        #expect(error?.description == "the configuration names no address")
    }
}
