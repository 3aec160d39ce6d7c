// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// A kill that failed because the OCI runtime does not know the container: the line names both.
struct FailedKill: Hashable, Codable, Sendable {
    var id: String
    var identity: OCIRuntimeIdentity?
    var signal: Signal

    /// Reads `` `/usr/libexec/crio/crun --root /run/crun --systemd-cgroup kill ID KILL` failed: REASON ``; nil where the
    /// reason is any other than that this OCI runtime has no state of this container.
    init?(_ signal: Signal) {
        guard signal.name == .stopStuck, let id = signal.captures["id"],
            let detail = signal.captures["detail"], Self.isUnknown(id, signal.captures)
        else { return nil }
        self.id = id
        self.signal = signal
        let command = detail.split(separator: "`", maxSplits: 1).first ?? ""
        let words = command.split(separator: " ", maxSplits: 16)
        guard let path = words.first, path.hasPrefix("/") else { return }
        var root: String?
        for (index, word) in words.enumerated() {
            if word == "--root", index + 1 < words.count { root = String(words[index + 1]) }
            if word.hasPrefix("--root=") { root = String(word.dropFirst(7)) }
        }
        identity = OCIRuntimeIdentity(path: String(path), root: root)
    }

    /// crun: `` error opening file `/run/crun/ID/status`: No such file or directory `` (src/libcrun/status.c). runc:
    /// `container does not exist` (1.1), `container "ID" does not exist` (1.0).
    ///
    /// ENOENT alone is no such word: a process, a cgroup or the OCI runtime itself can be missing, too.
    private static func isUnknown(_ id: String, _ captures: [String: String]) -> Bool {
        if let named = captures["named"] { return named.isEmpty || named == "\"\(id)\" " }
        return captures["file"]?.hasSuffix("/\(id)") == true
    }
}

/// A start that cannot end: the runtime wipes containers that its OCI runtime does not know.
struct BlockedStart: Hashable, Codable, Sendable {
    static let limit = 256

    /// When the start began; nil: nobody told.
    var startedAt: Moment?
    /// The first kill that failed.
    var first: FailedKill
    var last: FailedKill
    /// How many kills failed.
    var count: Int
    var ids: Set<String>

    /// Kills that failed during one start, oldest first; nil for none.
    init?(_ kills: [FailedKill], startedAt: Moment?) {
        guard let first = kills.first, let last = kills.last else { return nil }
        self.startedAt = startedAt
        self.first = first
        self.last = last
        count = kills.count
        ids = Set(kills.map(\.id))
    }

    mutating func add(_ kill: FailedKill) {
        last = kill
        count.increment()
        if ids.count < Self.limit { ids.insert(kill.id) }
    }

    /// Since when the start is known to go on.
    var since: Moment { startedAt ?? first.signal.at }

    /// Whether it cannot end, as far as is known `now`: a kill was tried again in vain, or the start does not go on. One
    /// failed kill in a start that goes on is none.
    func isStuck(at now: Moment, after patience: Duration) -> Bool {
        count > ids.count || now.monotonic - since.monotonic >= patience
    }
}
