// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import HealthModel
import Systemd
import Testing

@Suite(.serialized, .timeLimit(.minutes(2)))
struct UnitWatcherTests {
    /// Keeps what a watcher says.
    final class Log: Sendable {
        private let events = Locked<(states: [UnitState], problems: [String?])>(([], []))

        func take(_ event: UnitWatcher.Event) {
            events.withLock {
                switch event {
                case .state(let state): $0.states.append(state)
                case .problem(let problem): $0.problems.append(problem)
                }
            }
        }

        var states: [UnitState] { events.withLock { $0.states } }
        var problems: [String?] { events.withLock { $0.problems } }
    }

    static func watcher(_ address: String, _ log: Log) -> UnitWatcher {
        UnitWatcher(units: ["a.service", "b.service"], address: address, deadline: .milliseconds(300)) {
            log.take($0)
        }
    }

    @Test("The states at first, then changes, told once; all of them when asked")
    func changes() throws {
        let directory = TemporaryDirectory()
        let bus = try FakeBus(at: directory("bus"))
        bus.set("a.service", .init())
        let log = Log()
        let watcher = Self.watcher(bus.address, log)
        watcher.start()
        defer { watcher.stop() }
        #expect(eventually { log.states.count == 2 })
        #expect(log.states.first?.activeState == "active")
        #expect(log.states.first?.mainPID == 4711)
        #expect(log.states.last?.exists == false)
        #expect(log.problems == [nil])
        #expect(bus.isSubscribed)
        #expect(bus.matches.filter { $0.contains("PropertiesChanged") }.count == 2)
        bus.set("a.service", .init(active: "failed", sub: "failed", result: "oom-kill", pid: 0, restarts: 3))
        #expect(eventually { log.states.count == 3 })
        #expect(log.states.last?.result == "oom-kill")
        #expect(log.states.last?.mainPID == nil)
        #expect(log.states.last?.restarts == 3)
        let calls = bus.calls
        bus.set("a.service", .init(active: "failed", sub: "failed", result: "oom-kill", pid: 0, restarts: 3))
        #expect(eventually { bus.calls > calls })
        usleep(100_000)
        #expect(log.states.count == 3)
        watcher.refresh()
        #expect(eventually { log.states.count == 5 })
    }

    @Test("A unit that systemd unloads after each reading is not read for ever")
    func unloads() throws {
        let directory = TemporaryDirectory()
        let bus = try FakeBus(at: directory("bus"))
        bus.set("a.service", .init(active: "inactive", sub: "dead", pid: 0))
        for unit in ["a.service", "b.service"] { bus.unloadWhenRead(unit) }
        let log = Log()
        let watcher = Self.watcher(bus.address, log)
        watcher.start()
        #expect(eventually { log.states.count == 2 })
        usleep(300_000)
        let calls = bus.calls
        usleep(500_000)
        #expect(bus.calls - calls <= 2)
        bus.set("a.service", .init())
        #expect(eventually { log.states.last?.activeState == "active" })
        watcher.stop()
        bus.close()
    }

    @Test("The bus goes away and comes again")
    func reconnect() throws {
        let directory = TemporaryDirectory()
        let bus = try FakeBus(at: directory("bus"))
        bus.set("a.service", .init())
        let log = Log()
        let watcher = Self.watcher(bus.address, log)
        watcher.start()
        defer { watcher.stop() }
        #expect(eventually { log.states.count == 2 })
        bus.close()
        #expect(eventually { log.problems.count == 2 })
        #expect(log.problems.last != .some(nil))
        let second = try FakeBus(at: directory("bus"))
        second.set("a.service", .init(active: "inactive", sub: "dead"))
        #expect(eventually { log.problems.count == 3 })
        #expect(log.problems.last == .some(nil))
        #expect(eventually { log.states.last?.activeState == "inactive" })
        second.close()
    }

    @Test("No bus at all: told once, tried again in peace")
    func absent() throws {
        let log = Log()
        let watcher = Self.watcher("unix:path=/nonexistent/bus", log)
        watcher.start()
        #expect(eventually { !log.problems.isEmpty })
        usleep(1_200_000)
        watcher.stop()
        #expect(log.problems.count == 1)
        #expect(log.problems.first??.contains("No such file") == true)
        #expect(log.states.isEmpty)
    }

    @Test("A bus that hangs, before Hello and after", arguments: [true, false])
    func hangs(fromTheStart: Bool) throws {
        let directory = TemporaryDirectory()
        let bus = try FakeBus(at: directory("bus"))
        bus.set("a.service", .init())
        if fromTheStart { bus.setMute(true) }
        let units = UnitBus(address: bus.address, deadline: .milliseconds(200))
        if !fromTheStart {
            #expect(try units.read("a.service").activeState == "active")
            bus.setMute(true)
        }
        let start = Date()
        let error = #expect(throws: SystemdError.self) { try units.read("a.service") }
        #expect(error?.errno == ETIMEDOUT)
        #expect(Date().timeIntervalSince(start) < 10, "the deadline does not hold")
        bus.setMute(false)
        #expect(try units.read("a.service").subState == "running")
        bus.close()
    }
}
