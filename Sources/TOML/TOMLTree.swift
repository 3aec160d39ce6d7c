// SPDX-License-Identifier: Apache-2.0

/// A table while the document is read: later headers and dotted keys may still add to it.
final class TOMLNode {
    /// How the table came to be, which decides who may add to it.
    enum Origin {
        /// Named on the way to another table's header.
        case implied
        /// `[name]`, or one of `[[name]]`.
        case header
        /// `name.key = …`
        case dotted
    }

    enum Item {
        /// A value that is complete, inline tables and arrays too.
        case value(TOMLValue)
        case node(TOMLNode)
        case list(TOMLNodeList)
    }

    var origin: Origin
    private(set) var keys: [String] = []
    private var items: [String: Item] = [:]

    init(_ origin: Origin) { self.origin = origin }

    subscript(key: String) -> Item? { items[key] }

    /// Adds a key that is not there yet.
    func add(_ key: String, _ item: Item) {
        keys.append(key)
        items[key] = item
    }

    /// The finished table. Nodes are at most ``TOMLParser/depthLimit`` deep.
    func table() -> TOMLTable {
        TOMLTable(
            keys: keys,
            values: items.mapValues { item in
                switch item {
                case .value(let value): value
                case .node(let node): .table(node.table())
                case .list(let list): .array(list.nodes.map { .table($0.table()) })
                }
            })
    }
}

/// What `[[name]]` headers add to.
final class TOMLNodeList {
    var nodes: [TOMLNode]

    init(_ first: TOMLNode) { nodes = [first] }
}
