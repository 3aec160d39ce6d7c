// SPDX-License-Identifier: Apache-2.0
public import HealthModel

/// All that is to be said about one kind of incident, but for its judgement and its words: the only table. Whatever else
/// lists kinds or causes is derived from it, or compared with it by a test.
public struct Catalogue: Sendable {
    /// One cause of the kind.
    public struct Row: Sendable {
        /// Which.
        public let cause: Cause
        /// The severities that an incident of this kind and cause can have; a finding with another one is a mistake.
        public let severities: [Severity]
        /// It lies in the runtime's own start (its configuration, binary, database, address): nothing else explains it.
        let isOfOwnStart: Bool

        init(_ cause: Cause, _ severities: Severity..., isOfOwnStart: Bool = false) {
            self.cause = cause
            self.severities = severities
            self.isOfOwnStart = isOfOwnStart
        }
    }

    /// Which kind.
    public let kind: IncidentKind
    /// The condition that an incident of this kind makes False; nil for kinds that have none.
    public let condition: Condition.Kind?
    /// MESSAGE_ID of its journal entries, for ever the same; an id is never given away again.
    public let messageID: String
    /// Plain text in Markdown; see ``Runbooks``.
    public let runbook: String
    /// Whether its diagnosis has a word on every subject that it knows: then silence means that the subject is gone.
    let speaksOfAll: Bool
    /// Complaints whose nearest explanation it is.
    let owns: Set<SignalName>
    /// Complaints that it explains where no nearer kind does.
    let folds: Set<SignalName>
    /// Nearest to the root first: the order is the rank.
    public let causes: [Row]

    init(
        _ kind: IncidentKind, condition: Condition.Kind? = nil, messageID: String, runbook: [UInt8],
        speaksOfAll: Bool = false, owns: Set<SignalName> = [], folds: Set<SignalName> = [], causes: [Row]
    ) {
        self.kind = kind
        self.condition = condition
        self.messageID = messageID
        self.runbook = String(decoding: runbook, as: UTF8.self)
        self.speaksOfAll = speaksOfAll
        self.owns = owns
        self.folds = folds
        self.causes = causes
    }

    /// What is said of this cause; nil where the kind does not know it.
    func row(_ cause: Cause) -> Row? { causes.first { $0.cause == cause } }

    /// Every kind that crihealthd itself diagnoses or advises on; of two that explain a complaint equally well the first
    /// has it.
    public static let all: [Catalogue] = [
        nodeFault, createFailing, imagePullFailing, storageDamaged, podNetworkFailing, networkNotReady,
        runtimeDown,
        runtimeSwitched, criVersionUnsupported, statusBlocked, kubeletDown, plegUnhealthy, containerStuck,
        orphanedContainers, addressInUse, shutdownNotGraceful, upgradeIncomplete, monitoringImpaired,
        knownDefect,
    ]

    private static let byKind = Dictionary(all.map { ($0.kind, $0) }, uniquingKeysWith: { first, _ in first })

    /// The catalogue of a kind; nil for kinds of rules.d.
    public static func of(_ kind: IncidentKind) -> Catalogue? { byKind[kind] }
}

/// How near to the root a cause is among those of its kind: an incident that is over keeps the nearest.
struct Rank: Hashable, Comparable, Codable, Sendable {
    /// Counted from the end of the kind's table; 0 is below all causes.
    var order: Int
    /// Of two findings of one cause: how much it concerns (the widest hour counts).
    var weight: Int

    /// Below all.
    static let none = Rank(order: 0, weight: .min)

    init(order: Int, weight: Int) {
        self.order = order
        self.weight = weight
    }

    /// A finding's place in the table of its kind; a rule's own incident has one cause only.
    init(of finding: Finding, _ kind: IncidentKind) {
        order = finding.rankedAs.map { Self.order($0, of: kind) } ?? 1
        weight = finding.weight
    }

    /// The place of a cause, from the end of the kind's table; 0 for one that it does not know.
    static func order(_ cause: Cause, of kind: IncidentKind) -> Int {
        guard let causes = Catalogue.of(kind)?.causes,
            let index = causes.firstIndex(where: { $0.cause == cause })
        else {
            return 0
        }
        return causes.count - index
    }

    static func < (a: Rank, b: Rank) -> Bool { (a.order, a.weight) < (b.order, b.weight) }
}
