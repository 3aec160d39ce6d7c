// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthEndpoint

@testable import crihealthd

/// The real binary, as a process: `crihealthd serve` on directories of its own, without TCP.
struct ServeProcess {
    let process: Process
    /// What it writes to standard error.
    let log: String
    let socket: String

    init(
        _ runtime: FakeRuntime, state: TemporaryDirectory, journal: TemporaryDirectory, config: String = ""
    ) throws {
        let file = try state.write("config.toml", config)
        log = state.path + "/log"
        socket = state.path + "/s"
        try state.write("log", "")
        process = Process()
        process.executableURL = URL(fileURLWithPath: Binary.path)
        process.arguments = [
            "serve", "--single-process", "--config", file, "--listen", "", "--socket", socket,
            "--state-directory",
            state.path + "/state", "--journal-directory", journal.path, "--runtime-endpoint",
            runtime.socketPath,
            "--crictl", runtime.crictl,
        ]
        process.standardError = FileHandle(forWritingAtPath: log)
        try process.run()
    }

    /// The answer of a path; empty when there is none.
    func page(_ path: String, accept: String = "application/json") -> String {
        let answer = try? HTTPClient(target: .unix(path: socket)).get(path, accept: accept)
        return answer.map { String(decoding: $0.body, as: UTF8.self) } ?? ""
    }

    /// A figure of `/proc/PID/status`, in KiB or as it is there.
    func status(_ key: String) -> Int? {
        let text = try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
        let line = text?.split(separator: "\n").first { $0.hasPrefix(key + ":") }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
    }

    /// How many descriptors it has open.
    var descriptors: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.processIdentifier)/fd").count)
            ?? 0
    }

    /// Ends it as systemd would.
    func stop() {
        process.terminate()
        process.waitUntilExit()
    }
}
