// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// How what lives is held against what the runtimes list.
extension ContainerFacts {
    /// What one runtime lists.
    struct Lists {
        var runtime: RuntimeFacts
        var states: [String: Container.State]
        var pods: [String: Bool]
        var containersAt: Moment
        var podsAt: Moment
        /// The older of both.
        var at: Moment

        init?(_ runtime: RuntimeFacts) {
            guard let containers = runtime.containers, let containersAt = runtime.containersAt,
                let pods = runtime.pods, let podsMoment = runtime.podsAt
            else { return nil }
            self.runtime = runtime
            states = Dictionary(containers.map { ($0.id, $0.state) }) { first, _ in first }
            self.pods = Dictionary(pods.map { ($0.id, $0.ready) }) { first, _ in first }
            podsAt = podsMoment
            self.containersAt = containersAt
            at = containersAt.monotonic < podsMoment.monotonic ? containersAt : podsMoment
        }
    }

    /// How the lists deny it, and the list that does; nil where they do not, or cannot say.
    static func denial(of entry: Entry, _ runtimes: [RuntimeFacts], _ lists: [Lists])
        -> (denial: Denial, at: Moment)?
    {
        let id = entry.processes.id
        let responsible = lists.filter { $0.runtime.manages(entry.processes.manager) }
        guard !responsible.isEmpty,
            responsible.count == runtimes.count(where: { $0.manages(entry.processes.manager) })
        else { return nil }
        var oldest: Moment?
        for list in responsible {
            if let state = list.states[id] { return state == .exited ? (.exited, list.containersAt) : nil }
            // A sandbox is a container, too: its pause process outlives a shim that was killed.
            if let isReady = list.pods[id] { return isReady ? nil : (.exited, list.podsAt) }
            oldest = oldest.map { $0.monotonic < list.at.monotonic ? $0 : list.at } ?? list.at
        }
        guard let oldest else { return nil }
        // A list from before its creation says nothing.
        let born = entry.processes.startedAt ?? entry.firstSeen.wall
        return oldest.wall >= born + Self.creation ? (.unlisted, oldest) : nil
    }

    /// How long after its first process a container may still be missing in a list.
    private static let creation = Duration.seconds(2)
}
