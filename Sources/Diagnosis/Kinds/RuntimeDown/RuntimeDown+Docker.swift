// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Docker where it serves no CRI endpoint itself: left stopped when the containerd that it requires was restarted.
extension RuntimeDown {
    static func docker(
        _ facts: NodeFacts, _ configuration: EngineConfiguration
    ) -> [(subject: String, Assessment)] {
        guard let service = facts.services.first(where: { $0.role == .docker }),
            facts.runtime(unit: service.unit.name) == nil
        else { return [] }
        var runtime = RuntimeFacts(
            endpoint: Endpoint(socketPath: "", runtime: .other, unit: service.unit.name))
        runtime.unit = service.unit
        let one = RuntimeCase<RuntimeDown>(runtime: runtime, facts: facts, configuration: configuration)
        return [(one.name, one.leftStopped())]
    }
}

extension RuntimeCase<RuntimeDown> {
    fileprivate func leftStopped() -> Assessment {
        switch unit.phase {
        case .running:
            return .cleared(
                Evidence(
                    at: (unit.phaseSince ?? now).wall, source: .systemd,
                    summary: "systemd: \(unit.name) runs again", command: "systemctl status \(unit.name)"))
        case .stopped:
            guard unit.ranThisBoot, !unit.isGivenUp, let since = unit.stop ?? unit.phaseSince,
                let other = stoppedWith(since: since), other.isRunning
            else { return .unknown(inquiries: []) }
            var finding = findingLeft(by: other, since: since)
            finding.impact = Impact(
                sentence:
                    "Docker's clients get no answer, and whatever runs pods through Docker does not either.",
                pods: nil, runningContainers: nil)
            finding.clearsWhen = "\(unit.name) runs"
            finding.inquiries = [.unit(unit.name)]
            return .holds(finding)
        case .unknown, .starting, .stopping, .restarting, .exited, .failed, .autoRestart:
            return .unknown(inquiries: [])
        }
    }
}
