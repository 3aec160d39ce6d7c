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
        if failures == 1, let journal, (try? journal.process()) != nil, (try? rejoin(journal)) != nil {
            queueBatch()
            return
        }
        reopen(error)
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
        declare(BlindWindow(reason: .damaged, from: lastHandled ?? readUntil, to: now))
        forgetPlace()
        skipTo = now
        failures = 0
    }

    /// A file was truncated under us: what libsystemd still has mapped of it is zeroes.
    func checkTruncations() {
        let count = Journal.truncations
        guard count != truncations else { return }
        truncations = count
        declare(BlindWindow(reason: .damaged, from: lastHandled, to: .now))
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
            checkRoots()
            checkInotify(now)
        }
        if now >= nextSafety {
            nextSafety = now + .seconds(30)
            safety()
        }
    }

    /// libsystemd watches the directories that it found when it was opened: one that is made (or made anew)
    /// later is never noticed.
    private func checkRoots() {
        guard journal != nil else { return }
        let roots = configuration.location.roots.map { FileIdentity(path: $0) }
        guard roots != rootsAtOpen else { return }
        journal = nil
        open()
    }

    /// Watches that were refused for want of memory (ENOSPC) are not reported by libsystemd: it is just
    /// silent. So entries without an announcement mean that new files must be looked for.
    func noteAnnouncement(_ change: Journal.Change, read: Int) {
        if inotifyError != nil || change != .nothing {
            unannouncedSince = nil
            deaf = false
        } else if read > 0, unannouncedSince == nil {
            unannouncedSince = .now
        }
    }

    private func checkInotify(_ now: MonotonicTime) {
        if let since = unannouncedSince, now - since > .seconds(3) { deaf = true }
        guard inotifyError != nil || deaf, now >= nextListing, let journal else { return }
        nextListing = now + .seconds(2)
        do throws(SystemdError) {
            _ = try journal.descriptor()
            inotifyError = nil
            try rejoin(journal)
            guard deaf else { return }
            self.journal = nil
            open()
        } catch {
            // Without inotify nobody tells of new files: list them again.
            self.journal = nil
            open()
        }
    }

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
        if readSinceRelease > 0 { releaseWindows() }
    }
}
