// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import Testing

/// A message bus with a systemd on it, as far as unit states need one: one socket, one thread, the wire
/// format of the D-Bus specification written out by hand.
final class FakeBus: Sendable {
    struct Unit: Sendable {
        var active = "active"
        var sub = "running"
        var result = "success"
        var pid: UInt32 = 4711
        var restarts: UInt32 = 0
        /// `DefaultDependencies`, `Conflicts` and `Before`; nil: they are not told.
        var ordering: (defaultDependencies: Bool, conflicts: [String], before: [String])?
    }

    private struct State {
        var units: [String: Unit] = [:]
        var clients: [Int32] = []
        var matches: [String] = []
        var subscribed = false
        var calls = 0
        var serial: UInt32 = 100
        var isMute = false
        var unloads: [String] = []
    }

    private let state = Locked(State())
    private let listener: Int32
    let address: String

    init(at path: String) throws {
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        address = "unix:path=" + path
        unlink(path)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let bound = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0 && listen(listener, 8) == 0)
        Thread.detachNewThread { [listener, weak self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0, let bus = self else { return }
                bus.state.withLock { $0.clients.append(client) }
                Thread.detachNewThread { [weak bus] in bus?.serve(client) }
            }
        }
    }

    deinit { close() }

    /// Ends the bus: everybody is disconnected.
    func close() {
        shutdown(listener, Int32(SHUT_RDWR))
        for client in state.withLock({ $0.clients }) { shutdown(client, Int32(SHUT_RDWR)) }
    }

    /// Answers no call any more.
    func setMute(_ isMute: Bool) { state.withLock { $0.isMute = isMute } }
    /// From now on does what systemd does with a unit that is not running: reading it loads it, and it is unloaded and
    /// reported as removed again.
    func unloadWhenRead(_ name: String) { state.withLock { $0.unloads.append(name) } }

    private func removed(_ name: String) -> [UInt8] {
        var body = Wire()
        body.string(name)
        body.string(Self.path(name))
        return Self.message(
            type: 4, serial: nextSerial(), body: body, signature: "so", path: "/org/freedesktop/systemd1",
            interface: "org.freedesktop.systemd1.Manager", member: "UnitRemoved")
    }

    var isSubscribed: Bool { state.withLock { $0.subscribed } }
    var matches: [String] { state.withLock { $0.matches } }
    var calls: Int { state.withLock { $0.calls } }

    static func path(_ unit: String) -> String {
        "/org/freedesktop/systemd1/unit/" + unit.replacingOccurrences(of: ".", with: "_2e")
    }

    /// Sets a unit's state, and says so to everybody when `isSignalled`.
    func set(_ name: String, _ unit: Unit, isSignalled: Bool = true) {
        let clients = state.withLock {
            $0.units[Self.path(name)] = unit
            return $0.clients
        }
        guard isSignalled else { return }
        var body = Wire()
        body.string("org.freedesktop.systemd1.Unit")
        body.uint32(0)
        body.align(8)
        body.uint32(0)
        for client in clients {
            send(
                client,
                Self.message(
                    type: 4, serial: nextSerial(), body: body, signature: "sa{sv}as", path: Self.path(name),
                    interface: "org.freedesktop.DBus.Properties", member: "PropertiesChanged"))
        }
    }

    private func nextSerial() -> UInt32 {
        state.withLock {
            $0.serial += 1
            return $0.serial
        }
    }

    // MARK: Serving

    private func serve(_ client: Int32) {
        var input: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65536)
        var isAuthenticated = false
        while true {
            let count = read(client, &block, block.count)
            guard count > 0 else { return }
            input += block[..<count]
            if state.withLock({ $0.isMute }) { continue }
            if !isAuthenticated { isAuthenticated = authenticate(client, &input) }
            while isAuthenticated, let call = Call(&input) { answer(client, call) }
        }
    }

    private func authenticate(_ client: Int32, _ input: inout [UInt8]) -> Bool {
        while let end = input.firstIndex(of: 10) {
            let line = String(decoding: input[..<end], as: UTF8.self)
            input.removeFirst(end + 1)
            if line.contains("AUTH") { send(client, Array("OK 0123456789abcdef0123456789abcdef\r\n".utf8)) }
            if line.contains("DATA") { send(client, Array("OK 0123456789abcdef0123456789abcdef\r\n".utf8)) }
            if line.contains("NEGOTIATE") { send(client, Array("AGREE_UNIX_FD\r\n".utf8)) }
            if line.contains("BEGIN") { return true }
        }
        return false
    }

    private func answer(_ client: Int32, _ call: Call) {
        var body = Wire()
        var signature = ""
        state.withLock { state in
            state.calls += 1
            switch call.member {
            case "Hello":
                body.string(":1.1")
                signature = "s"
            case "AddMatch": state.matches.append(call.firstString)
            case "Subscribe": state.subscribed = true
            case "GetAll":
                signature = "a{sv}"
                body = Self.properties(state.units[call.path], call.firstString)
            default: break
            }
        }
        send(
            client,
            Self.message(
                type: 2, serial: nextSerial(), body: body, signature: signature, replyTo: call.serial,
                sender: call.member == "GetAll" || call.member == "Subscribe"
                    ? ":1.0" : "org.freedesktop.DBus"))
        let unloaded = state.withLock { $0.unloads }.filter {
            Self.path($0) == call.path && call.member == "GetAll"
        }
        for name in unloaded { send(client, removed(name)) }
    }

    private func send(_ client: Int32, _ bytes: [UInt8]) {
        _ = Glibc.send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    private static func properties(_ unit: Unit?, _ interface: String) -> Wire {
        var dictionary = Wire()
        func string(_ key: String, _ value: String) {
            dictionary.align(8)
            dictionary.string(key)
            dictionary.signature("s")
            dictionary.string(value)
        }
        func number(_ key: String, _ value: UInt32) {
            dictionary.align(8)
            dictionary.string(key)
            dictionary.signature("u")
            dictionary.uint32(value)
        }
        func list(_ key: String, _ values: [String]) {
            var array = Wire()
            for value in values {
                array.align(4)
                array.string(value)
            }
            dictionary.align(8)
            dictionary.string(key)
            dictionary.signature("as")
            dictionary.uint32(UInt32(array.bytes.count))
            dictionary.bytes += array.bytes
        }
        if interface == "org.freedesktop.systemd1.Unit", let ordering = unit?.ordering {
            dictionary.align(8)
            dictionary.string("DefaultDependencies")
            dictionary.signature("b")
            dictionary.uint32(ordering.defaultDependencies ? 1 : 0)
            list("Conflicts", ordering.conflicts)
            list("Before", ordering.before)
        }
        if interface == "org.freedesktop.systemd1.Unit" {
            string("LoadState", unit == nil ? "not-found" : "loaded")
            string("ActiveState", unit?.active ?? "inactive")
            string("SubState", unit?.sub ?? "dead")
            string("Description", "not asked for")
        } else if let unit {
            string("Result", unit.result)
            number("MainPID", unit.pid)
            number("NRestarts", unit.restarts)
        }
        // An array's length leaves out the padding before its first element.
        var body = Wire()
        body.uint32(UInt32(dictionary.bytes.count))
        body.align(8)
        body.bytes += dictionary.bytes
        return body
    }

    private static func message(
        type: UInt8, serial: UInt32, body: Wire, signature: String, replyTo: UInt32? = nil,
        path: String? = nil,
        interface: String? = nil, member: String? = nil, sender: String = ":1.0"
    ) -> [UInt8] {
        var fields = Wire()
        func field(_ code: UInt8, _ type: String, _ text: String?) {
            guard let text else { return }
            fields.align(8)
            fields.bytes.append(code)
            fields.signature(type)
            if type == "g" { fields.signature(text) } else { fields.string(text) }
        }
        field(1, "o", path)
        field(2, "s", interface)
        field(3, "s", member)
        field(7, "s", sender)
        if let replyTo {
            fields.align(8)
            fields.bytes.append(5)
            fields.signature("u")
            fields.uint32(replyTo)
        }
        if !signature.isEmpty { field(8, "g", signature) }
        var message = Wire()
        message.bytes = [UInt8(ascii: "l"), type, 0, 1]
        message.uint32(UInt32(body.bytes.count))
        message.uint32(serial)
        message.uint32(UInt32(fields.bytes.count))
        message.bytes += fields.bytes
        message.align(8)
        return message.bytes + body.bytes
    }
}

/// Little-endian D-Bus marshalling.
struct Wire {
    var bytes: [UInt8] = []

    mutating func align(_ n: Int) { while bytes.count % n != 0 { bytes.append(0) } }

    mutating func uint32(_ value: UInt32) {
        align(4)
        withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
    }

    mutating func string(_ text: String) {
        uint32(UInt32(text.utf8.count))
        bytes += Array(text.utf8) + [0]
    }

    mutating func signature(_ text: String) { bytes += [UInt8(text.utf8.count)] + Array(text.utf8) + [0] }
}

/// A method call that came in, as much of it as matters.
struct Call {
    var serial: UInt32
    var path = ""
    var member = ""
    var firstString = ""

    init?(_ input: inout [UInt8]) {
        func uint32(_ at: Int) -> Int {
            Int(input[at]) | Int(input[at + 1]) << 8 | Int(input[at + 2]) << 16 | Int(input[at + 3]) << 24
        }
        guard input.count >= 16 else { return nil }
        let fieldsEnd = 16 + uint32(12)
        let bodyStart = (fieldsEnd + 7) / 8 * 8
        let end = bodyStart + uint32(4)
        guard input.count >= end else { return nil }
        serial = UInt32(uint32(8))
        var at = 16
        while at < fieldsEnd {
            at = (at + 7) / 8 * 8
            guard at < fieldsEnd else { break }
            let code = input[at]
            let type = input[at + 2]
            at += 4
            if type == UInt8(ascii: "g") {
                at += Int(input[at]) + 2
            } else if type == UInt8(ascii: "u") {
                at = (at + 3) / 4 * 4 + 4
            } else {
                at = (at + 3) / 4 * 4
                let length = uint32(at)
                let text = String(decoding: input[(at + 4)..<(at + 4 + length)], as: UTF8.self)
                if code == 1 { path = text }
                if code == 3 { member = text }
                at += 4 + length + 1
            }
        }
        if end - bodyStart > 4 {
            firstString = String(
                decoding: input[(bodyStart + 4)..<(bodyStart + 4 + uint32(bodyStart))], as: UTF8.self)
        }
        input.removeFirst(end)
    }
}
