// SPDX-License-Identifier: Apache-2.0
public import HealthModel

/// Everything that the engine carries over a restart of the daemon.
public struct EngineState: Hashable, Codable, Sendable {
    var facts = NodeFacts()
    var book = IncidentBook()
    var conditions = ConditionTable()
    var changes = ChangeLog()
    /// What another version of crihealthd knew of the node could not be read; its incidents are kept. Not written.
    public private(set) var hasLostFacts = false

    /// The endpoints of the runtimes that are known.
    public var endpoints: [Endpoint] { facts.runtimes.map(\.endpoint) }

    /// Nothing known.
    public init() {}

    private enum CodingKeys: String, CodingKey { case facts, book, conditions, changes }

    /// Facts are many, and change with each version: what was open must outlive an upgrade all the same. The node is
    /// then asked anew; which boot it was stays known.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        book = try container.decode(IncidentBook.self, forKey: .book)
        if let conditions = try? container.decode(ConditionTable.self, forKey: .conditions) {
            self.conditions = conditions
        }
        // Of an earlier version there is none.
        if let changes = try? container.decode(ChangeLog.self, forKey: .changes) {
            self.changes = changes
            self.changes.bound()
        }
        do {
            facts = try container.decode(NodeFacts.self, forKey: .facts)
        } catch is DecodingError {
            let core = try container.decode(Core.self, forKey: .facts)
            facts.bootID = core.bootID
            facts.hostname = core.hostname
            facts.now = core.now
            hasLostFacts = true
        }
    }

    /// Why this cannot have been written by a daemon on this boot or an earlier one; nil: it can.
    public func fault(at now: Moment, bootID: String) -> String? {
        if let fault = book.fault { return fault }
        guard facts.bootID == bootID else { return nil }
        let latest = max(facts.now.monotonic, book.latest ?? facts.now.monotonic)
        // What was written last is a moment older than now; a second is for a clock that is read twice.
        guard latest.microseconds <= now.monotonic.microseconds.addingClamped(1_000_000) else {
            return "it is of a later time than now"
        }
        return nil
    }

    /// What every version wrote of its facts, and what incidents cannot do without.
    private struct Core: Decodable {
        var bootID: String
        var hostname: String
        var now: Moment
    }
}
