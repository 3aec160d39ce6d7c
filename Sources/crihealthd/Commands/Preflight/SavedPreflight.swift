// SPDX-License-Identifier: Apache-2.0
import Diagnosis
import FoundationEssentials

/// A file of `crihealthd preflight --save`.
struct SavedPreflight: Decodable {
    private static let limit = 4 << 20

    var state: PreflightState

    /// What the node was like then.
    static func read(_ path: String) throws -> PreflightState {
        let bytes = try FileBytes.read(path, limit: limit)
        guard let saved = try? JSONDecoder().decode(Self.self, from: Data(bytes)) else {
            throw CommandProblem("\(path): not a file that `crihealthd preflight --save` wrote")
        }
        return saved.state
    }
}
