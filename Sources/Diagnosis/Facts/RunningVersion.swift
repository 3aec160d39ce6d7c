// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Which version a runtime's process has, and what says so.
struct RunningVersion: Hashable, Sendable {
    /// As it names itself, without a leading `v`.
    var text: String
    var evidence: Evidence

    var number: SoftwareVersion? { SoftwareVersion(text) }
}

extension NodeFacts {
    /// The version that runs: by the last start in the journal, or by CRI if that was asked since.
    func runningVersion(of runtime: RuntimeFacts) -> RunningVersion? {
        let start = signals.last(.runtimeStarting, unit: runtime.unit.name)
        let asked = runtime.api.rungs[.version].flatMap { $0.succeeded ? $0.at : nil }
        if let version = runtime.version?.version, let asked,
            start.map({ $0.at.monotonic <= asked.monotonic }) ?? true
        {
            return RunningVersion(
                text: Self.bare(version),
                evidence: Evidence(
                    at: asked.wall, source: .cri, summary: "\(runtime.name) names itself \(version)",
                    command: runtime.endpoint.crictl("version")))
        }
        guard let start, let version = start.captures["version"] else { return nil }
        return RunningVersion(
            text: Self.bare(version),
            evidence: Evidence.journal(start, "\(runtime.name) started as version \(version.bounded(64))"))
    }

    /// The version of its last start, as it was logged, where that is later than its last answer.
    func startedVersion(of runtime: RuntimeFacts) -> String? {
        guard let start = signals.last(.runtimeStarting, unit: runtime.unit.name),
            let version = start.captures["version"]
        else { return nil }
        let asked = runtime.api.rungs[.version].flatMap { $0.succeeded ? $0.at : nil }
        return asked.map { $0.monotonic >= start.at.monotonic } ?? false ? nil : version
    }

    private static func bare(_ version: String) -> String {
        version.hasPrefix("v") ? String(version.dropFirst()) : version
    }
}
