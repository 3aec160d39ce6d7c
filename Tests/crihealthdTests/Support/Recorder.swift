// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Collects what handlers on other threads say.
final class Recorder<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])

    func note(_ value: Value) { values.withLock { $0.append(value) } }

    var all: [Value] { values.withLock { $0 } }
}
