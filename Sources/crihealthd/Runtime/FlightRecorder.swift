import FoundationEssentials
import HealthModel
import Synchronization

/// The latest observations that told the engine anything, in memory: what `/v1/recording` serves and `crihealthd replay`
/// takes, on this machine or another.
///
/// Bounded by an estimate of the memory that they hold: minutes of a storm, most of an hour at rest. A list that is the same
/// as the one before shares its memory. The start of this run is kept whatever is dropped.
///
/// Any thread; the lock is held for a copy only.
final class FlightRecorder: Sendable {
    /// Most bytes, as estimated.
    static let limit = 1 << 20

    fileprivate struct State {
        var start: Observation?
        var ring: [Entry] = []
        /// Where the ring begins: what lies before was dropped.
        var head = 0
        var bytes = 0
        /// The last outcome of each rung.
        var outcomes: [Rung: ProbeReport.Outcome] = [:]
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

    /// Everything that is kept, in order.
    var observations: [Observation] {
        let (start, ring) = state.withLock { ($0.start, $0.ring[$0.head...]) }
        return (start.map { [$0] } ?? []) + ring.map(\.observation)
    }
}

extension FlightRecorder.State {
    fileprivate mutating func append(_ observation: Observation) {
        let (kept, size) = weigh(observation)
        ring.append(.init(observation: kept, bytes: size))
        bytes += size
        while bytes > FlightRecorder.limit, head < ring.count - 1 {
            bytes -= ring[head].bytes
            head += 1
        }
        if head > 256, head > ring.count / 2 {
            ring.removeFirst(head)
            head = 0
        }
    }

    /// What it takes to keep this, and the observation itself, with what an earlier one holds already.
    private mutating func weigh(_ observation: Observation) -> (Observation, Int) {
        let base = 256
        switch observation.event {
        case .started, .tick, .unit, .daemon: return (observation, base * 2)
        case .journal(let entry):
            let text = entry.fields.reduce(entry.message.utf8.count + entry.cursor.utf8.count) {
                $0 + $1.key.utf8.count + $1.value.utf8.count + 64
            }
            return (observation, base + text)
        case .node(let report):
            return (observation, base + ((try? JSONEncoder().encode(report))?.count ?? 0) * 2)
        case .probe(var report):
            let key = FlightRecorder.Rung(socket: report.endpoint.socketPath, rung: report.rung)
            if let last = outcomes[key], last == report.outcome {
                report.outcome = last
                return (Observation(at: observation.at, event: .probe(report)), base)
            }
            outcomes[key] = report.outcome
            switch report.outcome {
            case .pods(let pods): return (observation, base + pods.count * 400)
            case .containers(let containers): return (observation, base + containers.count * 500)
            default: return (observation, base * 2)
            }
        }
    }
}
