// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What systemd's bus says.
extension UnitFacts {
    /// Takes the bus' word, if it is newer than what the journal told.
    mutating func take(_ state: UnitState, at: Moment) {
        // A unit that was never seen may be served by something else; one that ran and is gone was taken away.
        guard state.exists || ranThisBoot && state.isUnwanted else { return }
        let isAnother = self.state.map { Self.isAnother($0, state) } ?? false
        self.state = state
        stateAt = at
        guard let next = Self.phase(of: state) else { return }
        var changed = at
        if let stamp = state.stateChangedAt, stamp <= at.monotonic {
            changed = Moment(wall: at.wall + (stamp - at.monotonic), monotonic: stamp)
            ranThisBoot = ranThisBoot || next != .stopped || stamp.microseconds > 0
        }
        if next == .failed, phase == .stopping || phase == .stopped {
            // The same on the bus.
            if phase == .stopping { stop = changed }
            enter(.stopped, changed)
            return
        }
        if next == .exited || next == .failed || next == .autoRestart {
            takeTrouble(state, changed)
        }
        if next == .stopped, phase == .restarting || phase == .exited { return }
        if next == .stopped, phase != .stopped { stop = changed }
        if next == .running, phase == .running, isAnother { noticeRestart(changed) }
        guard next != phase else { return }
        if next == .starting, startedAt.map({ $0.monotonic < changed.monotonic }) ?? true {
            startedAt = changed
        }
        enter(next, changed)
    }

    /// Whether the unit was started anew between these two words of the bus.
    private static func isAnother(_ before: UnitState, _ now: UnitState) -> Bool {
        if let old = before.invocationID, let new = now.invocationID, !old.isEmpty, !new.isEmpty {
            return old != new
        }
        guard let old = before.mainPID, let new = now.mainPID else { return false }
        return old != new
    }

    /// It is up since later than was known: it was started anew meanwhile, and the journal did not tell (yet).
    private mutating func noticeRestart(_ since: Moment) {
        guard let known = phaseSince, since.monotonic - known.monotonic > Self.journalLag else { return }
        phaseSince = since
        startedAt = since
    }

    private mutating func takeTrouble(_ state: UnitState, _ at: Moment) {
        note(trouble: at)
        if state.result != "success" { result = state.result }
        let code = [1: "exited", 2: "killed", 3: "dumped"][state.execMainCode]
        guard let code, exit == nil || (exit?.at.monotonic ?? at.monotonic) < at.monotonic else { return }
        if exit?.code == code, exit?.status == state.execMainStatus { return }
        exit = Exit(at: at, code: code, status: state.execMainStatus, cursor: nil)
    }

    /// Whether the bus' last word still holds: the journal told of nothing since that contradicts it.
    func agrees(with state: UnitState) -> Bool {
        switch phase {
        case .unknown, .exited: true
        case .restarting: state.activeState == "inactive"
        case .starting, .running, .stopping, .stopped, .failed, .autoRestart: Self.phase(of: state) == phase
        }
    }

    private static func phase(of state: UnitState) -> Phase? {
        switch (state.activeState, state.subState) {
        case ("active", _), ("reloading", _): .running
        case ("activating", "auto-restart"), ("activating", "auto-restart-queued"): .autoRestart
        case ("activating", _): .starting
        case ("deactivating", _): .stopping
        case ("failed", _): .failed
        case ("inactive", _): .stopped
        default: nil
        }
    }
}
