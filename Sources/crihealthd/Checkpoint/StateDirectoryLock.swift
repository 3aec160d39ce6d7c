// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization

/// Holds the state directory for one daemon: flock(2) on `lock` in it, released with the process.
struct StateDirectoryLock: ~Copyable {
    private let descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }

    /// Takes the lock; the directory is made if its parent exists.
    static func take(directory: String) throws(FileError) -> StateDirectoryLock {
        if mkdir(directory, 0o750) != 0, errno != EEXIST { throw FileError("mkdir", directory, errno: errno) }
        let path = directory + "/lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw FileError("open", path, errno: errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(descriptor)
            guard code == EWOULDBLOCK else { throw FileError("flock", path, errno: code) }
            var held = FileError("flock", path, errno: code)
            held.reason = "another crihealthd uses this state directory"
            throw held
        }
        return StateDirectoryLock(descriptor: descriptor)
    }

    /// Unlocks by name: a child between fork and exec shares the open file, and would hold the lock beyond
    /// close(2).
    deinit {
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}

/// The lock of a daemon's state directory. One that began on a read-only directory has none yet, and takes it before it
/// first writes there.
final class HeldLock: Sendable {
    private let directory: String
    private let lock: Mutex<StateDirectoryLock?>

    /// Holds what was taken at the start, if it was.
    init(_ taken: consuming StateDirectoryLock?, directory: String) {
        self.directory = directory
        lock = Mutex(taken)
    }

    /// Takes it, where it is not held.
    func ensure() throws(FileError) {
        let refusal = lock.withLock { lock -> FileError? in
            guard lock == nil else { return nil }
            do throws(FileError) {
                lock = try StateDirectoryLock.take(directory: directory)
                return nil
            } catch {
                return error
            }
        }
        if let refusal { throw refusal }
    }

    /// Gives it up.
    func release() { lock.withLock { $0 = nil } }
}
