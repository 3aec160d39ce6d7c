// SPDX-License-Identifier: Apache-2.0
internal import CSystemd
public import Dispatch
import Glibc
public import HealthModel

/// Asks systemd for the state of units over the system bus (org.freedesktop.systemd1(5)).
///
/// ## Concurrency
/// Any thread may ask; questions are put one after the other on a queue of its own. `@unchecked Sendable`
/// holds because the connection is touched only there.
public final class UnitBus: @unchecked Sendable {
    private let queue: DispatchQueue
    private let address: String?
    private let deadline: Duration
    private var connection: BusConnection?

    /// Makes a client; it connects when first asked.
    ///
    /// - Parameters:
    ///   - address: D-Bus address; nil is the system bus.
    ///   - deadline: Longest time for one call; a question takes up to three.
    ///   - target: Target of its queue.
    public init(address: String? = nil, deadline: Duration = .seconds(2), target: DispatchQueue? = nil) {
        self.address = address
        self.deadline = deadline
        queue = DispatchQueue(label: "units", target: target)
    }

    /// Reads the state of one unit; blocks. Reading loads a unit that is not loaded. Throws what the bus or
    /// systemd said; a broken connection is made anew by the next question.
    public func read(_ unit: String) throws(SystemdError) -> UnitState {
        let result: Result<UnitState, SystemdError> = queue.sync {
            do throws(SystemdError) {
                return .success(try ask(unit))
            } catch {
                // The connection may be in the middle of an answer that came too late.
                connection = nil
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Reads how scopes are stopped at shutdown, one call each; blocks. Those that do not run are left out.
    public func scopes(_ names: [String]) throws(SystemdError) -> [ScopeState] {
        let result: Result<[ScopeState], SystemdError> = queue.sync {
            do throws(SystemdError) {
                let connection = try connected()
                var states: [ScopeState] = []
                for name in names.prefix(64) {
                    if let state = try connection.readScope(name) { states.append(state) }
                }
                return .success(states)
            } catch {
                connection = nil
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func ask(_ unit: String) throws(SystemdError) -> UnitState {
        try connected().readUnit(unit)
    }

    private func connected() throws(SystemdError) -> BusConnection {
        if let connection { return connection }
        let opened = try BusConnection(address: address, deadline: deadline)
        connection = opened
        return opened
    }
}

extension BusConnection {
    /// systemd's well-known name.
    static let manager: StaticString = "org.freedesktop.systemd1"

    /// The object of a unit (man sd_bus_path_encode).
    static func path(of unit: String) throws(SystemdError) -> String {
        var path: UnsafeMutablePointer<CChar>?
        try SystemdError.check(
            sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit, &path), "sd_bus_path_encode", unit)
        guard let path else {
            throw SystemdError(operation: "sd_bus_path_encode", errno: ENOMEM, subject: unit)
        }
        defer { free(path) }
        return String(cString: path)
    }

    func readScope(_ unit: String) throws(SystemdError) -> ScopeState? {
        let reply = try call(
            Self.manager, path: try Self.path(of: unit), interface: "org.freedesktop.DBus.Properties",
            member: "GetAll", strings: ["org.freedesktop.systemd1.Unit"], subject: unit)
        var properties = ScopeProperties()
        try properties.add(reply)
        return properties.state(of: unit)
    }

    func readUnit(_ unit: String) throws(SystemdError) -> UnitState {
        let path = try Self.path(of: unit)
        var properties = UnitProperties()
        for interface in ["org.freedesktop.systemd1.Unit", "org.freedesktop.systemd1.Service"] {
            let reply = try call(
                Self.manager, path: path, interface: "org.freedesktop.DBus.Properties", member: "GetAll",
                strings: [interface], subject: unit)
            try properties.add(reply)
        }
        return properties.state(of: unit)
    }
}
