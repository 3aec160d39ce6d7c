// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import Testing

/// Journal files of entries with times of their own, made by systemd-journal-remote.
enum ImportedJournal {
    struct Entry {
        /// Microseconds.
        var wall: Int64
        var monotonic: Int64
        var fields: [(String, [UInt8])]

        init(_ tag: String, _ number: Int, wall: Int64, monotonic: Int64) {
            self.wall = wall
            self.monotonic = monotonic
            fields = [
                ("MESSAGE", Array("\(tag) \(number)".utf8)), ("SYSLOG_IDENTIFIER", Array("lab".utf8)),
                ("PRIORITY", [0x36]),
            ]
        }
    }

    static let importer = "/lib/systemd/systemd-journal-remote"
    static let isPossible = access(importer, X_OK) == 0

    static let currentBoot: String = {
        let text = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
        return (text ?? "").filter(\.isHexDigit)
    }()

    /// Writes a new file; it comes to its place whole, as a file that another journald closed.
    static func write(_ entries: [Entry], boot: String = currentBoot, to path: String) throws {
        let directory = TemporaryDirectory(near: path)
        try Data().write(to: URL(fileURLWithPath: directory("in")))
        let stream = try #require(FileHandle(forWritingAtPath: directory("in")))
        var text: [UInt8] = []
        for entry in entries {
            text += Array(
                """
                __REALTIME_TIMESTAMP=\(entry.wall)
                __MONOTONIC_TIMESTAMP=\(entry.monotonic)
                _BOOT_ID=\(boot)

                """.utf8)
            for (name, value) in entry.fields {
                text += Array("\(name)\n".utf8)
                withUnsafeBytes(of: UInt64(value.count).littleEndian) { text += $0 }
                text += value + [10]
            }
            text.append(10)
            if text.count > 1 << 20 {
                try stream.write(contentsOf: text)
                text.removeAll(keepingCapacity: true)
            }
        }
        try stream.write(contentsOf: text)
        try stream.close()
        let made = directory("system.journal")
        let status = try Child.run(
            [importer, "--split-mode=none", "-o", made, "-"], input: directory("in"))
        try #require(status == 0)
        try #require(rename(made, path) == 0)
    }
}
