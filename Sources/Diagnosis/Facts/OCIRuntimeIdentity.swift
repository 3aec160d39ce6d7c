// SPDX-License-Identifier: Apache-2.0
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

    /// The OCI runtime behind a handler; nil: it is not configured.
    func identity(ofHandler name: String) -> OCIRuntimeIdentity? {
        handler(name).flatMap { OCIRuntimeIdentity(path: $0.path ?? $0.name, root: $0.root) }
    }

    /// The handler through which `identity` is asked; nil: none is configured.
    func handler(of identity: OCIRuntimeIdentity) -> Handler? {
        handlers.first { self.identity(ofHandler: $0.name)?.finds(containersOf: identity) == true }
    }
}
