// SPDX-License-Identifier: Apache-2.0
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
        try append(messages.map { Array($0.utf8) }, unit: unit, in: directory)
    }

    /// The same of any bytes, in the binary form of the export format.
    static func append(_ messages: [[UInt8]], unit: String, in directory: TemporaryDirectory) throws {
        let boot = BootIdentity.current().bootID
        var export: [UInt8] = []
        for message in messages {
            let now = Moment.now()
            export += Array(
                """
                __REALTIME_TIMESTAMP=\(now.wall.microseconds)
                __MONOTONIC_TIMESTAMP=\(now.monotonic.microseconds)
                _BOOT_ID=\(boot)
                _TRANSPORT=stdout
                _SYSTEMD_UNIT=\(unit)
                PRIORITY=6
                MESSAGE

                """.utf8)
            withUnsafeBytes(of: UInt64(message.count).littleEndian) { export += $0 }
            export += message + [0x0A, 0x0A]
        }
        let file = directory.path + "/input.export"
        try Data(export).write(to: URL(fileURLWithPath: file))
        defer { unlink(file) }
        try take(file, as: directory.path + "/system.journal")
    }

    /// Records of systemd about a unit: message id, how many seconds ago, further fields.
    static func append(
        records: [(id: String, seconds: Int, fields: String)], of unit: String,
        in directory: TemporaryDirectory
    ) throws {
        let now = Moment.now(), boot = BootIdentity.current().bootID
        let export = records.map { record in
            """
            __REALTIME_TIMESTAMP=\((now.wall + .seconds(-record.seconds)).microseconds)
            __MONOTONIC_TIMESTAMP=\((now.monotonic + .seconds(-record.seconds)).microseconds)
            _BOOT_ID=\(boot)
            _TRANSPORT=journal
            _PID=1
            _UID=0
            _COMM=systemd
            _SYSTEMD_UNIT=init.scope
            UNIT=\(unit)
            MESSAGE_ID=\(record.id)
            MESSAGE=of \(unit)
            \(record.fields)


            """
        }
        let file = directory.path + "/input.export"
        try Data(export.joined().utf8).write(to: URL(fileURLWithPath: file))
        defer { unlink(file) }
        try take(file, as: directory.path + "/system.journal")
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
