// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Which complaints are symptoms, and of what, nearest explanation first.
enum SymptomTable {
    /// By the catalogue: the kinds whose own it is first, then the others, each in the order of the catalogue.
    private static let table: [SignalName: [IncidentKind]] = Dictionary(
        uniqueKeysWithValues: Set(Catalogue.all.flatMap { $0.owns.union($0.folds) }).map { name in
            let owners = Catalogue.all.filter { $0.owns.contains(name) }
            return (name, (owners + Catalogue.all.filter { $0.folds.contains(name) }).map(\.kind))
        })

    /// The signals that are symptoms, in order.
    static let names: [SignalName] = table.keys.sorted { $0.rawValue < $1.rawValue }

    /// The kinds that explain it.
    static func causes(of name: SignalName) -> [IncidentKind] { table[name] ?? [] }

    /// The symptom that a signal is; nil if it is none.
    static func symptom(_ signal: Signal) -> Symptom? {
        guard table[signal.name] != nil else { return nil }
        // One pod that fails is told by its runtime, by the part of it that failed, and by the kubelet: that is one symptom.
        let failed = signal.failedPod
        return Symptom(
            name: failed == nil ? signal.name.rawValue : SignalName.createFailed.rawValue,
            summary: (failed ?? signal.excerpt).bounded(200), firstSeen: signal.at.wall,
            lastSeen: signal.at.wall, count: 1)
    }
}
