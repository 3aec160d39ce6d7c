// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Reads a unit's properties (`org.freedesktop.DBus.Properties.GetAll`, `a{sv}`) into a `UnitState`.
struct UnitProperties {
    private var strings: [String: String] = [:]
    private var numbers: [String: Int64] = [:]
    private var invocationID: String?
    private var execStart: String?

    private static let wantedStrings: Set<String> = [
        "LoadState", "ActiveState", "SubState", "FragmentPath", "Result", "Restart",
        "UnitFileState",
    ]
    private static let wantedNumbers: Set<String> = [
        "StateChangeTimestampMonotonic", "NRestarts", "MainPID", "ExecMainCode", "ExecMainStatus",
    ]

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
        let wanted =
            Self.wantedStrings.contains(name) && type == "s"
            || Self.wantedNumbers.contains(name) && ["u", "i", "t"].contains(type)
            || name == "InvocationID" && type == "ay" || name == "ExecStart" && type == "a(sasbttttuii)"
        guard wanted else {
            try message.skip("v")
            return
        }
        _ = try message.enter("v", type)
        switch type {
        case "s": strings[name] = try message.string()
        case "u": numbers[name] = Int64(try message.number("u", UInt32.self))
        case "i": numbers[name] = Int64(try message.number("i", Int32.self))
        case "t": numbers[name] = Int64(clamping: try message.number("t", UInt64.self))
        case "ay": invocationID = Self.hex(try message.bytes())
        default: try addExecStart(message)
        }
        try message.exit()
    }

    /// The binary of the last command: those before it of a oneshot have ended by then.
    private mutating func addExecStart(_ message: BusMessage) throws(SystemdError) {
        _ = try message.enter("a", "(sasbttttuii)")
        while try message.enter("r", "sasbttttuii") {
            execStart = try message.string()
            try message.skip("asbttttuii")
            try message.exit()
        }
        try message.exit()
    }

    private static func hex(_ bytes: [UInt8]) -> String? {
        guard bytes.contains(where: { $0 != 0 }) else { return nil }
        return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// The state of the unit of that name.
    func state(of name: String) -> UnitState {
        func text(_ key: String) -> String? { strings[key].flatMap { $0.isEmpty ? nil : $0 } }
        func code(_ key: String) -> Int32 { Int32(clamping: numbers[key] ?? 0) }
        return UnitState(
            name: name, loadState: text("LoadState") ?? "not-found",
            activeState: text("ActiveState") ?? "inactive",
            subState: text("SubState") ?? "dead", result: text("Result") ?? "success",
            restarts: UInt32(clamping: numbers["NRestarts"] ?? 0),
            mainPID: code("MainPID") > 0 ? code("MainPID") : nil,
            execMainCode: code("ExecMainCode"), execMainStatus: code("ExecMainStatus"),
            invocationID: invocationID, fragmentPath: text("FragmentPath"), execStart: execStart,
            stateChangedAt: numbers["StateChangeTimestampMonotonic"].flatMap {
                $0 > 0 ? MonotonicTime(microseconds: $0) : nil
            }, unitFileState: text("UnitFileState"), restartPolicy: text("Restart"))
    }
}
