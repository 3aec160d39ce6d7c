import Foundation
import HealthModel
import Node

/// Writes real journal files with entries of this boot, by systemd-journal-remote.
enum JournalFile {
    /// Where Debian puts it.
    static let tool = "/usr/lib/systemd/systemd-journal-remote"

    /// Whether it is installed.
    static var isPossible: Bool { FileManager.default.isExecutableFile(atPath: tool) }

    /// Appends lines of a unit to `system.journal` in `directory`.
    static func append(_ messages: [String], unit: String, in directory: TemporaryDirectory) throws {
        let boot = BootIdentity.current().bootID
        var export = ""
        for message in messages {
            let now = Moment.now()
            export += """
                __REALTIME_TIMESTAMP=\(now.wall.microseconds)
                __MONOTONIC_TIMESTAMP=\(now.monotonic.microseconds)
                _BOOT_ID=\(boot)
                _TRANSPORT=stdout
                _SYSTEMD_UNIT=\(unit)
                PRIORITY=6
                MESSAGE=\(message)


                """
        }
        try take(try directory.write("input.export", export), as: directory.path + "/system.journal")
    }

    /// Adds the entries of an export stream to a journal file.
    static func take(_ export: String, as file: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: tool)
        process.arguments = ["-o", file, export]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw POSIXError(.EIO) }
    }
}
