import Glibc

/// What reference/allocations.c counts, when it is preloaded.
enum Allocations {
    private typealias Counter = @convention(c) () -> UInt

    /// Calls of malloc and its kin so far in this process; nil where nobody counts.
    static var count: UInt? {
        guard let symbol = dlsym(nil, "crihealthd_allocations") else { return nil }
        return unsafeBitCast(symbol, to: Counter.self)()
    }
}
