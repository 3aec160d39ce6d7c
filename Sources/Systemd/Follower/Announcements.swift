internal import CLinux
import Dispatch
import Glibc

/// Tells when the kernel announces a change of journal files: a Dispatch source for as long as a follower
/// follows, while the journals, each with an inotify descriptor of its own, come and go.
///
/// The source waits on a set (epoll(7)) that holds the descriptor of the journal of the moment. Sources that
/// come and go with their descriptors crash libdispatch on Linux (swift-corelibs-libdispatch issue 949).
struct Announcements {
    private let set: Int32
    private let source: any DispatchSourceRead

    /// Calls `handler` on `queue` for as long as a watched descriptor can be read: the handler has to read it.
    /// Not to be had when descriptors are used up; a follower sees everything without it, a little later.
    init?(on queue: DispatchQueue, handler: @escaping @Sendable () -> Void) {
        let set = clinux_pollset_create()
        guard set >= 0 else { return nil }
        self.set = set
        source = DispatchSource.makeReadSource(fileDescriptor: set, queue: queue)
        source.setEventHandler { @Sendable in handler() }
        source.setCancelHandler { @Sendable in close(set) }
        source.activate()
    }

    /// Watches the inotify descriptor of `journal` until the journal is closed.
    func watch(_ journal: Journal) {
        guard let descriptor = try? journal.descriptor() else { return }
        _ = clinux_pollset_add(set, descriptor)
    }

    func cancel() { source.cancel() }
}
