import CLinux
import Glibc

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

/// The users that the prober answers: root, and one more.
struct AllowedUsers: Equatable, Sendable {
    /// Name of the other one; looked up again for each connection, because the package may make it later.
    var name: String

    /// Whether this user may ask.
    func contains(_ uid: uid_t) -> Bool { uid == 0 || uid == Self.uid(of: name) }

    /// The user's number: of `/etc/passwd` and whatever else nsswitch.conf(5) names; nil when there is none.
    static func uid(of name: String) -> uid_t? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16 * 1024)
        guard getpwnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        return entry.pw_uid
    }
}
