// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Systemd

@Suite struct ScopeTests {
    @Test("a scope's order at shutdown is read; one that does not run is left out")
    func read() throws {
        let directory = TemporaryDirectory()
        let bus = try FakeBus(at: directory("bus"))
        defer { bus.close() }
        bus.set("a.scope", .init(ordering: (false, [], ["x.target"])), isSignalled: false)
        bus.set("b.scope", .init(ordering: (true, ["shutdown.target"], [])), isSignalled: false)
        bus.set("c.scope", .init(ordering: (false, [], ["y.target", "shutdown.target"])), isSignalled: false)
        bus.set("d.scope", .init(active: "inactive"), isSignalled: false)
        let states = try UnitBus(address: bus.address).scopes([
            "a.scope", "b.scope", "c.scope", "d.scope", "e.scope",
        ])
        #expect(states.map(\.name) == ["a.scope", "b.scope", "c.scope"])
        #expect(states.map(\.defaultDependencies) == [false, true, false])
        #expect(states.map(\.ordersShutdown) == [false, true, true])
    }

    @Test("a bus that is not there is an error, not an empty answer")
    func absent() {
        #expect(throws: SystemdError.self) {
            try UnitBus(address: "unix:path=/nonexistent/bus").scopes(["a.scope"])
        }
    }
}
