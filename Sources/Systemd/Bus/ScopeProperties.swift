// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Reads the properties of a scope that tell how it is stopped at shutdown
/// (`org.freedesktop.DBus.Properties.GetAll` of `org.freedesktop.systemd1.Unit`, `a{sv}`).
struct ScopeProperties {
    private var strings: [String: String] = [:]
    private var lists: [String: [String]] = [:]
    private var defaultDependencies: Bool?

    /// Takes in one reply.
    mutating func add(_ message: BusMessage) throws(SystemdError) {
        guard try message.enter("a", "{sv}") else { return }
        while try message.enter("e", "sv") {
            try addProperty(named: try message.string(), message)
            try message.exit()
        }
        try message.exit()
    }

    private mutating func addProperty(named name: String, _ message: BusMessage) throws(SystemdError) {
        let type = try message.variantContents()
        switch (name, type) {
        case ("Description", "s"), ("ActiveState", "s"):
            _ = try message.enter("v", type)
            strings[name] = try message.string()
        case ("DefaultDependencies", "b"):
            _ = try message.enter("v", type)
            defaultDependencies = try message.number("b", Int32.self) != 0
        case ("Conflicts", "as"), ("Before", "as"):
            _ = try message.enter("v", type)
            lists[name] = try Self.names(message)
        default:
            try message.skip("v")
            return
        }
        try message.exit()
    }

    /// A unit's name is never empty: an empty string is the end.
    private static func names(_ message: BusMessage) throws(SystemdError) -> [String] {
        var names: [String] = []
        guard try message.enter("a", "s") else { return [] }
        while names.count < 4096 {
            let name = try message.string()
            if name.isEmpty { break }
            names.append(name)
        }
        try message.exit()
        return names
    }

    /// The state of the scope of that name; nil when it does not run.
    func state(of name: String) -> ScopeState? {
        guard strings["ActiveState"] == "active" else { return nil }
        let related = (lists["Conflicts"] ?? []) + (lists["Before"] ?? [])
        return ScopeState(
            name: name, description: String((strings["Description"] ?? "").prefix(256)),
            defaultDependencies: defaultDependencies, ordersShutdown: related.contains("shutdown.target"))
    }
}
