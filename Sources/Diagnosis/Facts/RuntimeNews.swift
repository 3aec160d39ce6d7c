// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What one runtime is known by.
enum RuntimeNews: Hashable, Sendable {
    /// systemd's record about its unit.
    case record(JournalEntry)
    /// The unit's state, by the bus.
    case unit(UnitState)
    /// An answer of the probe ladder.
    case probe(ProbeReport)
    /// A kill that failed because the OCI runtime does not know the container.
    case failedKill(FailedKill)
    /// A sandbox or container was created.
    case created
}

extension RuntimeFacts: Chronicled {}
/// The news of one runtime, in order.
typealias RuntimeChronicle = Chronicle<RuntimeFacts>
