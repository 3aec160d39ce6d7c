import HealthModel

/// What decides whether one OCI runtime finds a container that another one made: its kind, and where it keeps state.
/// Another path to the same is no change.
struct OCIRuntimeIdentity: Hashable, Codable, Sendable {
    /// `runc`, `crun`.
    var kind: String
    /// `/run/runc`; nil: not known.
    var root: String?

    /// By binary (`/usr/libexec/crio/crun`, `crio-crun`) and root.
    init?(path: String?, root: String?) {
        guard let name = path?.split(separator: "/").last else { return nil }
        kind = String(name.hasPrefix("crio-") ? name.dropFirst(5) : name)
        self.root = root.map { $0.count > 1 && $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
    }

    /// Whether it can have made what the other is asked for.
    func finds(containersOf other: OCIRuntimeIdentity) -> Bool {
        guard kind == other.kind else { return false }
        guard let root, let theirs = other.root else { return true }
        return root == theirs
    }

    /// `runc (/run/runc)`.
    var label: String { kind + (root.map { " (\($0))" } ?? "") }
}

extension Monitor {
    /// The OCI runtime that made the container.
    var identity: OCIRuntimeIdentity? { OCIRuntimeIdentity(path: runtimePath, root: runtimeRoot) }
}

extension RuntimeConfiguration {
    /// The OCI runtime of a container without a handler of its own; nil: CRI-O's built-in default.
    var defaultIdentity: OCIRuntimeIdentity? {
        guard let name = defaultRuntime else { return nil }
        let handler = handler(name)
        return OCIRuntimeIdentity(path: handler?.path ?? name, root: handler?.root)
    }
}

/// A kill that failed because the OCI runtime does not know the container: the line names both.
struct FailedKill: Hashable, Codable, Sendable {
    var id: String
    var identity: OCIRuntimeIdentity?
    var signal: Signal

    /// Reads `` `/usr/libexec/crio/crun --root /run/crun --systemd-cgroup kill ID KILL` failed: error opening file …:
    /// No such file or directory `` (crun) and `container does not exist` (runc); nil for any other failure.
    init?(_ signal: Signal) {
        guard signal.name == .stopStuck, let id = signal.captures["id"],
            let detail = signal.captures["detail"],
            ["no such file or directory", "does not exist", "not found"].contains(where: {
                detail.lowercased().contains($0)
            })
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
}

/// A start that cannot end: the runtime wipes containers that its OCI runtime does not know.
struct BlockedStart: Hashable, Codable, Sendable {
    static let limit = 256

    var startedAt: Moment
    var last: FailedKill
    /// How many kills failed.
    var count: Int
    var ids: Set<String>

    init(_ kill: FailedKill, startedAt: Moment?) {
        self.startedAt = startedAt ?? kill.signal.at
        last = kill
        count = 1
        ids = [kill.id]
    }

    mutating func add(_ kill: FailedKill) {
        last = kill
        count += 1
        if ids.count < Self.limit { ids.insert(kill.id) }
    }
}
