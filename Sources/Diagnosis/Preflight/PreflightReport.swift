// SPDX-License-Identifier: Apache-2.0

/// A version that a component of the node is to get.
public struct UpgradeTarget: Hashable, Sendable {
    /// The components that can be named.
    public static let components = ["containerd", "cri-o", "cri-dockerd", "crun", "runc", "kubelet"]

    /// One of ``components``.
    public let component: String
    /// As it was written.
    public let version: String
    let number: SoftwareVersion

    /// Reads `containerd=2.0.3`; `1.36` is 1.36.0, but for crun, which numbers itself so. Nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let number = SoftwareVersion(parts[1]) else { return nil }
        let name = parts[0] == "crio" ? "cri-o" : String(parts[0])
        let told = parts[1].hasPrefix("v") ? parts[1].dropFirst() : parts[1]
        let digits = told.prefix { $0 == "." || $0.isASCII && $0.isNumber }
        let rest = told.dropFirst(digits.count)
        let numbers = digits.split(separator: ".", omittingEmptySubsequences: false)
        guard Self.components.contains(name), (2...3).contains(numbers.count), !numbers.contains(""),
            rest.first.map({ "-~+".contains($0) }) ?? true,
            rest.utf8.allSatisfy({
                "-~+.".utf8.contains($0) || 0x41...0x5A ~= $0 || 0x61...0x7A ~= $0 || 0x30...0x39 ~= $0
            })
        else { return nil }
        component = name
        version = numbers.count == 2 && name != "crun" ? digits + ".0" + rest : String(told)
        self.number = number
    }
}

/// One thing that an upgrade, or the next restart, meets on this node.
public struct PreflightFinding: Hashable, Sendable, Encodable {
    /// How bad it would be.
    public enum Severity: String, Hashable, Sendable, Encodable, CaseIterable {
        /// Pods, the runtime or the kubelet would break.
        case blocker
        /// Something would go wrong, now or under a condition that is named.
        case warning
        /// Worth knowing.
        case note
    }

    /// How bad it would be.
    public var severity: Severity
    /// Stable name: `default-runtime`, or the id of a row of the tables.
    public var id: String
    /// What it is about: a component, a runtime, a path.
    public var subject: String
    /// What is so.
    public var sentence: String
    /// What proves it, a line each.
    public var evidence: [String]
    /// What follows.
    public var consequence: String
    /// What to do before the upgrade; empty: nothing.
    public var first: String
    /// Who says so, where it is not the node itself; empty: the node.
    public var source: String
}

/// What a node would run into.
public struct PreflightReport: Sendable, Encodable {
    /// One word.
    public enum Verdict: String, Sendable, Encodable, CaseIterable {
        /// Nothing, as far as was examined, and nothing that matters could not be.
        case clear
        /// The worst finding is a warning.
        case warnings
        /// There is a blocker.
        case blockers
        /// Nothing worse than a note, but something could not be examined.
        case unknown
    }

    /// A component and its versions.
    public struct Component: Sendable, Encodable {
        /// `containerd`.
        public var name: String
        /// What runs; nil: not known.
        public var running: String?
        /// What it is to become; nil: it stays.
        public var target: String?
    }

    /// One word.
    public var verdict: Verdict
    /// The node by its own name.
    public var node: String
    /// When the node was as it is judged.
    public var at: String
    /// Date of the tables.
    public var data: String
    /// What is judged.
    public var components: [Component]
    /// Worst first.
    public var findings: [PreflightFinding]
    /// What was examined.
    public var examined: [String]
    /// What could not be examined.
    public var unread: [String]
    /// What the node was like, for a later look.
    public var state: PreflightState
}
