public import HealthModel

/// Everything that the engine carries over a restart of the daemon.
public struct EngineState: Hashable, Codable, Sendable {
    var facts = NodeFacts()
    var book = IncidentBook()
    var conditions = ConditionTable()
    /// What another version of crihealthd knew of the node could not be read; its incidents are kept. Not written.
    public private(set) var hasLostFacts = false

    /// The endpoints of the runtimes that are known.
    public var endpoints: [Endpoint] { facts.runtimes.map(\.endpoint) }

    /// Nothing known.
    public init() {}

    private enum CodingKeys: String, CodingKey { case facts, book, conditions }

    /// Facts are many, and change with each version: what was open must outlive an upgrade all the same. The node is
    /// then asked anew; which boot it was stays known.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        book = try container.decode(IncidentBook.self, forKey: .book)
        if let conditions = try? container.decode(ConditionTable.self, forKey: .conditions) {
            self.conditions = conditions
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

    /// What every version wrote of its facts, and what incidents cannot do without.
    private struct Core: Decodable {
        var bootID: String
        var hostname: String
        var now: Moment
    }
}
