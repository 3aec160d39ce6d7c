// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import Systemd
import Testing

extension JournalFollowerTests {
    /// The follower looks too seldom to hit the instant often, so this reader does nothing but look.
    @Test("Setting the matches again shows an entry that was looked for too early")
    func lookedTooEarly() throws {
        let lab = try JournalLab()
        let journal = try Journal(lab.location)
        try journal.wait(.zero)
        try journal.setMatches(Recorder.matches)
        try journal.seekHead()
        let socket = try lab.nativeSocket()
        for number in 0..<300 {
            // journald has gone to sleep by then, and takes its time.
            usleep(3000)
            socket.send([("MESSAGE", "x \(number)"), ("SYSLOG_IDENTIFIER", "lab")])
            let deadline = Date(timeIntervalSinceNow: 10)
            while try !journal.next() {
                try #require(Date() < deadline, "entry \(number) stays unseen")
                guard try journal.process() != .nothing else { continue }
                try journal.setMatches(Recorder.matches)
                if try journal.next() { break }
            }
        }
    }
}
