// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension Catalogue {
    /// ``IncidentKind/imagePullFailing``.
    static let imagePullFailing = Catalogue(
        .imagePullFailing, messageID: "91d4e6b8073c4fa5a2f9c7d81e5b3640",
        runbook: PackageResources.ImagePullFailing_md, speaksOfAll: true, owns: [.pullFailed],
        causes: [
            .init(.signaturePolicyInvalid, .warning),
            .init(.registryConfigInvalid, .warning),
            .init(.diskFull, .warning),
            .init(.certificateUntrusted, .warning),
            .init(.nameResolution, .warning),
            .init(.registryUnreachable, .warning),
            .init(.unauthorized, .warning),
            .init(.shortNameRejected, .warning),
            .init(.registryError, .warning),
        ])
}
