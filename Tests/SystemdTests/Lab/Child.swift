// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc

/// A child process that a test starts, and that never outlives it.
final class Child {
    let pid: pid_t
    private(set) var status: Int32?

    struct CannotStart: Error {
        let argv: [String]
        let errno: Int32
    }

    /// Starts a program; `input` is its standard input, output goes to `output` (a path) or nowhere.
    init(
        _ argv: [String], environment: [String: String] = [:], input: String = "/dev/null",
        output: String? = nil
    )
        throws
    {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        let to = output ?? "/dev/null"
        posix_spawn_file_actions_addopen(&actions, 1, to, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let arguments = argv.map { strdup($0) } + [nil]
        let settings = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { (arguments + settings).forEach { free($0) } }
        var pid: pid_t = 0
        let result = posix_spawnp(&pid, argv[0], &actions, nil, arguments, settings)
        guard result == 0 else { throw CannotStart(argv: argv, errno: result) }
        self.pid = pid
    }

    deinit {
        guard status == nil else { return }
        kill(pid, SIGKILL)
        wait()
    }

    @discardableResult
    func wait() -> Int32 {
        if let status { return status }
        var raw: Int32 = 0
        while waitpid(pid, &raw, 0) < 0, errno == EINTR {}
        status = raw
        return raw
    }

    func signal(_ number: Int32) { kill(pid, number) }

    /// Runs a program to its end; its exit status.
    static func run(_ argv: [String], input: String = "/dev/null", output: String? = nil) throws -> Int32 {
        try Child(argv, input: input, output: output).wait() >> 8 & 0xff
    }
}

/// A directory that goes away with the test.
final class TemporaryDirectory {
    let path: String

    init(in parent: String = "/tmp") {
        var template = Array("\(parent)/crihealthd-test-XXXXXX".utf8CString)
        path = String(cString: mkdtemp(&template))
    }

    /// On the same file system as another file.
    convenience init(near path: String) {
        self.init(in: path.hasPrefix("/dev/shm/") ? "/dev/shm" : "/tmp")
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func callAsFunction(_ name: String) -> String { path + "/" + name }
}

/// Waits until `condition` holds; false when it does not within the deadline.
func eventually(within seconds: Double = 20, _ condition: () -> Bool) -> Bool {
    let end = Date(timeIntervalSinceNow: seconds)
    while !condition() {
        if Date() > end { return false }
        usleep(5000)
    }
    return true
}

/// State behind a lock that the thread sanitizer knows (it does not know `Mutex` on Linux).
/// `@unchecked Sendable` holds because the value is only touched with the lock held.
final class Locked<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value

    init(_ value: Value) { self.value = value }

    func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        lock.lock()
        defer { lock.unlock() }
        return try body(&value)
    }
}
