// SPDX-License-Identifier: Apache-2.0
internal import CSystemd
import Glibc
import HealthModel

/// A connection to a D-Bus, every call with a deadline.
///
/// ## Concurrency
/// Not Sendable: use it from one serial queue. Calls block.
final class BusConnection {
    let handle: OpaquePointer
    private let deadline: Duration

    /// Connects and waits until the bus has said Hello.
    ///
    /// sd_bus_call would wait up to 90 s for that by itself, whatever its timeout (systemd 252,
    /// bus_ensure_running).
    init(address: String?, deadline: Duration) throws(SystemdError) {
        var bus: OpaquePointer?
        try SystemdError.check(sd_bus_new(&bus), "sd_bus_new")
        guard let bus else { throw SystemdError(operation: "sd_bus_new", errno: ENOMEM) }
        handle = bus
        self.deadline = deadline
        let address = address ?? "unix:path=/run/dbus/system_bus_socket"
        try SystemdError.check(sd_bus_set_address(bus, address), "sd_bus_set_address", address)
        try SystemdError.check(sd_bus_set_bus_client(bus, 1), "sd_bus_set_bus_client", address)
        try SystemdError.check(sd_bus_start(bus), "sd_bus_start", address)
        let end = MonotonicTime.now + deadline
        while try SystemdError.check(sd_bus_is_ready(bus), "sd_bus_is_ready", address) == 0 {
            let left = end - .now
            guard left > .zero else {
                throw SystemdError(operation: "Hello", errno: ETIMEDOUT, subject: address)
            }
            if try SystemdError.check(sd_bus_process(bus, nil), "sd_bus_process", address) > 0 { continue }
            try SystemdError.check(sd_bus_wait(bus, UInt64(left.microseconds)), "sd_bus_wait", address)
        }
    }

    /// sd_bus_close_unref(3) does both, and is younger than libsystemd 239.
    deinit {
        sd_bus_close(handle)
        sd_bus_unref(handle)
    }

    /// Calls a method of the object and returns its reply.
    func call(
        _ destination: StaticString, path: String, interface: StaticString, member: StaticString,
        strings: [String] = [], subject: String
    ) throws(SystemdError) -> BusMessage {
        var request: OpaquePointer?
        try SystemdError.check(
            sd_bus_message_new_method_call(
                handle, &request, "\(destination)", path, "\(interface)", "\(member)"),
            "sd_bus_message_new_method_call", subject)
        guard let request else {
            throw SystemdError(operation: "sd_bus_message_new_method_call", errno: ENOMEM)
        }
        defer { sd_bus_message_unref(request) }
        for text in strings {
            try SystemdError.check(
                sd_bus_message_append_basic(request, CChar(UInt8(ascii: "s")), text),
                "sd_bus_message_append_basic", subject)
        }
        var failure = sd_bus_error()
        defer { sd_bus_error_free(&failure) }
        var reply: OpaquePointer?
        let result = sd_bus_call(handle, request, UInt64(deadline.microseconds), &failure, &reply)
        guard result >= 0, let reply else {
            let said = [failure.name, failure.message].compactMap { $0.map { String(cString: $0) } }
            throw SystemdError(
                operation: "\(member)", errno: result, subject: subject,
                detail: said.isEmpty ? nil : said.joined(separator: ": "))
        }
        return BusMessage(owning: reply)
    }

    /// Handles one incoming message; nil when there is nothing more to do for now.
    func process() throws(SystemdError) -> Incoming? {
        var message: OpaquePointer?
        let result = try SystemdError.check(sd_bus_process(handle, &message), "sd_bus_process")
        guard result > 0 else { return nil }
        return message.map { .message(BusMessage(owning: $0)) } ?? .handled
    }

    /// What ``process()`` did.
    enum Incoming {
        case handled
        case message(BusMessage)
    }

    var descriptor: Int32 { sd_bus_get_fd(handle) }

    /// Whether bytes wait to be sent.
    var wantsToWrite: Bool {
        let events = sd_bus_get_events(handle)
        return events > 0 && events & Int32(POLLOUT) != 0
    }

    /// When ``process()`` must be called at the latest.
    var timeout: MonotonicTime? {
        var time: UInt64 = .max
        guard sd_bus_get_timeout(handle, &time) >= 0, time != .max else { return nil }
        return MonotonicTime(microseconds: Int64(clamping: time))
    }
}

/// A D-Bus message that is read from its front.
final class BusMessage {
    private let handle: OpaquePointer

    init(owning handle: OpaquePointer) { self.handle = handle }

    deinit { sd_bus_message_unref(handle) }

    var path: String? { sd_bus_message_get_path(handle).map { String(cString: $0) } }

    func isSignal(_ interface: StaticString, _ member: StaticString) -> Bool {
        sd_bus_message_is_signal(handle, "\(interface)", "\(member)") > 0
    }

    /// A string (or object path, which has the same form).
    func string(_ type: Unicode.Scalar = "s") throws(SystemdError) -> String {
        var text: UnsafePointer<CChar>?
        try SystemdError.check(
            sd_bus_message_read_basic(handle, CChar(type.value), &text), "sd_bus_message_read_basic")
        return text.map { String(cString: $0) } ?? ""
    }

    func number<T: FixedWidthInteger>(_ type: Unicode.Scalar, _: T.Type) throws(SystemdError) -> T {
        var value: T = 0
        try SystemdError.check(
            sd_bus_message_read_basic(handle, CChar(type.value), &value), "sd_bus_message_read_basic")
        return value
    }

    func bytes() throws(SystemdError) -> [UInt8] {
        var data: UnsafeRawPointer?
        var size = 0
        try SystemdError.check(
            sd_bus_message_read_array(handle, CChar(UInt8(ascii: "y")), &data, &size),
            "sd_bus_message_read_array")
        return [UInt8](UnsafeRawBufferPointer(start: data, count: size))
    }

    func enter(_ type: Unicode.Scalar, _ contents: String?) throws(SystemdError) -> Bool {
        try SystemdError.check(
            sd_bus_message_enter_container(handle, CChar(type.value), contents),
            "sd_bus_message_enter_container") > 0
    }

    func exit() throws(SystemdError) {
        try SystemdError.check(sd_bus_message_exit_container(handle), "sd_bus_message_exit_container")
    }

    func skip(_ types: String) throws(SystemdError) {
        try SystemdError.check(sd_bus_message_skip(handle, types), "sd_bus_message_skip")
    }

    /// The signature of the variant that comes next.
    func variantContents() throws(SystemdError) -> String {
        var type: CChar = 0
        var contents: UnsafePointer<CChar>?
        try SystemdError.check(sd_bus_message_peek_type(handle, &type, &contents), "sd_bus_message_peek_type")
        return contents.map { String(cString: $0) } ?? ""
    }
}
