// SPDX-License-Identifier: Apache-2.0
import CRI
import Dispatch
import HealthModel
import Node
import Systemd

/// Climbs the probe ladder of every endpoint at its schedule, and reports each rung as it is answered.
///
/// ## Concurrency
/// What is due is confined to one queue. Each endpoint has a thread of its own, which sleeps until something is, climbs and
/// reports: never two calls at a time on one endpoint, and a hung endpoint delays no other. Timers and a queue to climb on
/// would cost six wake-ups a second for each endpoint, for as long as the node lives.
final class Prober: Sendable {
    /// What a lane needs to ask.
    struct Settings: Sendable {
        /// How often.
        var pace = ProbePace()
        /// By whom.
        var asker: any NodeAsker
    }

    /// What a rung told, and when that was so.
    typealias Answer = (report: ProbeReport, at: Moment)

    private struct Lane {
        var endpoint: Endpoint
        /// Wakes its thread.
        let alarm: Alarm
        var schedule: ProbeSchedule
        /// Whether the present process behind the socket is known to greet and to answer.
        var greets = false
    }

    private struct State {
        var settings: Settings
        var lanes: [String: Lane] = [:]
        var suspected = false
        var stopped = false
    }

    private let state: Confined<State>
    private let report: @Sendable ([Answer]) -> Void

    /// `report` runs on the endpoint's thread, one call after the other for one endpoint; it may block.
    init(settings: Settings, report: @escaping @Sendable ([Answer]) -> Void) {
        state = Confined(label: "crihealthd.prober", State(settings: settings))
        self.report = report
    }

    /// Begins to ask this endpoint; one that is watched already goes on by this name.
    func watch(_ endpoint: Endpoint) {
        state.submit { state in
            state.lanes[endpoint.socketPath]?.endpoint = endpoint
            guard state.lanes[endpoint.socketPath] == nil, !state.stopped else { return }
            let seed = UInt64.random(in: .min ... .max)
            var schedule = ProbeSchedule(pace: state.settings.pace, seed: seed)
            schedule.suspect(state.suspected, at: Moment.now().monotonic)
            let alarm = Alarm()
            state.lanes[endpoint.socketPath] = Lane(endpoint: endpoint, alarm: alarm, schedule: schedule)
            DispatchQueue(label: "crihealthd.probe").async { @Sendable [weak self] in
                while let pause = self?.turn(endpoint.socketPath) { _ = alarm.sleep(atMost: pause) }
            }
        }
    }

    /// Asks this endpoint no more; a climb that is under way ends by its own deadlines, and is not told.
    func forget(_ endpoint: Endpoint) {
        state.submit { state in state.lanes.removeValue(forKey: endpoint.socketPath)?.alarm.ring() }
    }

    deinit {
        // Their threads find nobody to climb for, and end.
        state.submit { $0.lanes.values.forEach { $0.alarm.ring() } }
    }

    /// Asks from this rung upwards as soon as the endpoint is free.
    func request(_ endpoint: Endpoint, from rung: ProbeReport.Rung) {
        state.submit { state in
            state.lanes[endpoint.socketPath]?.schedule.request(
                ProbeReport.Rung.allCases.filter { $0 >= rung })
            state.lanes[endpoint.socketPath]?.alarm.ring()
        }
    }

    /// Asks every endpoint's rungs that take crictl at the pace of suspicion, or no longer.
    func suspect(_ suspected: Bool) {
        state.submit { state in
            guard state.suspected != suspected else { return }
            state.suspected = suspected
            for path in state.lanes.keys {
                state.lanes[path]?.schedule.suspect(suspected, at: Moment.now().monotonic)
                state.lanes[path]?.alarm.ring()
            }
        }
    }

    /// Asks in another way from the next climb on.
    func apply(_ settings: Settings) {
        state.submit { state in
            state.settings = settings
            for path in state.lanes.keys { state.lanes[path]?.schedule.pace = settings.pace }
        }
    }

    /// Starts no further climb. One that is under way ends by its own deadlines.
    func stop() {
        state.submit { state in
            state.stopped = true
            state.lanes.values.forEach { $0.alarm.ring() }
        }
    }

    // MARK: On the endpoint's thread

    private enum Step: Sendable {
        case climb(ProbeSchedule.Run, Endpoint, Settings, greets: Bool)
        case sleep(Duration)
        case end
    }

    /// Does what is due; how long to sleep then. Nil: it is over.
    private func turn(_ path: String) -> Duration? {
        let step = state.read { state in
            guard !state.stopped, var lane = state.lanes[path] else { return Step.end }
            defer { state.lanes[path] = lane }
            let now = Moment.now().monotonic
            if let run = lane.schedule.next(at: now) {
                let greets = lane.greets && !run.rungs.contains(.version)
                return .climb(run, lane.endpoint, state.settings, greets: greets)
            }
            return .sleep(lane.schedule.nextDue.map { max(.zero, $0 - now) } ?? .seconds(60))
        }
        switch step {
        case .climb(let run, let endpoint, let settings, let greets):
            climb(run, endpoint, settings, greets: greets)
            return .zero
        case .sleep(let pause): return pause
        case .end: return nil
        }
    }

    private func climb(_ run: ProbeSchedule.Run, _ endpoint: Endpoint, _ settings: Settings, greets: Bool) {
        var reports: [ProbeReport] = []
        var greeting: Bool?
        for rungs in run.questions {
            let asked = Moment.now()
            let climb = settings.asker.climb(endpoint, rungs, greeting: greets && rungs.last == .connect)
            greeting = climb.greets ?? greeting
            // A good answer proves what was when it was asked for; a failure, what is when it came.
            let told = Moment.now()
            report(climb.reports.map { ($0, $0.succeeded ? asked : told) })
            reports += climb.reports
            // A call would only hang where not even a greeting comes.
            if climb.reports.last?.succeeded == false || climb.greets == false { break }
        }
        if reports.contains(where: { $0.rung == .version && $0.succeeded }) {
            greeting = settings.asker.climb(endpoint, [], greeting: true).greets
        }
        let (all, greeted) = (reports, greeting)
        state.read { state in
            state.lanes[endpoint.socketPath]?.schedule.finished(run, reports: all, at: Moment.now().monotonic)
            // A server that never greets (CRI-O's multiplexer waits for a request first) tells nothing by
            // silence.
            if greets, greeted == false {
                let left = Set(run.rungs).subtracting(all.map(\.rung))
                state.lanes[endpoint.socketPath]?.schedule.request(left.union([.version, .status]))
            }
            if all.last?.succeeded == false || greeted == false {
                state.lanes[endpoint.socketPath]?.greets = false
            } else if greeted == true {
                state.lanes[endpoint.socketPath]?.greets = true
            }
        }
    }
}
