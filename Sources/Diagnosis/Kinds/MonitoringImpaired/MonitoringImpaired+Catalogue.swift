// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension Catalogue {
    /// ``IncidentKind/monitoringImpaired``.
    static let monitoringImpaired = Catalogue(
        .monitoringImpaired, condition: .monitoringHealthy, messageID: "5125f9bb4dc1491493777106f6ba0855",
        runbook: PackageResources.MonitoringImpaired_md, speaksOfAll: true,
        causes: [
            .init(.crictlMissing, .warning),
            .init(.crictlUnusable, .warning),
            .init(.permissionDenied, .warning),
            .init(.proberUnreachable, .warning),
            .init(.journalUnreadable, .warning),
            .init(.busUnavailable, .info),
            .init(.blindWindow, .info),
            .init(.checkpointUnwritable, .warning),
            .init(.rulesRefused, .warning),
            .init(.listenerUnavailable, .warning),
        ])
}
