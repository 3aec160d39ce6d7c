// SPDX-License-Identifier: Apache-2.0

/// One condition of the node, in the shape of Kubernetes' conditions; `True` is good.
public struct Condition: Hashable, Codable, Sendable {
    /// The conditions, in the order in which they are shown.
    public enum Kind: String, Hashable, Codable, Sendable, CaseIterable {
        /// Every watched runtime serves its CRI endpoint.
        case runtimeReady = "RuntimeReady"
        /// CRI `NetworkReady` holds.
        case networkReady = "NetworkReady"
        /// The node itself has what runtime and kubelet need: disks, memory, limits, its bus.
        case nodeResourcesOK = "NodeResourcesOK"
        /// The runtime serves CRI v1.
        case criVersionSupported = "CRIVersionSupported"
        /// The kubelet runs, and sees its pods.
        case kubeletReady = "KubeletReady"
        /// Every container process is known to the runtime.
        case containersTracked = "ContainersTracked"
        /// Containers get their grace period at shutdown.
        case shutdownGraceful = "ShutdownGraceful"
        /// What runs is what is installed.
        case upgradeComplete = "UpgradeComplete"
        /// Nothing that runs is known to be broken or past its end of life.
        case versionsSupported = "VersionsSupported"
        /// crihealthd can see.
        case monitoringHealthy = "MonitoringHealthy"

        /// Advice: False is worth knowing, and never changes the verdict.
        public var isAdvice: Bool { self == .versionsSupported }
    }

    /// Kubernetes' three values.
    public enum Status: String, Hashable, Codable, Sendable, CaseIterable {
        /// Known to be good.
        case `true` = "True"
        /// Known to be bad.
        case `false` = "False"
        /// Not known.
        case unknown = "Unknown"
    }

    /// Longest ``message``, in bytes.
    public static let messageLimit = 1024

    /// Which.
    public var type: Kind
    /// Value.
    public var status: Status
    /// CamelCase.
    public var reason: String
    /// For people, at most ``messageLimit`` bytes.
    public var message: String
    /// When `status` last became another; nil while it is still the initial Unknown.
    public var lastTransitionTime: WallTime?

    /// Makes a condition.
    public init(type: Kind, status: Status, reason: String, message: String, lastTransitionTime: WallTime?) {
        self.type = type
        self.status = status
        self.reason = reason
        self.message = message
        self.lastTransitionTime = lastTransitionTime
    }
}
