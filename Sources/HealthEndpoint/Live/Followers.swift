// SPDX-License-Identifier: Apache-2.0
import HealthModel
import NIOCore

/// Connections whose answers have no end: who they are, and what each is told when.
///
/// Events are told at once. State and pages are told at most once in ``HealthServer/Configuration/followPace``, and only
/// the latest: who is slow misses pictures in between, and is dropped when even that is too much. Confined to the event
/// loop.
final class Followers {
    private final class Follower {
        let connection: Connection
        let feed: Feed
        /// Number of the last event that was told.
        var told: UInt64

        init(_ connection: Connection, _ feed: Feed, told: UInt64) {
            (self.connection, self.feed, self.told) = (connection, feed, told)
        }

        var readsEvents: Bool {
            if case .events = feed { true } else { false }
        }

        var watches: Bool {
            if case .page = feed { true } else { false }
        }
    }

    private let loop: any EventLoop
    private let configuration: HealthServer.Configuration
    private let published: Published
    private let allocator = ByteBufferAllocator()
    private var all: [Follower] = []
    /// The state that was told last.
    private var shown: Snapshot?
    private var pause: Scheduled<Void>?
    private var isDue = false
    private var heartbeat: Scheduled<Void>?

    init(loop: any EventLoop, configuration: HealthServer.Configuration, published: Published) {
        self.loop = loop
        self.configuration = configuration
        self.published = published
    }

    var count: Int { all.count }

    /// Whether one more of that peer is refused: nobody takes all places.
    func isFull(for peer: String) -> Bool {
        all.count >= configuration.followerLimit
            || all.count { $0.connection.peer == peer } >= configuration.followersPerPeer
    }

    /// Takes one in, whose head was written, and tells it how things are.
    func add(_ connection: Connection, _ feed: Feed) {
        if all.isEmpty { begin() }
        let picture = shownPicture(published.current)
        // All have heard of the same state, so that what is news to one is news to all.
        tellState(picture.snapshot)
        all.append(Follower(connection, feed, told: picture.events.last))
        switch feed {
        case .events(let id): connection.push(opening(picture, after: id))
        case .page: connection.push(page(feed, picture.snapshot))
        case .recording: break
        }
    }

    func remove(_ connection: Connection) {
        all.removeAll { $0.connection === connection }
        if all.isEmpty { end() }
    }

    /// Tells what is new.
    func turn() {
        let picture = shownPicture(published.take())
        tell(picture.events)
        guard pause == nil else {
            isDue = true
            return
        }
        show(picture.snapshot)
        pause = loop.assumeIsolated().scheduleTask(in: configuration.followPace.timeAmount) {
            self.pause = nil
            guard self.isDue else { return }
            self.isDue = false
            self.turn()
        }
    }

    /// Followers of all listeners are told the same.
    private func shownPicture(_ picture: Published.Picture) -> Published.Picture {
        guard configuration.hidesLines else { return picture }
        var picture = picture
        picture.snapshot = picture.snapshot.withoutLines
        return picture
    }

    private func begin() {
        published.setFollowed(true)
        shown = shownPicture(published.current).snapshot.settled
        beat()
    }

    private func end() {
        published.setFollowed(false)
        shown = nil
        pause?.cancel()
        heartbeat?.cancel()
        (pause, heartbeat, isDue) = (nil, nil, false)
    }

    private func beat() {
        heartbeat = loop.assumeIsolated().scheduleTask(in: configuration.heartbeat.timeAmount) {
            let bytes = self.allocator.buffer(string: ServerSentEvent.heartbeat)
            for follower in self.all where follower.readsEvents { follower.connection.push(bytes) }
            if !self.all.isEmpty { self.beat() }
        }
    }

    // MARK: What is told

    private func tell(_ events: EventRing) {
        // Most are at the same place: what they are told is made once.
        var blocks: [UInt64: ByteBuffer] = [:]
        for follower in all where follower.readsEvents && follower.told < events.last {
            let block = blocks[follower.told] ?? self.block(events.entries(after: follower.told))
            blocks[follower.told] = block
            follower.told = events.last
            follower.connection.push(block)
        }
    }

    private func show(_ snapshot: Snapshot) {
        tellState(snapshot)
        var pages: [Feed: ByteBuffer] = [:]
        for follower in all where follower.watches && !follower.connection.isBehind {
            let page = pages[follower.feed] ?? self.page(follower.feed, snapshot)
            pages[follower.feed] = page
            follower.connection.push(page)
        }
    }

    private func tellState(_ snapshot: Snapshot) {
        let settled = snapshot.settled
        guard settled != shown else { return }
        shown = settled
        let state = allocator.buffer(bytes: ServerSentEvent.state(snapshot))
        for follower in all where follower.readsEvents { follower.connection.push(state) }
    }

    private func opening(_ picture: Published.Picture, after id: String?) -> ByteBuffer {
        var bytes = allocator.buffer(string: ServerSentEvent.retry)
        if let id {
            let slice = picture.events.slice(after: id)
            if let gap = slice.gap { bytes.writeBytes(ServerSentEvent.gap(gap)) }
            var missed = block(slice.entries[...])
            bytes.writeBuffer(&missed)
        }
        bytes.writeBytes(ServerSentEvent.state(picture.snapshot))
        return bytes
    }

    private func block(_ entries: ArraySlice<EventRing.Entry>) -> ByteBuffer {
        allocator.buffer(bytes: entries.flatMap { ServerSentEvent.incident($0.event) })
    }

    private func page(_ feed: Feed, _ snapshot: Snapshot) -> ByteBuffer {
        guard case .page(let width, let height) = feed else { return allocator.buffer(capacity: 0) }
        return allocator.buffer(string: WatchedPage.frame(snapshot, width: width, height: height))
    }
}
