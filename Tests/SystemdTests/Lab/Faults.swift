// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc

/// Faults on the way between the package and libsystemd. A function that the test program defines comes before
/// the one of the same name in a shared library; each of those below does what the real one does unless the
/// test that runs wants something else.
///
/// Only journals opened on the wanted directory are concerned: other suites run at the same time.
enum Faults {
    struct Wanted: Sendable {
        /// Instead of `sd_journal_next`; nil does the real thing.
        var next: (@Sendable () -> Int32?)?
        /// Before each `sd_journal_process`.
        var process: (@Sendable () -> Void)?
        /// Whether to hide an enumerated field.
        var hide: (@Sendable (_ field: UnsafeRawBufferPointer) -> Bool)?
        /// Whether `sd_journal_process` hears nothing, as when the kernel refused the watches (ENOSPC).
        var isDeaf = false
        /// Whether the files seem to be on a network file system.
        var isRemote = false
    }

    fileprivate struct State {
        var path: String?
        var wanted = Wanted()
        var handles: Set<UInt> = []
    }

    fileprivate static let state = Locked(State())

    /// Does `body` with faults on journals of the directory `path`.
    static func on<Result>(
        _ path: String, _ wanted: Wanted, _ body: () throws -> Result
    ) rethrows -> Result {
        state.withLock { $0 = State(path: path, wanted: wanted) }
        defer { state.withLock { $0 = State() } }
        return try body()
    }

    /// Changes what is wanted, from now on.
    static func change(_ change: (inout Wanted) -> Void) { state.withLock { change(&$0.wanted) } }

    fileprivate static func wanted(by journal: OpaquePointer?) -> Wanted? {
        state.withLock { $0.handles.contains(UInt(bitPattern: journal)) ? $0.wanted : nil }
    }

    fileprivate static func opened(_ journal: OpaquePointer?, _ path: String) {
        state.withLock {
            if $0.path == path {
                $0.handles.insert(UInt(bitPattern: journal))
            } else {
                $0.handles.remove(UInt(bitPattern: journal))
            }
        }
    }

    fileprivate static func real<Function>(_ name: String, _ type: Function.Type) -> Function {
        let next = UnsafeMutableRawPointer(bitPattern: -1)  // RTLD_NEXT
        return unsafeBitCast(dlsym(next, name), to: type)
    }
}

private typealias Open =
    @convention(c) (UnsafeMutablePointer<OpaquePointer?>?, UnsafePointer<CChar>?, Int32)
    -> Int32
private typealias OnJournal = @convention(c) (OpaquePointer?) -> Int32
private typealias Enumerate =
    @convention(c) (
        OpaquePointer?, UnsafeMutablePointer<UnsafeRawPointer?>?, UnsafeMutablePointer<Int>?
    ) -> Int32

private let realOpen = Faults.real("sd_journal_open_directory", Open.self)
private let realNext = Faults.real("sd_journal_next", OnJournal.self)
private let realProcess = Faults.real("sd_journal_process", OnJournal.self)
private let realEnumerate = Faults.real("sd_journal_enumerate_available_data", Enumerate.self)
private let realReliable = Faults.real("sd_journal_reliable_fd", OnJournal.self)

@_cdecl("sd_journal_open_directory")
func openWithFaults(
    _ into: UnsafeMutablePointer<OpaquePointer?>?, _ path: UnsafePointer<CChar>?, _ flags: Int32
) -> Int32 {
    let result = realOpen(into, path, flags)
    if result >= 0, let path { Faults.opened(into?.pointee, String(cString: path)) }
    return result
}

@_cdecl("sd_journal_next")
func nextWithFaults(_ journal: OpaquePointer?) -> Int32 {
    Faults.wanted(by: journal)?.next?() ?? realNext(journal)
}

@_cdecl("sd_journal_process")
func processWithFaults(_ journal: OpaquePointer?) -> Int32 {
    let wanted = Faults.wanted(by: journal)
    wanted?.process?()
    return wanted?.isDeaf == true ? 0 : realProcess(journal)
}

@_cdecl("sd_journal_enumerate_available_data")
func enumerateWithFaults(
    _ journal: OpaquePointer?, _ data: UnsafeMutablePointer<UnsafeRawPointer?>?,
    _ length: UnsafeMutablePointer<Int>?
) -> Int32 {
    let hide = Faults.wanted(by: journal)?.hide
    while true {
        let result = realEnumerate(journal, data, length)
        guard result > 0, let hide, let data, let length,
            hide(UnsafeRawBufferPointer(start: data.pointee, count: length.pointee))
        else { return result }
    }
}

@_cdecl("sd_journal_reliable_fd")
func reliableWithFaults(_ journal: OpaquePointer?) -> Int32 {
    Faults.wanted(by: journal)?.isRemote == true ? 0 : realReliable(journal)
}
