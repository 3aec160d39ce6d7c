// SPDX-License-Identifier: Apache-2.0
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
        of(channel)?.isTrusted ?? false
    }

    /// `uid 0`; on the channel's event loop.
    static func user(of channel: any Channel) -> String { of(channel).map { "uid \($0.uid)" } ?? "" }

    private static func of(_ channel: any Channel) -> PeerCredentials? {
        guard let provider = channel as? any SocketOptionProvider else { return nil }
        let asked: EventLoopFuture<PeerCredentials> = provider.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
        var found: PeerCredentials?
        // On its own loop the answer is there at once.
        asked.assumeIsolated().whenSuccess { found = $0 }
        return found
    }
}
