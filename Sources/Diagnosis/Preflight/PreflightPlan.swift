// SPDX-License-Identifier: Apache-2.0
public import HealthModel

/// What a node was like, for a later look to be compared with.
public struct PreflightState: Hashable, Sendable, Codable {
    /// The node by its own name.
    public var node: String
    /// When.
    public var at: WallTime
    /// The versions that were to come, by component.
    public var targets: [String: String]
    /// Open and suspected incidents: `RuntimeDown/Hung containerd`.
    public var incidents: [String]
    /// Kinds of error lines that no rule knows: unit and shape.
    public var unexplained: [String]
    /// Pods that were ready, by runtime.
    public var readyPods: [String: Int]
}

/// What is to be judged.
public struct PreflightPlan: Sendable {
    /// The versions that are to come; after the upgrade those that are to run.
    public var targets: [UpgradeTarget]
    /// Package files that are to be installed.
    public var packages: [UpgradePackage]
    /// Versions that somebody else told, by component: they count where none was seen.
    public var told: [String: String]
    /// Whether the upgrade has been.
    public var isAfter: Bool
    /// What the node was like before it; nil: not known.
    public var before: PreflightState?
    /// The certificates that the node's own programs live by.
    public var certificates: [CertificateValidity]
    /// What whoever made the plan could not look at.
    public var unread: [String]

    /// Makes a plan.
    public init(
        targets: [UpgradeTarget] = [], packages: [UpgradePackage] = [], told: [String: String] = [:],
        isAfter: Bool = false, before: PreflightState? = nil, certificates: [CertificateValidity] = [],
        unread: [String] = []
    ) {
        self.targets = targets
        self.packages = packages
        self.told = told
        self.isAfter = isAfter
        self.before = before
        self.certificates = certificates
        self.unread = unread
    }
}
