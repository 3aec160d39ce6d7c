// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Which changes are listed on an incident: those of the hour before its first sign, and those that its last start before
/// then brought into force. Nothing is said of causes here.
struct ChangedBefore {
    private static let lead = Duration.seconds(3600)
    /// A stop that is the incident itself is no news beside it.
    private static let itself = Duration.seconds(5)

    private let changes: [Change]

    /// - Parameter changes: Oldest first.
    init(_ changes: [Change]) { self.changes = changes }

    /// The incident with its changes.
    func told(_ incident: Incident) -> Incident {
        guard !changes.isEmpty, incident.kind != .monitoringImpaired else { return incident }
        let found = before(incident)
        guard !found.isEmpty else { return incident }
        var copy = incident
        copy.changedBefore = found
        return copy
    }

    private func before(_ incident: Incident) -> [Change] {
        let start = incident.openedAt
        let recent = changes.filter { change in
            change.at <= start && start - change.at <= Self.lead && !isIncident(change, incident)
        }
        var found = recent
        if let begin = recent.last(where: \.bringsIntoForce) {
            let previous = changes.last { $0.at < begin.at && $0.isStart(like: begin) }?.at
            found += changes.filter { change in
                (change.what == .package || change.what == .file) && change.at <= begin.at
                    && start - change.at > Self.lead && previous.map { change.at > $0 } ?? true
            }
        }
        // The nearest always, then what the cause is about, what is only counted last; all told nearest first.
        let nearest = recent.lastIndex { $0.what != .otherPackages }
        let chosen = found.enumerated().sorted { one, other in
            let (a, b) = (
                one.offset == nearest ? 3 : weight(one.element, incident),
                other.offset == nearest ? 3 : weight(other.element, incident)
            )
            return a != b ? a > b : (one.element.at, one.offset) > (other.element.at, other.offset)
        }.prefix(Incident.changesLimit)
        return chosen.sorted { ($0.element.at, $0.offset) > ($1.element.at, $1.offset) }.map(\.element)
    }

    private func isIncident(_ change: Change, _ incident: Incident) -> Bool {
        change.what == .unit && change.action == .stopped && incident.openedAt - change.at <= Self.itself
    }

    private func weight(_ change: Change, _ incident: Incident) -> Int {
        if Self.isAbout(change, incident) { return 2 }
        return change.what == .otherPackages ? 0 : 1
    }

    /// Whether the incident's cause is about what changed: only for causes whose diagnosis says how a change of it leads there.
    static func isAbout(_ change: Change, _ incident: Incident) -> Bool {
        guard change.what == .package || change.what == .file || change.what == .version else { return false }
        let name =
            change.what == .file
            ? change.subject.split(separator: "/").last.map(String.init) ?? "" : change.subject
        let isOCI = ["crun", "runc", "cri-o-runc", "youki"].contains(name)
        let isRuntime = runtimes.contains { name.hasPrefix($0) }
        let isUnitFile =
            change.what == .file
            && (change.subject.hasSuffix(".service") || change.subject.contains(".service.d/"))
        let isConfiguration =
            change.what == .file
            && ["/etc/containerd/", "/etc/crio/", "/var/lib/kubelet/", "/etc/docker/", "/etc/rancher/"]
                .contains {
                    change.subject.hasPrefix($0)
                }
        switch (incident.kind, incident.cause) {
        case (.runtimeSwitched, _): return isOCI || isRuntime || change.subject.hasPrefix("/etc/crio/")
        case (.shutdownNotGraceful, _), (_, "OCIRuntimeIncompatible"), (_, "OCIRuntimeMissing"): return isOCI
        case (.upgradeIncomplete, _), (_, "LeftStopped"): return isRuntime
        case (_, "BinaryMissing"), (_, "BinaryUnusable"), (_, "StartPreFailed"):
            return isRuntime || isUnitFile
        case (.criVersionUnsupported, _): return isRuntime || name == "cri-tools" || name == "crictl"
        case (_, "ConfigInvalid"), (_, "CgroupDriverMismatch"): return isConfiguration
        default: return false
        }
    }

    private static let runtimes = [
        "containerd", "cri-o", "crio", "docker", "moby-", "kubelet", "k3s", "rke2", "cri-dockerd",
    ]
}

extension Change {
    /// Whether programs read their configuration and their own file anew with it.
    fileprivate var bringsIntoForce: Bool { what == .boot || what == .unit && action != .stopped }

    /// Whether it did so before as `later` does: a boot starts everything.
    fileprivate func isStart(like later: Change) -> Bool {
        bringsIntoForce && (what == .boot || later.what == .boot || subject == later.subject)
    }
}
