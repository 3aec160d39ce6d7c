import Glibc

/// Waits that double up to a limit.
struct Backoff {
    private let shortest: Duration
    private let longest: Duration
    private var current: Duration

    init(_ shortest: Duration, _ longest: Duration) {
        self.shortest = shortest
        self.longest = longest
        current = shortest
    }

    mutating func next() -> Duration {
        defer { current = min(current * 2, longest) }
        return current
    }

    mutating func reset() { current = shortest }
}

/// Device and inode: whether a path still names the same thing.
struct FileIdentity: Hashable {
    let device: UInt64
    let inode: UInt64

    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
    }
}
