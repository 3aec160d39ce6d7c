// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import HealthEndpoint

/// `crihealthd status --watch`: the page on a terminal, redrawn every second until the process is interrupted.
struct Watch {
    /// Between two askings.
    static let interval: Duration = .seconds(1)

    let targets: [ListenAddress]
    let page: PageOptions
    let times: ZoneOptions

    func run() throws -> Never {
        guard Terminal.isTerminal(STDOUT_FILENO) else {
            Console.error("crihealthd: --watch needs a terminal; a program follows /v1/stream")
            throw ExitCode(ExitStatus.unknown)
        }
        let isColoured = Terminal.takesColour(STDOUT_FILENO)
        while true {
            let text = Paint.page(self.text, isOn: isColoured)
            let rows = Terminal.size(STDOUT_FILENO)?.rows ?? 24
            // A terminal that is gone need not have sent SIGHUP.
            guard Output.write(Self.frame(text, rows: rows)) else { throw ExitCode(ExitStatus.unknown) }
            Pause.wait(Self.interval)
        }
    }

    private var text: String {
        do throws(StatusAnswer.NoAnswer) {
            return try StatusAnswer.ask(targets, format: .text, width: page.columns, zone: times.zone()).text
        } catch {
            return "UNKNOWN  no answer from the daemon; asking again\n\(error)\n\(error.hint)\n"
        }
    }

    /// The page from the upper left corner on, each line to its end, nothing below; cut to the screen's height.
    static func frame(_ text: String, rows: Int) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last == "" { lines.removeLast() }
        let room = max(rows - 1, 1)
        if lines.count > room {
            let hidden = lines.count - room + 1
            lines = lines.prefix(room - 1) + ["... \(hidden) more lines: crihealthd status"]
        }
        return "\u{1B}[H" + lines.map { $0 + "\u{1B}[K\n" }.joined() + "\u{1B}[J"
    }
}
