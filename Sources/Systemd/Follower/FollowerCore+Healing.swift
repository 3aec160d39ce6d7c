// SPDX-License-Identifier: Apache-2.0
import Glibc
import HealthModel
import Synchronization

/// What is done about errors, and at regular times.
extension FollowerCore {
    /// Heals an error of reading: first a look at the files (a vacuumed one is dropped then), then a new
    /// journal at the same place, then the same after a wait, and at last behind what cannot be read.
    func heal(_ error: SystemdError) {
        counters.errors.add(1, ordering: .relaxed)
        failures += 1
        lastFailure = .now
        guard running else { return }
        guard failures == 1, let journal else {
            reopen(error)
            return
        }
        do throws(SystemdError) {
            _ = try journal.process()
            try rejoin(journal)
            queueBatch()
        } catch {
            heal(error)
        }
    }

    private func reopen(_ error: SystemdError) {
        counters.reopens.add(1, ordering: .relaxed)
        journal = nil
        switch failures {
        case ...2: retryAt = .now
        case 6...:
            skipDamage()
            fallthrough
        default:
            retryAt = .now + backoff.next()
            report(.failed(errno: error.errno, operation: error.operation))
        }
    }

    /// Reading fails at the same place, over and over: go on behind it.
    private func skipDamage() {
        let now = WallTime.now
        declare(BlindWindow(reason: .damaged, from: lastHandled ?? skipTo ?? readUntil, to: now))
        forgetPlace()
        forgetUnread()
        startEntry = nil
        skipTo = now
        failures = 0
    }

    /// A file was truncated under us: what libsystemd still has mapped of it is zeroes.
    func checkTruncations() {
        let count = Journal.truncations
        guard count != truncations else { return }
        truncations = count
        declare(BlindWindow(reason: .damaged, from: lastHandled, to: .now))
        forgetUnread()
        counters.reopens.add(1, ordering: .relaxed)
        journal = nil
        retryAt = .now + backoff.next()
    }

    /// What is due: once a second a look at the world around the journal, twice a minute at the journal's own
    /// state.
    func chores(_ now: MonotonicTime) {
        if let until = suspectUntil, now >= until {
            suspectUntil = nil
            anchor = nil
        }
        checkTruncations()
        if now >= nextCheck {
            nextCheck = now + .seconds(1)
            checkListing(now)
            checkBuffers()
        }
        if now >= nextSafety {
            nextSafety = now + .seconds(30)
            safety()
        }
    }

    /// libsystemd keeps the buffer in which it decompressed the largest field for as long as the file is open.
    private func checkBuffers() {
        guard let journal, journal.longestField > Self.longestUsualField else { return }
        self.journal = nil
        open()
    }

    private static let longestUsualField = 4 << 20

    private func safety() {
        guard let journal else { return }
        if lastFailure + .seconds(30) < .now {
            failures = 0
            backoff.reset()
        }
        do throws(SystemdError) {
            try journal.setMatches(configuration.matches)
        } catch {
            heal(error)
        }
        positionDue = cursor != nil
        // After the look that comes next, which goes through all files because of the matches.
        releaseDue = true
    }
}
