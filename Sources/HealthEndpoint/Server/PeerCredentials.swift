import Glibc
import NIOCore

/// Who connected to a unix socket. Laid out like `struct ucred` (unix(7)), which Swift's Glibc does not have.
struct PeerCredentials: Sendable {
    var pid: Int32
    var uid: UInt32
    var gid: UInt32

    /// Whether it is root or this process' own user. In a user namespace of the unit (`PrivateUsers=`) everybody else is
    /// nobody.
    var isTrusted: Bool { uid == 0 || uid == geteuid() }

    /// Whether the peer of a channel is trusted; false when the kernel does not tell. On the channel's event loop.
    static func areTrusted(of channel: any Channel) -> Bool {
        guard let provider = channel as? any SocketOptionProvider else { return false }
        let asked: EventLoopFuture<PeerCredentials> = provider.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
        var isTrusted = false
        // On its own loop the answer is there at once.
        asked.assumeIsolated().whenSuccess { isTrusted = $0.isTrusted }
        return isTrusted
    }
}
