// SPDX-License-Identifier: Apache-2.0
public import HealthModel

extension Catalogue {
    /// The kinds that explain a complaint, nearest first; empty for a signal that is no complaint.
    public static func explaining(_ signal: SignalName) -> [IncidentKind] { SymptomTable.causes(of: signal) }
}
