// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Which OCI runtimes the containers of this node run with: CRI-O's by their monitors, containerd's by its `PATH`, as its
/// shims do not keep the name.
extension Advisor {
    /// A version changes with a package, so the question may wait; what cannot be answered is not asked all the time.
    static let questionInterval = Duration.seconds(3600)
    private static let pathsAtOnce = 8

    /// Paths of the OCI runtimes that made what runs.
    static func paths(_ facts: NodeFacts) -> [String] {
        var paths = Set(facts.containers.entries.values.compactMap { $0.processes.monitor?.runtimePath })
        if hasContainerd(facts), let path = facts.answers.binaries["runc"]?.value { paths.insert(path) }
        return paths.sorted()
    }

    private static func hasContainerd(_ facts: NodeFacts) -> Bool {
        facts.runtimes.contains { $0.endpoint.runtime == .containerd && $0.api.answered(since: nil) }
    }

    /// What to ask now.
    mutating func questions(_ facts: NodeFacts) -> [Inquiry] {
        var wanted: [Inquiry] = Self.hasContainerd(facts) ? [.binary(name: "runc")] : []
        let paths = Self.paths(facts).prefix(Self.pathsAtOnce)
        if !paths.isEmpty { wanted.append(.ociRuntimes(paths: Array(paths))) }
        let now = facts.now.monotonic
        let due = wanted.filter { inquiry in
            guard let last = asked[inquiry], now >= last else { return true }
            return now - last >= Self.questionInterval
        }
        if asked.count > 64 { asked = [:] }
        for inquiry in due { asked[inquiry] = now }
        return due
    }
}
