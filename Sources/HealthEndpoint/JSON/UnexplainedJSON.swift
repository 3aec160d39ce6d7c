// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Error lines that no rule knows, since the daemon first saw this node.
struct UnexplainedJSON: Encodable {
    struct GroupJSON: Encodable {
        let unit: String
        let shape: String
        let example: String
        let count: UInt64
        let firstSeen: String
        let lastSeen: String
    }

    let lines: UInt64
    let groups: [GroupJSON]

    init(_ lines: UnexplainedLines) {
        self.lines = lines.lines
        groups = lines.groups.map {
            GroupJSON(
                unit: $0.unit, shape: $0.shape, example: $0.example, count: $0.count,
                firstSeen: $0.first.description, lastSeen: $0.last.description)
        }
    }
}
