// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension Catalogue {
    /// ``IncidentKind/containerStuck``.
    static let containerStuck = Catalogue(
        .containerStuck, messageID: "6e47b9ddd85f4742bafc3b771c1cac83",
        runbook: PackageResources.ContainerStuck_md, speaksOfAll: true, folds: [.createFailed, .stopFailed],
        causes: [
            .init(.staleNames, .warning),
            .init(.createHangs, .warning),
            .init(.shimUnresponsive, .warning),
            .init(.stopHangs, .warning),
            .init(.startLost, .warning),
            .init(.shimLost, .warning),
        ])
}
