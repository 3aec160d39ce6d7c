import HealthModel

/// Which complaints are symptoms, and of what, nearest explanation first.
enum SymptomTable {
    private static let table: [(name: SignalName, causes: [IncidentKind])] = [
        (.kubeletRuntimeDown, [.runtimeDown, .runtimeSwitched, .criVersionUnsupported, .statusBlocked]),
        (.kubeletPLEG, [.runtimeDown, .runtimeSwitched, .criVersionUnsupported, .statusBlocked]),
        (
            .kubeletRuntimeUnreachable,
            [.runtimeDown, .runtimeSwitched, .criVersionUnsupported, .statusBlocked]
        ),
        (.kubeletNetworkNotReady, [.networkNotReady, .runtimeDown, .runtimeSwitched, .statusBlocked]),
        (
            .kubeletNotReady,
            [.runtimeDown, .runtimeSwitched, .criVersionUnsupported, .statusBlocked, .networkNotReady]
        ),
        (.sandboxNetworkFailed, [.networkNotReady, .statusBlocked, .runtimeDown]),
        (.createFailed, [.createFailing, .networkNotReady, .statusBlocked, .runtimeDown, .runtimeSwitched]),
        (.kubeletCRIUnsupported, [.criVersionUnsupported]),
        (.clientCRIUnsupported, [.criVersionUnsupported]),
    ]

    /// The signals that are symptoms.
    static var names: [SignalName] { table.map(\.name) }

    /// The kinds that explain it.
    static func causes(of name: SignalName) -> [IncidentKind] {
        table.first { $0.name == name }?.causes ?? []
    }

    /// The symptom that a signal is; nil if it is none.
    static func symptom(_ signal: Signal) -> Symptom? {
        guard table.contains(where: { $0.name == signal.name }) else { return nil }
        return Symptom(
            name: signal.name.rawValue, summary: signal.excerpt.bounded(200), firstSeen: signal.at.wall,
            lastSeen: signal.at.wall, count: 1)
    }
}
