// SPDX-License-Identifier: Apache-2.0
import CLinux
import Dispatch
import Glibc
import HealthModel
import Node
import Synchronization
import Systemd

/// Who is at the other end of a unix socket, and whether the prober answers it.
struct Peer: Equatable, Sendable {
    /// Process that connected.
    var pid: pid_t
    /// Its effective user.
    var uid: uid_t

    /// SO_PEERCRED; nil when the kernel does not tell.
    init?(of descriptor: Int32) {
        var (pid, uid): (pid_t, uid_t) = (0, 0)
        guard clinux_peer(descriptor, &pid, &uid) == 0 else { return nil }
        (self.pid, self.uid) = (pid, uid)
    }
}

/// The users that the prober answers: root, and one more, whom the package may make later. He is looked up on a thread of its
/// own, from time to time: a directory server that hangs must not hang the prober.
final class AllowedUsers: Sendable {
    /// How old an answer may be before it is asked for anew: that there is no such user, and who it is.
    private static let (missing, age): (Duration, Duration) = (.seconds(1), .seconds(10))

    private struct State {
        var uid: uid_t?
        var askedAt: MonotonicTime?
        var isAsking = false
        /// Whether anybody ever asked.
        var wasAsked = false
    }

    private let name: String
    private let look: @Sendable (String) -> uid_t?
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "crihealthd.users")

    /// `look` finds the number of a user, and may take its time.
    init(name: String, look: @escaping @Sendable (String) -> uid_t? = AllowedUsers.uid) {
        self.name = name
        self.look = look
    }

    /// Whether this user may ask, by what is known now. Only the very first answer is waited for, once and a moment.
    func contains(_ uid: uid_t) -> Bool {
        if uid == 0 { return true }
        if refresh() { _ = first.wait(timeout: .now() + .seconds(2)) }
        return state.withLock { $0.uid == uid }
    }

    private let first = DispatchSemaphore(value: 0)

    /// Asks anew where the answer is old; whether this is the first question of all.
    private func refresh() -> Bool {
        let (isDue, isFirst) = state.withLock { state in
            let isOld =
                state.askedAt.map {
                    Moment.now().monotonic - $0 > (state.uid == nil ? Self.missing : Self.age)
                }
                ?? true
            let isDue = isOld && !state.isAsking
            let isFirst = !state.wasAsked
            if isDue { (state.isAsking, state.wasAsked) = (true, true) }
            return (isDue, isFirst)
        }
        guard isDue else { return isFirst }
        queue.async {
            let found = self.look(self.name)
            self.state.withLock { state in
                (state.uid, state.askedAt, state.isAsking) = (found, Moment.now().monotonic, false)
            }
            self.first.signal()
        }
        return isFirst
    }

    /// The user's number: of `/etc/passwd` and whatever else nsswitch.conf(5) names; nil when there is none.
    static func uid(of name: String) -> uid_t? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16 * 1024)
        guard getpwnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        return entry.pw_uid
    }
}
