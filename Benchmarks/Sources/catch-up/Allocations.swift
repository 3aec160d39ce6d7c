// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What reference/allocations.c counts, when it is preloaded: calls of malloc and its kin so far in this process.
struct Allocations {
    private typealias Counter = @convention(c) () -> UInt

    /// All of them.
    let all: UInt
    /// Those that the program itself asked for; not libsystemd's.
    let own: UInt

    /// nil where nobody counts.
    static var now: Allocations? {
        guard let all = counter("crihealthd_allocations"), let own = counter("crihealthd_own_allocations")
        else {
            return nil
        }
        return Allocations(all: all(), own: own())
    }

    /// As JSON.
    static func text(_ count: UInt?) -> String { count.map(String.init) ?? "null" }

    static func - (later: Allocations, earlier: Allocations) -> Allocations {
        Allocations(all: later.all - earlier.all, own: later.own - earlier.own)
    }

    private static func counter(_ name: String) -> Counter? {
        dlsym(nil, name).map { unsafeBitCast($0, to: Counter.self) }
    }
}
