// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension Snapshot {
    /// As clocks show it that are `offset` from UTC. Sentences that name a time say that it is UTC, and stay.
    func shifted(by offset: UTCOffset) -> Snapshot {
        guard offset != .utc else { return self }
        var copy = self
        copy.at.wall = offset.shifted(at.wall)
        copy.startedAt = offset.shifted(startedAt)
        copy.open = open.map { $0.shifted(by: offset) }
        copy.resolved = resolved.map { $0.shifted(by: offset) }
        for index in conditions.indices {
            copy.conditions[index].lastTransitionTime = conditions[index].lastTransitionTime.map(
                offset.shifted)
        }
        for runtime in runtimes.indices {
            for rung in runtimes[runtime].rungs.indices {
                copy.runtimes[runtime].rungs[rung].at = offset.shifted(runtimes[runtime].rungs[rung].at)
            }
        }
        for index in monitoring.blindWindows.indices {
            let window = monitoring.blindWindows[index]
            copy.monitoring.blindWindows[index].from = window.from.map(offset.shifted)
            copy.monitoring.blindWindows[index].to = window.to.map(offset.shifted)
        }
        return copy
    }
}

extension Incident {
    /// As clocks show it that are `offset` from UTC.
    func shifted(by offset: UTCOffset) -> Incident {
        var copy = self
        copy.openedAt = offset.shifted(openedAt)
        copy.lastSeenAt = offset.shifted(lastSeenAt)
        copy.resolvedAt = resolvedAt.map(offset.shifted)
        copy.changedBefore = changedBefore?.map { change in
            var change = change
            change.at = offset.shifted(change.at)
            return change
        }
        for index in evidence.indices { copy.evidence[index].at = offset.shifted(evidence[index].at) }
        for index in timeline.indices { copy.timeline[index].at = offset.shifted(timeline[index].at) }
        for index in symptoms.indices {
            copy.symptoms[index].firstSeen = offset.shifted(symptoms[index].firstSeen)
            copy.symptoms[index].lastSeen = offset.shifted(symptoms[index].lastSeen)
        }
        return copy
    }
}
