// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import HealthModel
import Systemd
import Testing

extension JournalFollowerTests {
    /// In a process of its own, because the user is one for all threads.
    @Test("A directory that may not be read, until access is granted")
    func unreadable() async {
        await #expect(processExitsWith: .success) {
            let lab = try JournalLab()
            try lab.write("x", 0..<100)
            try #require(eventually { lab.written() == 100 })
            // What journald does to the modes of its own directory is not the point.
            let directory = lab.directory("var")
            try #require(chmod(lab.directory.path, 0o755) == 0 && chmod(directory, 0o700) == 0)
            for path in lab.journalFiles() { try #require(chmod(path, 0o644) == 0) }
            try #require(chmod(lab.machineDirectory, 0o755) == 0)
            try #require(seteuid(65534) == 0)
            let recorder = Recorder(lab.location) { $0.longestBackoff = .milliseconds(300) }
            let refused = JournalHealth.failed(errno: EACCES, operation: "sd_journal_open_directory")
            #expect(eventually { recorder.now.health.last == refused })
            recorder.expectQuiet()
            #expect(recorder.now.entries.isEmpty)
            try #require(seteuid(0) == 0)
            try #require(chmod(directory, 0o755) == 0)
            try #require(seteuid(65534) == 0)
            recorder.expectExactly("x", 100)
            #expect(eventually { recorder.now.health.last == .following })
            #expect(recorder.now.blind.isEmpty)
            recorder.expectQuiet()
            recorder.stop()
            try #require(seteuid(0) == 0)
        }
    }
}
