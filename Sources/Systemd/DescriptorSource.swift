// SPDX-License-Identifier: Apache-2.0
internal import CLinux
import Dispatch
import Glibc

/// A Dispatch source for descriptors that come and go: libsystemd's of a journal that is opened again, of a bus
/// that is connected to again.
///
/// The source waits on a set (epoll(7)) that lives as long as itself. Sources that come and go with their
/// descriptors crash libdispatch on Linux (swift-corelibs-libdispatch issue 949).
struct DescriptorSource {
    private let set: Int32
    private let source: any DispatchSourceRead

    /// Calls `handler` on `queue` for as long as a watched descriptor can be read: the handler has to read it.
    /// Not to be had when descriptors are used up.
    init?(on queue: DispatchQueue, handler: @escaping @Sendable () -> Void) {
        let set = clinux_pollset_create()
        guard set >= 0 else { return nil }
        self.set = set
        source = DispatchSource.makeReadSource(fileDescriptor: set, queue: queue)
        source.setEventHandler { @Sendable in handler() }
        source.setCancelHandler { @Sendable in close(set) }
        source.activate()
    }

    /// Watches a descriptor until it is closed.
    func watch(_ descriptor: Int32) { _ = clinux_pollset_add(set, descriptor) }

    func cancel() { source.cancel() }
}
