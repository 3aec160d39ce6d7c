// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// The conditions, each with the time of its last change.
struct ConditionTable: Hashable, Codable, Sendable {
    private(set) var all: [Condition] = Condition.Kind.allCases.map(initial)

    /// What is known of one condition now.
    struct Word: Hashable, Sendable {
        var status: Condition.Status
        var reason: String
        var message: String
    }

    /// Brings every condition up to date.
    mutating func update(_ facts: NodeFacts, _ book: IncidentBook, _ advisor: Advisor, at now: Moment) {
        addMissing()
        for index in all.indices {
            let word = Self.word(on: all[index].type, facts, book, advisor)
            if word.status != all[index].status { all[index].lastTransitionTime = now.wall }
            all[index].status = word.status
            all[index].reason = word.reason
            all[index].message = word.message.bounded(Condition.messageLimit)
        }
    }

    /// Conditions that the daemon which wrote a checkpoint did not know.
    private mutating func addMissing() {
        let kinds = Condition.Kind.allCases
        guard all.count < kinds.count else { return }
        let known = Dictionary(all.map { ($0.type, $0) }, uniquingKeysWith: { first, _ in first })
        all = kinds.map { known[$0] ?? Self.initial($0) }
    }

    private static func initial(_ kind: Condition.Kind) -> Condition {
        Condition(
            type: kind, status: .unknown, reason: "NotAssessed", message: "Nothing is known yet.",
            lastTransitionTime: nil)
    }

    private static func word(
        on kind: Condition.Kind, _ facts: NodeFacts, _ book: IncidentBook, _ advisor: Advisor
    ) -> Word {
        switch kind {
        case .runtimeReady: runtime(facts, book)
        case .networkReady: network(facts, book)
        case .nodeResourcesOK: resources(facts, book)
        case .criVersionSupported: version(facts, book)
        case .kubeletReady: kubelet(facts, book)
        case .monitoringHealthy: monitoring(facts, book)
        case .upgradeComplete: upgrade(facts, book)
        case .versionsSupported: versions(advisor)
        case .containersTracked: tracking(facts, book)
        case .shutdownGraceful: shutdown(facts, book)
        }
    }

    private static func runtime(_ facts: NodeFacts, _ book: IncidentBook) -> Word {
        let blocked = book.open(.runtimeSwitched).filter { $0.has(.startBlocked) }
        // One pod's failures are worth a word, and do not make the runtime unready.
        let creations = book.open(.createFailing).filter { $0.severity == .critical }
        if let incident =
            (book.open(.runtimeDown) + blocked + book.open(.statusBlocked) + creations
            + book.open(.storageDamaged)).first
        {
            return Word(
                status: incident.status == .suspected ? .unknown : .false, reason: incident.cause,
                message: incident.sentence)
        }
        guard !facts.runtimes.isEmpty else {
            return Word(
                status: .unknown, reason: "NoEndpoint", message: "No CRI endpoint was found on this node.")
        }
        // A second runtime that is installed and was not started, or that was given up, says nothing about the one in use.
        let idle = facts.runtimes.filter {
            $0.unit.phase == .stopped && !$0.unit.ranThisBoot || $0.unit.isGivenUp
        }
        let used = facts.runtimes.filter { !idle.contains($0) }
        if used.isEmpty { return asleep(idle) }
        if let unseen = unseen(used) { return unseen }
        for runtime in used where !runtime.api.answered(since: nil) {
            return Word(
                status: .unknown, reason: runtime.api.failing == nil ? "NotAsked" : "NotAnswering",
                message: silence(of: runtime))
        }
        for runtime in used where runtime.status?.condition("RuntimeReady")?.status == false {
            return Word(
                status: .false, reason: "RuntimeNotReady",
                message: "\(runtime.name) reports that it is not ready.")
        }
        return answering(used)
    }

    /// What the runtime said last is no knowledge of now while it cannot be asked.
    private static func unseen(_ runtimes: [RuntimeFacts]) -> Word? {
        runtimes.first { $0.api.broken != nil }.map { runtime in
            Word(status: .unknown, reason: "ProbeBroken", message: "\(runtime.name) cannot be asked.")
        }
    }

    /// No runtime of this node is in use, as far as systemd says.
    private static func asleep(_ runtimes: [RuntimeFacts]) -> Word {
        if let runtime = runtimes.first(where: \.unit.isGivenUp) {
            return Word(
                status: .unknown, reason: "Disabled", message: "\(runtime.name) was stopped and disabled.")
        }
        if let unseen = unseen(runtimes) { return unseen }
        // Something else than its unit serves it.
        if runtimes.allSatisfy({ $0.api.answered(since: nil) }) { return answering(runtimes) }
        let names = runtimes.map(\.name).joined(separator: ", ")
        return Word(status: .unknown, reason: "NotStarted", message: "\(names) has not been started.")
    }

    private static func answering(_ runtimes: [RuntimeFacts]) -> Word {
        let names = runtimes.map { runtime in
            runtime.name + (runtime.version.map { " \($0.version)" } ?? "") + " answers"
        }
        return Word(status: .true, reason: "Answering", message: names.joined(separator: ", ") + ".")
    }

    /// Why nothing is known of a runtime by its own word.
    private static func silence(of runtime: RuntimeFacts) -> String {
        switch runtime.api.failing?.failure.reason {
        case nil: return "\(runtime.name) has not answered yet."
        case .socketMissing: return "\(runtime.name) does not answer: it has no socket."
        case .refused: return "\(runtime.name) does not answer: nobody listens on its socket."
        default: return "\(runtime.name) does not answer."
        }
    }

    private static func network(_ facts: NodeFacts, _ book: IncidentBook) -> Word {
        if let incident = (book.open(.networkNotReady) + book.open(.podNetworkFailing)).first {
            return Word(
                status: incident.status == .suspected ? .unknown : .false, reason: incident.cause,
                message: incident.explanation)
        }
        if !book.open(.runtimeDown).isEmpty {
            return Word(status: .unknown, reason: "RuntimeDown", message: "The runtime cannot be asked.")
        }
        guard let runtime = facts.runtimes.first(where: { $0.status?.condition("NetworkReady") != nil }),
            let condition = runtime.status?.condition("NetworkReady")
        else { return Word(status: .unknown, reason: "NotAsked", message: "No answer yet.") }
        if let unseen = unseen([runtime]) { return unseen }
        return condition.status
            ? Word(
                status: .true, reason: "NetworkReady", message: "\(runtime.name) reports NetworkReady=true.")
            // What is false is an incident, above.
            : Word(status: .unknown, reason: condition.reason, message: condition.message)
    }

    /// CRI v1 is what every kubelet since 1.26 requires. False is what is an incident; a refusal that is none (yet) is
    /// no knowledge, and v1alpha2 where nothing needs v1 is enough.
    ///
    /// One endpoint that serves it is enough: beside cri-dockerd there is often a containerd without CRI.
    private static func version(_ facts: NodeFacts, _ book: IncidentBook) -> Word {
        if let incident = book.open(.criVersionUnsupported).first {
            return Word(status: .false, reason: incident.cause, message: incident.sentence)
        }
        let refusing = facts.runtimes.filter { $0.api.rungs[.version]?.failure?.reason == .unimplemented }
        let serving = facts.runtimes.first { runtime in
            runtime.version?.apiVersion == "v1" && !refusing.contains { $0.endpoint == runtime.endpoint }
        }
        if let serving {
            return unseen([serving])
                ?? Word(status: .true, reason: "CRIv1", message: "\(serving.name) serves CRI v1.")
        }
        if let old = facts.runtimes.first(where: { $0.api.service.alphaAnsweredAt != nil }) {
            return unseen([old])
                ?? Word(
                    status: .true, reason: "CRIv1alpha2",
                    message:
                        "\(old.name) serves CRI v1alpha2 only, and nothing on this node is known to need v1.")
        }
        guard let runtime = refusing.first else {
            return Word(status: .unknown, reason: "NotAsked", message: "No answer yet.")
        }
        return Word(
            status: .unknown, reason: refused,
            message: "\(runtime.name) refused runtime.v1.RuntimeService;"
                + " whether that lasts, and whether anybody needs it, is not known yet.")
    }

    /// The reason of CRIVersionSupported while a refusal is no incident.
    static let refused = "CRIv1Refused"

    private static func monitoring(_ facts: NodeFacts, _ book: IncidentBook) -> Word {
        if let incident = book.open(.monitoringImpaired).first(where: { $0.severity > .info }) {
            return Word(status: .false, reason: incident.cause, message: incident.sentence)
        }
        guard facts.monitoring.journalReady else {
            return Word(status: .unknown, reason: "Starting", message: "The journal has not been read yet.")
        }
        if facts.monitoring.journal == .noFiles {
            return Word(
                status: .unknown, reason: "NoJournalFiles", message: "There is no journal file to read.")
        }
        return Word(status: .true, reason: "Seeing", message: "The journal and the CRI sockets can be read.")
    }
}
