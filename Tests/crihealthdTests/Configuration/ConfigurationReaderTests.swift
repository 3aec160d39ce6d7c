// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthEndpoint
import Logging
import Testing

@testable import crihealthd

@Suite struct ConfigurationReaderTests {
    @Test func emptyTextGivesTheDefaults() throws {
        #expect(try ConfigurationReader.parse("", file: "f") == Configuration())
    }

    @Test func everyKeyIsTaken() throws {
        let text = """
            listen = "[::1]:9000"
            socket = ""
            host_names = ["node7.example"]
            log_lines = false
            state_directory = "/s"
            rules_directory = "/r"
            textfile_directory = "/t"
            log_level = "debug"
            [journal]
            directory = "/var/log/journal"
            units = ["foo", "bar@1.service"]
            backlog_entries = 10
            backlog_age = "2h"
            [cri]
            endpoints = ["unix:///run/a.sock", "/run/b.sock"]
            crictl = "/opt/bin/crictl"
            connect_interval = "2s"
            version_interval = "20s"
            list_interval = "1m30s"
            suspect_interval = "3s"
            connect_deadline = "400ms"
            crictl_timeout = "6s"
            crictl_deadline = "7s"
            """
        var expected = Configuration()
        expected.listen = .tcp(host: "::1", port: 9000)
        expected.socket = nil
        expected.hostNames = ["node7.example"]
        expected.logLines = false
        expected.stateDirectory = "/s"
        expected.rulesDirectory = "/r"
        expected.textfileDirectory = "/t"
        expected.logLevel = .debug
        expected.journal = .init(
            directory: "/var/log/journal", units: ["foo.service", "bar@1.service"], backlogEntries: 10,
            backlogAge: .seconds(7200))
        expected.cri.endpoints = ["/run/a.sock", "/run/b.sock"]
        expected.cri.crictl = "/opt/bin/crictl"
        expected.cri.pace.native = .seconds(2)
        expected.cri.pace.calls = .seconds(20)
        expected.cri.pace.lists = .seconds(90)
        expected.cri.pace.suspect = .seconds(3)
        expected.cri.connectDeadline = .milliseconds(400)
        expected.cri.crictlTimeout = .seconds(6)
        expected.cri.crictlDeadline = .seconds(7)
        #expect(try ConfigurationReader.parse(text, file: "f") == expected)
        for key in ConfigurationKey.all {
            let leaf = key.path.split(separator: ".").last ?? ""
            #expect(text.contains("\(leaf) = "), "\(key.path) is not part of this test")
        }
    }

    @Test(arguments: [
        ("lisen = \"x\"", "f:1:1: unknown key \"lisen\"; did you mean \"listen\"?"),
        ("\n\ndirectory = \"/x\"", "f:3:1: unknown key \"directory\"; did you mean \"journal.directory\"?"),
        (
            "[journal]\n\n  dirctory = \"/x\"",
            "f:3:3: unknown key \"journal.dirctory\"; did you mean \"journal.directory\"?"
        ),
        ("[jurnal]\nx = 1", "f:1:1: unknown key \"jurnal\""),
        ("journal = 3", "f:1:1: unknown key \"journal\""),
        (
            "host_names = [\"node7.example:10274\"]",
            "f:1:1: host_names: \"node7.example:10274\" is not a host name; write \"node7.example\", without a port"
        ),
        ("host_names = \"a\"", "f:1:1: host_names: an array is expected here, not a string; write [\"…\"]"),
        ("zzzzzz = 1", "f:1:1: unknown key \"zzzzzz\""),
        (
            "listen = \"localhost\"",
            "f:1:1: listen: \"localhost\" is not a numeric address with a port; write \"127.0.0.1:10274\""
        ),
        (
            "listen = \"/run/x.sock\"",
            "f:1:1: listen: \"/run/x.sock\" is not a numeric address with a port; write \"127.0.0.1:10274\""
        ),
        ("listen = 10274", "f:1:1: listen: a string is expected here, not an integer"),
        (
            "log_level = \"inof\"",
            "f:1:1: log_level: \"inof\" is not one of trace, debug, info, notice, warning, error, critical; "
                + "did you mean \"info\"?"
        ),
        ("state_directory = \"var\"", "f:1:1: state_directory: \"var\" is not an absolute path"),
        (
            "[cri]\nversion_interval = 10",
            "f:2:1: cri.version_interval: a duration needs its unit: \"10s\" or \"10ms\""
        ),
        (
            "[cri]\nversion_interval = \"10 parsecs\"",
            "f:2:1: cri.version_interval: \"10 parsecs\" is not a duration; write \"10s\", \"500ms\" or \"1m30s\""
        ),
        (
            "[cri]\nversion_interval = \"1ms\"",
            "f:2:1: cri.version_interval: \"1ms\" is out of range: 1s to 1h"
        ),
        (
            "[cri]\nendpoints = \"unix:///x\"",
            "f:2:1: cri.endpoints: an array is expected here, not a string; write [\"…\"]"
        ),
        (
            "[cri]\nendpoints = [\"tcp://x\"]",
            "f:2:1: cri.endpoints: \"tcp://x\" is not a CRI endpoint; write \"unix:///run/containerd/containerd.sock\""
        ),
        (
            "[cri]\ncrictl = \"bin/crictl\"",
            "f:2:1: cri.crictl: \"bin/crictl\" is neither a name nor an absolute path"
        ),
        (
            "[journal]\nbacklog_entries = 0",
            "f:2:1: journal.backlog_entries: 0 is out of range: 1 to 100000000"
        ),
        ("[journal]\nunits = [\"a b\"]", "f:2:1: journal.units: \"a b\" is not the name of a service unit"),
        ("socket = \"/x\\u0007\"", "f:1:1: socket: control characters are not allowed here"),
        ("cri = { endponts = [] }", "f:1:1: unknown key \"cri.endponts\"; did you mean \"cri.endpoints\"?"),
    ])
    func wrongTextsAreRefusedWithTheirPlace(text: String, message: String) {
        #expect(refusal(text) == message)
    }

    @Test func everyFaultIsToldInOrder() {
        #expect(
            refusal("a = 1\nlog_level = 1\nb = 2") == """
                f:1:1: unknown key "a"
                f:2:1: log_level: a string is expected here, not an integer
                f:3:1: unknown key "b"
                """)
    }

    @Test func brokenTOMLNamesItsLine() throws {
        let message = try #require(refusal("listen = \"x\"\n[cri\n"))
        #expect(message.hasPrefix("f:2:"))
    }

    /// Each of them once ended the process.
    @Test(arguments: [("[}", "f:1:2: a key is missing here"), ("x = [}", "f:1:6: a value is missing here")])
    func typosAreRefusedWithTheirPlace(text: String, message: String) {
        #expect(refusal(text) == message)
    }

    @Test func aMissingFileIsFineUnlessItWasNamed() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/none.toml"
        #expect(try ConfigurationReader.load(path: path, required: false) == Configuration())
        #expect(throws: ConfigurationError.self) { try ConfigurationReader.load(path: path, required: true) }
    }

    @Test func aDirectoryIsNotAFile() throws {
        let directory = try TemporaryDirectory()
        let error = #expect(throws: ConfigurationError.self) {
            try ConfigurationReader.load(path: directory.path, required: false)
        }
        #expect(error?.description == "\(directory.path): it is not a regular file")
    }

    @Test func binaryFilesAreRefused() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/config.toml"
        try Data([0xFF, 0xFE, 0]).write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: ConfigurationError.self) {
            try ConfigurationReader.load(path: path, required: true)
        }
        #expect(error?.description == "\(path): it is not UTF-8 text")
    }

    @Test func theShippedFileEqualsTheDefaultsAndNamesEveryKey() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../../packaging/config.toml"
        ).standardizedFileURL.path
        #expect(try ConfigurationReader.load(path: path, required: true) == Configuration())
        let text = try String(contentsOfFile: path, encoding: .utf8)
        for key in ConfigurationKey.all {
            let leaf = key.path.split(separator: ".").last ?? ""
            #expect(text.contains("\n\(leaf) = "), "\(key.path) is not in packaging/config.toml")
        }
    }

    private func refusal(_ text: String) -> String? {
        do {
            _ = try ConfigurationReader.parse(text, file: "f")
            return nil
        } catch {
            return error.description
        }
    }
}
