// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Synchronization
import Testing

@testable import crihealthd

/// Names that are known only after the start.
@Suite struct OwnNamesTests {
    private struct Node {
        var names = ["node7"]
        var reads = 0
        var now: Duration = .zero
    }

    @Test func aNameThatComesLaterIsFoundAndFilesAreReadSeldom() {
        let node = Shared(Node())
        let own = OwnNames(
            read: {
                node.state.withLock {
                    $0.reads += 1
                    return $0.names
                }
            }, now: { MonotonicTime(microseconds: 0) + node.state.withLock { $0.now } })
        func reads() -> Int { node.state.withLock { $0.reads } }

        #expect(own.contains("node7"))
        #expect(!own.contains("node7.corp.example"))
        #expect(reads() == 1)
        node.state.withLock { $0.names.append("node7.corp.example") }
        node.state.withLock { $0.now = OwnNames.pause - .seconds(1) }
        #expect(!own.contains("node7.corp.example"))
        #expect(reads() == 1)
        node.state.withLock { $0.now = OwnNames.pause }
        #expect(own.contains("node7.corp.example"))
        for _ in 0..<100 { #expect(!own.contains("evil.example")) }
        #expect(own.contains("node7"))
        #expect(reads() == 2)
    }

    private final class Shared: Sendable {
        let state: Mutex<Node>
        init(_ node: Node) { state = Mutex(node) }
    }
}
