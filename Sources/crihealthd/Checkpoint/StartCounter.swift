// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials

/// Counts starts that ended before the daemon had lived a while: a checkpoint that ends the process does so again at each
/// start, during the outage that it is about.
struct StartCounter: Sendable {
    /// So many such starts, and the checkpoint is set aside.
    static let limit = 2
    /// After this a start has gone well.
    static let longEnough: Duration = .seconds(20)

    private let path: String

    /// Counts in this directory.
    init(directory: String) { path = directory + "/starts" }

    /// Counts this start; how many before it ended too early.
    func begin() -> Int {
        let text = (try? FileBytes.read(path, limit: 64)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let earlier = min(max(Int(text) ?? 0, 0), 1000)
        try? FileBytes.replace(
            path, with: Array(String(earlier + 1).utf8), beside: path + ".new", mode: 0o600, synced: false)
        return earlier
    }

    /// This start has gone well.
    func survived() { FileBytes.remove(path) }
}
