// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// A container that ended because somebody holds the address it wants, and who.
struct AddressConflict: Hashable, Sendable {
    /// Who holds an address.
    enum Holder: Hashable, Sendable {
        /// A container that its runtime denies.
        case leftover(ContainerFacts.Entry)
        /// A container that its runtime lists as running.
        case container(ContainerFacts.Entry)
        /// A runtime's own listener.
        case runtime(String)
        /// Another systemd unit.
        case unit(String)
        /// A process without a unit that says anything.
        case process
    }

    /// The container that wants it.
    var container: Container
    /// Where it is listed.
    var endpoint: Endpoint?
    /// What its log says.
    var line: String
    var loggedAt: Moment
    /// `18080`; nil: the log does not say, and nobody is found who has it.
    var port: UInt16?
    var address: String?
    var process: ProcessIdentity?
    var holder: Holder?
    var holderAt: Moment?
    /// Who held it has ended since.
    var isOver = false
    /// The latest look found nobody on the port; nil: somebody was there, or nobody has looked since.
    var freeSince: Moment?

    var leftover: ContainerFacts.Entry? {
        if case .leftover(let entry) = holder { return entry }
        return nil
    }

    /// Every conflict that the logs that were read tell of, oldest container first; also of containers that have left
    /// the lists since.
    static func all(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> [AddressConflict] {
        facts.containers.logs.values.compactMap { log in
            guard let container = facts.containers.logged[log.value.id], container.state == .exited,
                let found = BindFailure.find(in: log.value.lines ?? [])
            else { return nil }
            var conflict = AddressConflict(
                container: container, line: found.line, loggedAt: log.at, port: found.port,
                address: found.address)
            conflict.endpoint =
                facts.runtimes.first { ($0.containers ?? []).contains { $0.id == container.id } }?.endpoint
                ?? facts.runtimes.first?.endpoint
            conflict.resolve(facts, configuration)
            return conflict
        }.sorted {
            ($0.container.createdAt ?? $0.loggedAt.wall, $0.container.id) < (
                $1.container.createdAt ?? $1.loggedAt.wall, $1.container.id
            )
        }
    }

    /// Ended containers whose log may tell, and that nobody has read: young, and restarted before or on a node with
    /// leftovers.
    static func unread(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> [Inquiry] {
        let suspicious = facts.containers.entries.values.contains { $0.denial != nil }
        var wanted: [Inquiry] = []
        for runtime in facts.runtimes where runtime.api.answered(since: nil) {
            let containers = runtime.containers ?? []
            // Most run: those are not even copied.
            let ended = containers.indices.filter { containers[$0].state == .exited }.map { containers[$0] }
            let young = ended.filter { container in
                guard container.attempt > 0 || suspicious,
                    facts.containers.logs[container.id] == nil, facts.containers.entries[container.id] == nil,
                    let created = container.createdAt
                else { return false }
                return facts.now.wall - created <= configuration.logWindow
            }.sorted { ($0.createdAt ?? facts.now.wall, $0.id) > ($1.createdAt ?? facts.now.wall, $1.id) }
            wanted += young.prefix(2).map { .containerLog(runtime.endpoint, id: $0.id) }
        }
        return wanted
    }

    // MARK: Who holds it

    private mutating func resolve(_ facts: NodeFacts, _ configuration: EngineConfiguration) {
        if let port {
            guard let answer = Self.holders(of: port, facts) else { return }
            if let first = answer.value.first {
                take(first, facts, answer.at)
            } else if answer.at.monotonic > loggedAt.monotonic {
                freeSince = answer.at
            }
            return
        }
        guard
            let found = Self.listening(facts).first(where: { isPredecessor($0.entry) })
                ?? Self.onlyLeftover(facts)
        else {
            isOver = facts.containers.ended.values.contains {
                $0.wasDenied && $0.at.monotonic > loggedAt.monotonic
            }
            return
        }
        address = found.address
        port = TCPListener(address: found.address, holders: []).port
        take(found.process, facts, found.at)
    }

    /// Who listens on the port, by the latest look at it alone or at all of them.
    private static func holders(of port: UInt16, _ facts: NodeFacts) -> NodeAnswers.Dated<[ProcessIdentity]>?
    {
        let alone = facts.answers.tcpHolders(of: ":\(port)")
        guard let all = facts.containers.listeners,
            alone.map({ $0.at.monotonic < all.at.monotonic }) ?? true
        else { return alone }
        let found = all.value.filter { $0.port == port }
        // A table that was cut off does not say that nobody is there.
        if found.isEmpty, all.value.count >= ContainerFacts.listenersKept { return alone }
        return .init(at: all.at, value: found.flatMap(\.holders))
    }

    private mutating func take(_ process: ProcessIdentity, _ facts: NodeFacts, _ at: Moment) {
        if facts.containers.hasEnded(process, after: at) {
            isOver = true
            return
        }
        self.process = process
        holderAt = at
        if let entry = facts.containers.container(of: process) {
            if entry.processes.id == container.id { return }
            let mayBeStrangers =
                entry.processes.manager == .kubepods && OrphanedContainers.hasStrangers(facts)
            let isLeftover = entry.denial != nil && !mayBeStrangers
            holder = isLeftover ? .leftover(entry) : .container(entry)
        } else if let runtime = facts.runtimes.first(where: {
            $0.unit.name == process.unit || $0.unit.state?.mainPID == process.pid
        }) {
            holder = .runtime(runtime.name)
        } else {
            holder = process.unit.map { .unit($0) } ?? .process
        }
    }

    private struct Listening {
        var address: String
        var process: ProcessIdentity
        var entry: ContainerFacts.Entry
        var at: Moment
    }

    /// Addresses that living containers hold in the node's own network.
    private static func listening(_ facts: NodeFacts) -> [Listening] {
        var all: [Listening] = []
        for listener in facts.containers.listeners?.value ?? [] {
            for process in listener.holders {
                guard let entry = facts.containers.container(of: process),
                    let at = facts.containers.listeners?.at
                else { continue }
                all.append(Listening(address: listener.address, process: process, entry: entry, at: at))
            }
        }
        for (port, answer) in facts.answers.tcp {
            for process in answer.value {
                guard let entry = facts.containers.container(of: process) else { continue }
                all.append(Listening(address: ":" + port, process: process, entry: entry, at: answer.at))
            }
        }
        return all.sorted {
            ($0.entry.deniedSince == nil ? 1 : 0, $0.address) < (
                $1.entry.deniedSince == nil ? 1 : 0, $1.address
            )
        }
    }

    /// Of a log that names no port: the one leftover that listens at all.
    private static func onlyLeftover(_ facts: NodeFacts) -> Listening? {
        let leftovers = listening(facts).filter { $0.entry.denial != nil }
        return Set(leftovers.map(\.entry.processes.id)).count == 1 ? leftovers.first : nil
    }

    /// The same container of the same pod, or of the pod that it replaces: only the last part of the name differs.
    private func isPredecessor(_ entry: ContainerFacts.Entry) -> Bool {
        guard let pod = entry.processes.monitor?.pod, entry.processes.id != container.id,
            pod.container == container.name, pod.namespace == container.namespace
        else { return false }
        func stem(_ name: String) -> Substring { name.lastIndex(of: "-").map { name[..<$0] } ?? name[...] }
        return pod.pod == container.podName || stem(pod.pod) == stem(container.podName)
    }
}

extension TCPListener {
    /// The port of ``address``.
    var port: UInt16? {
        address.lastIndex(of: ":").flatMap { UInt16(address[address.index(after: $0)...]) }
    }
}
