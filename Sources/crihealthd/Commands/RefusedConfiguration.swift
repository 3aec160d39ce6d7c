// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CRI
import Systemd

/// The end of a process whose configuration was refused.
enum RefusedConfiguration {
    /// Does `body`; where it finds the configuration wrong, says so to standard error and to systemd (`systemctl status`
    /// shows it beside a unit that failed) and on the sockets that it passed, and gives what to exit with.
    static func exits<Value>(
        answering sockets: [PassedSocket] = [], _ body: () throws -> Value
    ) throws -> Value {
        do {
            return try body()
        } catch let error as ConfigurationError {
            throw exit(error.description, sockets)
        } catch DaemonError.endpoint(let error) {
            throw exit(error.description, sockets)
        }
    }

    private static func exit(_ problem: String, _ sockets: [PassedSocket]) -> ExitCode {
        // journald takes the priority of each line from its begin (sd-daemon(3)).
        let mark = StderrLogHandler.Style.detected == .journal ? "<3>" : ""
        let lines = problem.split(separator: "\n").prefix(64)
        Console.error(lines.map { mark + $0 }.joined(separator: "\n"))
        let first = lines.first.map(String.init) ?? ""
        try? ServiceManager().status("the configuration was refused: \(first)")
        LastWords.say("its configuration was refused\n" + lines.joined(separator: "\n"), on: sockets)
        return ExitCode(ExitStatus.configuration)
    }
}
