// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import crihealthd

/// The real binary on a terminal: a pseudo-terminal of the test's own (openpty(3)).
@Suite(.enabled(if: Binary.isBuilt, "no \(Binary.path)"))
struct TerminalTests {
    /// A process whose standard output is a terminal of this size, and what it wrote there.
    private final class OnTerminal {
        private let process = Process()
        private var master: Int32

        init(_ arguments: [String], columns: UInt16, rows: UInt16 = 24, environment: [String: String] = [:])
            throws
        {
            var (master, slave): (Int32, Int32) = (-1, -1)
            var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
            guard openpty(&master, &slave, nil, nil, &size) == 0 else { throw POSIXError(.EIO) }
            self.master = master
            process.executableURL = URL(fileURLWithPath: Binary.path)
            process.arguments = arguments
            process.environment = ["TERM": "xterm"].merging(environment) { $1 }
            let terminal = FileHandle(fileDescriptor: slave, closeOnDealloc: true)
            process.standardOutput = terminal
            process.standardError = FileHandle.nullDevice
            try process.run()
            // The last one to hold it is the process: its end is the end of what can be read.
            try terminal.close()
        }

        deinit {
            hangUp()
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
            process.waitUntilExit()
        }

        /// Takes the terminal away.
        func hangUp() {
            if master >= 0 { close(master) }
            master = -1
        }

        var isRunning: Bool { process.isRunning }

        /// What came until `isEnough`, or until the process ended.
        func text(until isEnough: (String) -> Bool = { _ in false }) -> String {
            var bytes: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 4096)
            let end = Date().addingTimeInterval(30)
            while Date() < end, !isEnough(String(decoding: bytes, as: UTF8.self)) {
                var entry = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
                guard poll(&entry, 1, 100) > 0 else { continue }
                let count = read(master, &chunk, chunk.count)
                // EIO: the last process on the terminal is gone.
                guard count > 0 else { break }
                bytes += chunk[..<count]
            }
            return String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: "\n")
        }
    }

    private var recording: [String] { ["replay", Recordings.path("containerd-1.6.20-kill9"), "--at", "-5s"] }

    @Test func aTerminalHasColoursAndItsOwnWidth() throws {
        let text = try OnTerminal(recording, columns: 60).text()
        #expect(text.contains("\n\u{1B}[1;31mUNHEALTHY\u{1B}[0m  "), "\(text.prefix(80).debugDescription)")
        let plain = text.replacing(/\u{1B}\[[0-9;]*m/, with: "")
        #expect(plain.split(separator: "\n").allSatisfy { $0.count <= 60 })
        #expect(!plain.contains("\u{1B}"))
        let wide = try OnTerminal(recording, columns: 200, environment: ["NO_COLOR": "1"]).text()
        #expect(wide.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    @Test(arguments: [["NO_COLOR": "1"], ["TERM": "dumb"]]) func colourIsNotForcedOnAnybody(
        _ environment: [String: String]
    ) throws {
        let text = try OnTerminal(recording, columns: 80, environment: environment).text()
        #expect(text.contains("\nUNHEALTHY  "))
        #expect(!text.contains("\u{1B}"))
    }

    @Test func aPipeGetsPlainText() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Binary.path)
        process.arguments = recording
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let text = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        #expect(text.contains("\nUNHEALTHY  "))
        #expect(!text.contains("\u{1B}"))
    }

    @Test func watchingDrawsAgainAndAgain() throws {
        let runtime = try FakeRuntime()
        let (state, journal) = (try TemporaryDirectory(), try TemporaryDirectory())
        let daemon = try TestDaemon(runtime, state: state, journal: journal)
        #expect(eventually { (try? daemon.status().verdict) == .healthy })
        let watch = try OnTerminal(["status", "--watch", "--socket", daemon.socket], columns: 80, rows: 12)
        let home = "\u{1B}[H"
        let text = watch.text { $0.components(separatedBy: home).count > 3 }
        let frames = text.components(separatedBy: home).dropFirst().dropLast()
        #expect(frames.count >= 2)
        for frame in frames {
            #expect(frame.contains("HEALTHY"))
            #expect(frame.components(separatedBy: "\n").count <= 12, "the screen would scroll")
            #expect(frame.hasSuffix("\u{1B}[J"))
        }
        watch.hangUp()
        #expect(eventually { !watch.isRunning }, "it draws for nobody")
        daemon.daemon.stop()
        let gone = try OnTerminal(["status", "--watch", "--socket", daemon.socket], columns: 80)
        #expect(gone.text { $0.contains("asking again") }.contains("no answer from the daemon"))
        withExtendedLifetime((state, journal)) {}
    }

    /// Half an answer is none: whoever keeps it has to hear of it.
    @Test func aFullDiskIsTold() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "\"$0\" explain RuntimeDown > /dev/full", Binary.path]
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 74)
        #expect(said == "crihealthd: standard output: No space left on device\n")
    }
}
