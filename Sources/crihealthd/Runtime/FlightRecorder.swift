// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Synchronization

/// The latest observations that told the engine anything, in memory: what `/v1/recording` serves and `crihealthd replay`
/// takes, on this machine or another.
///
/// Bounded by an estimate of the memory that they hold: minutes of a storm, half an hour and more at rest. What repeats is
/// kept once: an answer that is the same as the one before shares its memory, and after a few of them only one in
/// ``pace`` is recorded. A failure is always recorded, as it takes two to be sure. The start of this run is kept whatever is
/// dropped.
///
/// Any thread; the lock is held for a copy only.
final class FlightRecorder: Sendable {
    /// Most bytes, as estimated.
    static let limit = 512 << 10
    /// How often an answer that stays the same is recorded, and how many times it is before that holds.
    static let (pace, repeats): (Duration, Int) = (.seconds(10), 3)

    fileprivate struct State {
        var start: Observation?
        var ring: [Entry] = []
        /// Where the ring begins: what lies before was dropped.
        var head = 0
        var bytes = 0
        /// The last answer of each rung.
        var answers: [Rung: Answer] = [:]
        /// The last look at all containers' processes.
        var scan: NodeReport?
    }

    fileprivate struct Answer {
        var outcome: ProbeReport.Outcome
        var repeats = 0
        var recordedAt: MonotonicTime
    }

    fileprivate struct Entry {
        var observation: Observation
        var bytes: Int
    }

    fileprivate struct Rung: Hashable {
        var socket: String
        var rung: ProbeReport.Rung
    }

    private let state = Mutex(State())

    /// Takes an observation in. Passing time is none: a replay lets it pass by itself.
    func record(_ observation: Observation) {
        state.withLock { state in
            switch observation.event {
            case .tick: return
            case .started: state.start = observation
            default: state.append(observation)
            }
        }
    }

    /// Everything that is kept, in order. Credentials are masked where it is written down (`/v1/recording`).
    var observations: [Observation] {
        let (start, ring) = state.withLock { ($0.start, $0.ring[$0.head...]) }
        return (start.map { [$0] } ?? []) + ring.map(\.observation)
    }
}

extension FlightRecorder.State {
    fileprivate mutating func append(_ observation: Observation) {
        guard let entry = entry(observation) else { return }
        ring.append(entry)
        bytes += entry.bytes
        while bytes > FlightRecorder.limit, head < ring.count - 1 {
            bytes -= ring[head].bytes
            head += 1
        }
        // What was dropped lets its memory go before long.
        if head >= 32, head >= ring.count / 4 {
            ring.removeFirst(head)
            head = 0
        }
    }

    /// What is kept of an observation, and what it takes; nil: it repeats what is kept already.
    private mutating func entry(_ observation: Observation) -> FlightRecorder.Entry? {
        let base = MemoryLayout<FlightRecorder.Entry>.stride + 128
        switch observation.event {
        case .started, .tick, .unit, .daemon: return .init(observation: observation, bytes: base * 2)
        case .journal(let entry):
            let text = entry.fields.reduce(entry.message.utf8.count + entry.cursor.utf8.count) {
                $0 + $1.key.utf8.count + $1.value.utf8.count + 64
            }
            return .init(observation: observation, bytes: base + text)
        case .node(.containerProcesses(let found)):
            let report = NodeReport.containerProcesses(found)
            if let scan, scan == report {
                return .init(observation: Observation(at: observation.at, event: .node(scan)), bytes: base)
            }
            scan = report
            return .init(observation: observation, bytes: base + found.containers.count * 1024)
        case .node(.changes(let report)):
            let files = report.files ?? []
            let bytes = files.reduce(report.packages.count * 256) { $0 + 192 + ($1.keys?.count ?? 0) * 64 }
            return .init(observation: observation, bytes: base + bytes)
        case .node: return .init(observation: observation, bytes: base + 2048)
        case .probe(let report): return entry(report, at: observation.at, base: base)
        }
    }

    private mutating func entry(_ report: ProbeReport, at moment: Moment, base: Int) -> FlightRecorder.Entry?
    {
        let key = FlightRecorder.Rung(socket: report.endpoint.socketPath, rung: report.rung)
        guard var last = answers[key], last.outcome == report.outcome else {
            answers[key] = .init(outcome: report.outcome, recordedAt: moment.monotonic)
            return .init(
                observation: Observation(at: moment, event: .probe(report)),
                bytes: base + size(report.outcome))
        }
        last.repeats.increment()
        let isNews = last.repeats < FlightRecorder.repeats || report.outcome.isFailure
        guard isNews || moment.monotonic - last.recordedAt >= FlightRecorder.pace else {
            answers[key] = last
            return nil
        }
        last.recordedAt = moment.monotonic
        answers[key] = last
        var shared = report
        shared.outcome = last.outcome
        return .init(observation: Observation(at: moment, event: .probe(shared)), bytes: base)
    }

    private func size(_ outcome: ProbeReport.Outcome) -> Int {
        switch outcome {
        case .pods(let pods): pods.count * 512
        case .containers(let containers): containers.count * 640
        default: 512
        }
    }
}

extension ProbeReport.Outcome {
    /// Whether something was wrong, with the runtime or with the asking.
    fileprivate var isFailure: Bool {
        switch self {
        case .failed, .broken: true
        case .reached, .version, .status, .pods, .containers: false
        }
    }
}
