import CRI
import Dispatch
import HealthModel
import Node

/// Climbs the probe ladder of every endpoint at its schedule, and reports each rung as it is answered.
///
/// ## Concurrency
/// The lanes are confined; the climbing blocks, so every lane does it on a serial queue of its own: never two
/// calls at a time on one endpoint, and a hung endpoint delays no other.
final class Prober: Sendable {
    /// What a lane needs to ask.
    struct Settings: Sendable {
        /// How often.
        var pace = ProbePace()
        /// By whom.
        var asker: any NodeAsker
    }

    private struct Lane {
        let endpoint: Endpoint
        let queue: DispatchQueue
        var schedule: ProbeSchedule
        var armed: MonotonicTime?
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
    private let workers = DispatchQueue(label: "crihealthd.probes", attributes: .concurrent)
    private let report: @Sendable (ProbeReport, Moment) -> Void

    /// `report` runs on the lane's queue, one call after the other for one endpoint.
    init(settings: Settings, report: @escaping @Sendable (ProbeReport, Moment) -> Void) {
        state = Confined(label: "crihealthd.prober", State(settings: settings))
        self.report = report
    }

    /// Begins to ask this endpoint; one that is watched already stays as it is.
    func watch(_ endpoint: Endpoint) {
        state.submit { state in
            guard state.lanes[endpoint.socketPath] == nil, !state.stopped else { return }
            let queue = DispatchQueue(label: "crihealthd.probe", target: self.workers)
            let seed = UInt64.random(in: .min ... .max)
            var schedule = ProbeSchedule(pace: state.settings.pace, seed: seed)
            schedule.suspect(state.suspected, at: Moment.now().monotonic)
            state.lanes[endpoint.socketPath] = Lane(endpoint: endpoint, queue: queue, schedule: schedule)
            self.pump(endpoint.socketPath, &state)
        }
    }

    /// Asks from this rung upwards as soon as the endpoint is free.
    func request(_ endpoint: Endpoint, from rung: ProbeReport.Rung) {
        state.submit { state in
            state.lanes[endpoint.socketPath]?.schedule.request(
                ProbeReport.Rung.allCases.filter { $0 >= rung })
            self.pump(endpoint.socketPath, &state)
        }
    }

    /// Asks every endpoint's rungs that take crictl at the pace of suspicion, or no longer.
    func suspect(_ suspected: Bool) {
        state.submit { state in
            guard state.suspected != suspected else { return }
            state.suspected = suspected
            for path in state.lanes.keys {
                state.lanes[path]?.schedule.suspect(suspected, at: Moment.now().monotonic)
                self.pump(path, &state)
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
    func stop() { state.submit { $0.stopped = true } }

    private func pump(_ path: String, _ state: inout State) {
        guard var lane = state.lanes[path], !state.stopped else { return }
        defer { state.lanes[path] = lane }
        let now = Moment.now().monotonic
        if let run = lane.schedule.next(at: now) {
            let (endpoint, settings) = (lane.endpoint, state.settings)
            let greets = lane.greets && !run.rungs.contains(.version)
            lane.queue.async { self.climb(run, endpoint, settings, greets: greets) }
        } else if let due = lane.schedule.nextDue, due < lane.armed ?? due + .seconds(1) {
            lane.armed = due
            self.state.submit(after: max(.zero, due - now)) { state in
                state.lanes[path]?.armed = nil
                self.pump(path, &state)
            }
        }
    }

    private func climb(_ run: ProbeSchedule.Run, _ endpoint: Endpoint, _ settings: Settings, greets: Bool) {
        var reports: [ProbeReport] = []
        for rung in run.rungs {
            let asked = Moment.now()
            let answer = settings.asker.climb(endpoint, rung)
            // A good answer proves what was when it was asked for; a failure, what is when it came.
            report(answer, answer.succeeded ? asked : Moment.now())
            reports.append(answer)
            if !answer.succeeded { break }
        }
        let connected = reports.contains { $0.rung == .connect && $0.succeeded }
        let answered = reports.contains { $0.rung == .version && $0.succeeded }
        var greeting: Bool?
        if connected, greets || answered {
            greeting = settings.asker.greets(endpoint)
        }
        let (all, greeted) = (reports, greeting)
        state.submit { state in
            state.lanes[endpoint.socketPath]?.schedule.finished(run, reports: all, at: Moment.now().monotonic)
            // A server that never greets (CRI-O's multiplexer waits for a request first) tells nothing by
            // silence.
            if greets, greeted == false {
                state.lanes[endpoint.socketPath]?.schedule.request([.version, .status])
            }
            if all.last?.succeeded == false || greeted == false {
                state.lanes[endpoint.socketPath]?.greets = false
            } else if greeted == true {
                state.lanes[endpoint.socketPath]?.greets = true
            }
            self.pump(endpoint.socketPath, &state)
        }
    }
}
