// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Logging
import Systemd

/// What the daemon knows of where things are.
struct Places: Sendable {
    /// The endpoints that are watched.
    var watched: WatchedEndpoints
    /// The kubelet as it was told last; nil: nothing was told yet.
    var kubelet: KubeletProcess??

    /// Knows these endpoints.
    init(_ endpoints: [Endpoint]) { watched = WatchedEndpoints(endpoints) }
}

extension Daemon {
    /// Between two looks.
    private static let placesInterval: Duration = .seconds(30)

    /// Looks now and again where things are: a runtime that is installed later, a socket at another place or of another
    /// unit, another kubelet; and lets go of endpoints that nobody names any more.
    func rediscover(isConfigured: Bool) {
        let look: @Sendable (inout Places) -> Void = { [weak self] places in
            guard let self else { return }
            lookForKubelet(&places)
            changes.lookIfDue()
            guard let found = try? asker.endpoints() else { return }
            let moved = places.watched.move(found)
            // What a person named is all that is watched.
            let answering = Set(host.upEndpoints.map(\.socketPath))
            let change =
                isConfigured
                ? WatchedEndpoints.Change()
                : places.watched.look(found: found.map(\.endpoint), answering: answering)
            guard !moved.isEmpty || change != .init() else { return }
            announce(change, moved: moved)
            followLogFiles(of: change.appeared + moved)
            follow((change.appeared + moved).compactMap(\.unit))
            relay.observe(.daemon(.endpoints(places.watched.endpoints)))
            for endpoint in change.left { prober.forget(endpoint) }
            for endpoint in change.appeared + moved { prober.watch(endpoint) }
        }
        discovery.submit { [weak self] places in self?.lookForKubelet(&places) }
        discovery.every(Self.placesInterval, leeway: .seconds(3), look)
    }

    private func announce(_ change: WatchedEndpoints.Change, moved: [Endpoint]) {
        for endpoint in change.left {
            logger.notice(
                "an endpoint is no longer configured anywhere", metadata: ["socket": "\(endpoint.socketPath)"]
            )
        }
        for endpoint in change.appeared {
            logger.notice("another endpoint appeared", metadata: ["socket": "\(endpoint.socketPath)"])
        }
        for endpoint in moved {
            logger.notice(
                "an endpoint is served by another unit than was thought",
                metadata: ["socket": "\(endpoint.socketPath)", "unit": "\(endpoint.unit ?? "unknown")"])
        }
    }

    private func lookForKubelet(_ places: inout Places) {
        guard case .kubelet(let kubelet) = asker.answer(.kubelet), places.kubelet != .some(kubelet) else {
            return
        }
        places.kubelet = .some(kubelet)
        relay.observe(.node(.kubelet(kubelet)))
    }

    /// Follows units beside those of the start: from now on, what they said before is not read.
    private func follow(_ units: [String]) {
        let units = units.filter { !WatchedUnits.own.contains($0) }
        guard !units.isEmpty else { return }
        follower.add(.units(units))
        unitWatcher?.add(units)
    }

    /// Follows the log files beside these endpoints where their distributions have them.
    func followLogFiles(of endpoints: [Endpoint]) {
        for source in endpoints.flatMap(LogFileSource.known) { logFiles.follow(.init(source: source)) }
    }

    /// Follows what the journal itself says that a program logs to.
    static func follow(_ logFiles: LogFileFollower, toldBy event: JournalFollower.Event) {
        guard case .entries(let entries, _) = event else { return }
        for source in entries.compactMap(LogFileSource.init(toldBy:)) {
            logFiles.follow(.init(source: source))
        }
    }
}
