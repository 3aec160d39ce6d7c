// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import HealthModel
import Systemd
import Testing

/// Runs a follower and keeps what it says.
final class Recorder: Sendable {
    struct State {
        var entries: [JournalEntry] = []
        /// With how many entries handed over before each.
        var positions: [(position: JournalPosition, entries: Int)] = []
        var health: [JournalHealth] = []
        var blind: [BlindWindow] = []
        var caughtUp = 0
    }

    private final class Store: Sendable {
        let state = Locked(State())

        func take(_ event: JournalFollower.Event) {
            state.withLock {
                switch event {
                case .entries(let entries, let position):
                    $0.entries += entries
                    if let position { $0.positions.append((position, $0.entries.count)) }
                case .health(let health): $0.health.append(health)
                case .blind(let window): $0.blind.append(window)
                case .caughtUp: $0.caughtUp += 1
                }
            }
        }
    }

    private let store = Store()
    let follower: JournalFollower

    /// What the labs' writers write.
    static let matches = JournalMatches(groups: [[.init("SYSLOG_IDENTIFIER", "lab")]])

    init(
        _ location: JournalLocation, from position: JournalPosition? = nil, matches: JournalMatches = matches,
        cadence: JournalFollower.Cadence = .alert, slow: useconds_t = 0,
        passing prefix: String = "",
        adjust: (inout JournalFollower.Configuration) -> Void = { _ in }
    ) {
        var configuration = JournalFollower.Configuration(location: location, matches: matches)
        configuration.beginning = .head
        adjust(&configuration)
        follower = JournalFollower(
            configuration: configuration,
            prefilter: {
                if slow > 0 { usleep(slow) }
                return $0.has(prefix.utf8.span, at: 0)
            },
            handler: { [store] event in store.take(event) })
        follower.setCadence(cadence)
        follower.start(from: position)
    }

    var now: State { store.state.withLock { $0 } }
    var counters: JournalFollower.Counters { follower.counters }

    func stop() { follower.stop() }

    /// The numbers of messages `TAG N`, in the order they came.
    func numbers(_ tag: String) -> [Int] { Self.numbers(tag, now.entries) }

    static func numbers(_ tag: String, _ entries: some Sequence<JournalEntry>) -> [Int] {
        entries.compactMap {
            let parts = $0.message.split(separator: " ")
            return parts.count == 2 && parts[0] == tag ? Int(parts[1]) : nil
        }
    }

    func waits(for tag: String, _ count: Int, within seconds: Double = 30) -> Bool {
        eventually(within: seconds) {
            store.state.withLock { Self.numbers(tag, $0.entries.suffix(64)).contains(count - 1) }
        } || numbers(tag).contains(count - 1)
    }

    /// All of `0..<count`, each once.
    func expectExactly(
        _ tag: String, _ count: Int, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        _ = waits(for: tag, count)
        let numbers = numbers(tag)
        let lost = Set(0..<count).subtracting(numbers)
        #expect(
            lost.isEmpty, "lost \(lost.count): \(lost.sorted().prefix(5))", sourceLocation: sourceLocation)
        #expect(
            numbers.count == Set(numbers).count, "\(numbers.count - Set(numbers).count) came twice",
            sourceLocation: sourceLocation)
    }

    /// Whether what was logged at these times was declared as lost.
    func declares(_ times: [WallTime], within slack: Duration = .zero) -> Bool {
        let windows = now.blind.filter { $0.reason == .damaged || $0.reason == .vacuumed }
        return times.allSatisfy { time in
            windows.contains { window in
                (window.from.map { $0 <= time + slack } ?? true)
                    && (window.to.map { time <= $0 + slack } ?? true)
            }
        }
    }

    /// That nothing spins: a whole second with at most 5 % of a core (other suites of this process may be at
    /// work in others), descriptors bounded, none of a deleted journal.
    func expectQuiet(descriptors: Int = 200, sourceLocation: SourceLocation = #_sourceLocation) {
        var lowest = Double.infinity
        for _ in 0..<15 where lowest > 0.05 {
            let cpu = Self.cpu()
            let start = Date()
            usleep(1_000_000)
            lowest = min(lowest, (Self.cpu() - cpu) / Date().timeIntervalSince(start))
        }
        #expect(lowest <= 0.05, "own CPU \(lowest)", sourceLocation: sourceLocation)
        let links = Self.links()
        #expect(links.count < descriptors, "\(links.count) descriptors", sourceLocation: sourceLocation)
        let deleted = links.filter { $0.contains(".journal") && $0.hasSuffix("(deleted)") }
        #expect(deleted.isEmpty, "deleted files are held: \(deleted)", sourceLocation: sourceLocation)
    }

    private static func cpu() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        func seconds(_ t: timeval) -> Double { Double(t.tv_sec) + Double(t.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    private static func links() -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return names.compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
        }
    }
}
