// SPDX-License-Identifier: Apache-2.0
import HealthModel

@testable import Diagnosis

/// What systemd's bus says of the runtimes' units, at the instants of the recorded records: the recordings hold only a
/// few `systemctl show`, and on a node both are heard.
struct RecordedBus {
    private var states: [String: UnitState] = [:]
    private let restarting: Set<String>

    /// `observations` with the bus' word after each record of a unit.
    static func beside(_ observations: [Observation]) -> [Observation] {
        let units = Set(
            observations.flatMap { observation -> [String] in
                guard case .started(let start) = observation.event else { return [] }
                return start.endpoints.compactMap(\.unit)
            })
        let restarting = observations.compactMap { observation -> String? in
            guard case .journal(let entry) = observation.event, entry.messageID == MessageID.restartScheduled
            else { return nil }
            return entry.unit
        }
        var bus = RecordedBus(restarting: Set(restarting))
        return observations.flatMap { observation -> [Observation] in
            guard case .journal(let entry) = observation.event, entry.source == .manager,
                let unit = entry.unit, units.contains(unit), let state = bus.state(after: entry, of: unit)
            else { return [observation] }
            return [observation, Observation(at: observation.at, event: .unit(state))]
        }
    }

    private init(restarting: Set<String>) { self.restarting = restarting }

    private mutating func state(after entry: JournalEntry, of unit: String) -> UnitState? {
        var state = states[unit] ?? UnitState(name: unit, activeState: "inactive", subState: "dead")
        switch entry.messageID {
        case MessageID.unitStarting:
            (state.activeState, state.subState, state.result) = ("activating", "start", "success")
        case MessageID.unitStarted: (state.activeState, state.subState) = ("active", "running")
        case MessageID.unitStopping: (state.activeState, state.subState) = ("deactivating", "stop-sigterm")
        case MessageID.unitStopped, MessageID.unitSucceeded:
            (state.activeState, state.subState) = ("inactive", "dead")
        case MessageID.unitFailed:
            (state.activeState, state.subState) =
                restarting.contains(unit) ? ("activating", "auto-restart") : ("failed", "failed")
            state.result = entry.fields["UNIT_RESULT"] ?? "exit-code"
        case MessageID.restartScheduled:
            (state.activeState, state.subState) = ("activating", "auto-restart")
            state.restarts += 1
        case MessageID.processExit:
            let codes: [String: Int32] = ["exited": 1, "killed": 2, "dumped": 3]
            state.execMainCode = codes[entry.fields["EXIT_CODE"] ?? ""] ?? 0
            let status = entry.fields["EXIT_STATUS"] ?? ""
            state.execMainStatus = Int32(status) ?? UnixSignal.number(named: status) ?? 0
            states[unit] = state
            return nil
        default: return nil
        }
        state.stateChangedAt = entry.at.monotonic
        states[unit] = state
        return state
    }
}
