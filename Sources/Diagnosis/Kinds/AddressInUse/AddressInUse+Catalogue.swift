// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension Catalogue {
    /// ``IncidentKind/addressInUse``.
    static let addressInUse = Catalogue(
        .addressInUse, messageID: "5276912ebbe84dc39c17a78212c9b310",
        runbook: PackageResources.AddressInUse_md, speaksOfAll: true,
        causes: [
            .init(.heldByContainer, .warning),
            .init(.heldByRuntime, .warning),
            .init(.heldByUnit, .warning),
            .init(.heldByProcess, .warning),
            .init(.holderUnknown, .warning),
        ])
}
