// SPDX-License-Identifier: Apache-2.0

/// CRI `VersionResponse`.
public struct RuntimeVersion: Hashable, Codable, Sendable {
    /// `RuntimeName`: `containerd`, `cri-o`.
    public var name: String
    /// `RuntimeVersion`: `1.6.20~ds1`, `1.29.9`.
    public var version: String
    /// `RuntimeApiVersion`: `v1`, `v1alpha2`.
    public var apiVersion: String

    /// Makes a version.
    public init(name: String, version: String, apiVersion: String) {
        self.name = name
        self.version = version
        self.apiVersion = apiVersion
    }
}

/// CRI `StatusResponse`, as `crictl info` prints it.
public struct RuntimeStatus: Hashable, Codable, Sendable {
    /// One CRI `RuntimeCondition`.
    public struct Condition: Hashable, Codable, Sendable {
        /// `RuntimeReady`, `NetworkReady`, …
        public var type: String
        /// Whether it holds.
        public var status: Bool
        /// CamelCase reason; empty when all is well.
        public var reason: String
        /// For people.
        public var message: String

        /// Makes a condition.
        public init(type: String, status: Bool, reason: String, message: String) {
            self.type = type
            self.status = status
            self.reason = reason
            self.message = message
        }
    }

    /// All conditions, in the runtime's order.
    public var conditions: [Condition]
    /// containerd's `lastCNILoadStatus`: `OK`, or why the CNI configuration did not load.
    public var lastCNILoadStatus: String?
    /// Where CNI configuration is read from, when the runtime says so (containerd's `config.cni.confDir`).
    public var cniConfDir: String?
    /// The default OCI runtime, when the runtime says so.
    public var defaultRuntime: String?
    /// Where it keeps its things, as far as it says so.
    public var places: RuntimePlaces?

    /// Makes a status.
    public init(
        conditions: [Condition], lastCNILoadStatus: String? = nil, cniConfDir: String? = nil,
        defaultRuntime: String? = nil, places: RuntimePlaces? = nil
    ) {
        self.conditions = conditions
        self.lastCNILoadStatus = lastCNILoadStatus
        self.cniConfDir = cniConfDir
        self.defaultRuntime = defaultRuntime
        self.places = places
    }

    /// The condition of that type, if the runtime reports it.
    public func condition(_ type: String) -> Condition? { conditions.first { $0.type == type } }
}

/// One CRI `PodSandbox` of `crictl pods`.
public struct PodSandbox: Hashable, Codable, Sendable {
    /// 64 hex digits.
    public var id: String
    /// Pod name.
    public var name: String
    /// Namespace.
    public var namespace: String
    /// Pod UID.
    public var uid: String
    /// Attempt number.
    public var attempt: UInt32
    /// `SANDBOX_READY`.
    public var ready: Bool
    /// Creation time; nil when it was not printed.
    public var createdAt: WallTime?
    /// The handler of its RuntimeClass; nil or empty: the runtime's default of the day.
    public var runtimeHandler: String?

    /// Makes a sandbox.
    public init(
        id: String, name: String, namespace: String, uid: String, attempt: UInt32 = 0, ready: Bool,
        createdAt: WallTime? = nil, runtimeHandler: String? = nil
    ) {
        self.id = id
        self.name = name
        self.namespace = namespace
        self.uid = uid
        self.attempt = attempt
        self.ready = ready
        self.createdAt = createdAt
        self.runtimeHandler = runtimeHandler
    }
}

/// One CRI `Container` of `crictl ps --all`.
public struct Container: Hashable, Codable, Sendable {
    /// CRI `ContainerState`.
    public enum State: String, Hashable, Codable, Sendable {
        /// `CONTAINER_CREATED`.
        case created
        /// `CONTAINER_RUNNING`.
        case running
        /// `CONTAINER_EXITED`.
        case exited
        /// `CONTAINER_UNKNOWN`, or a state this version does not know.
        case unknown
    }

    /// 64 hex digits.
    public var id: String
    /// The sandbox it belongs to.
    public var podSandboxID: String
    /// Container name.
    public var name: String
    /// Its pod's name, from the kubelet's labels; empty without them.
    public var podName: String
    /// Its pod's namespace, from the kubelet's labels; empty without them.
    public var namespace: String
    /// State.
    public var state: State
    /// Attempt number.
    public var attempt: UInt32
    /// Creation time; nil when it was not printed.
    public var createdAt: WallTime?

    /// Makes a container.
    public init(
        id: String, podSandboxID: String, name: String, podName: String = "", namespace: String = "",
        state: State,
        attempt: UInt32 = 0, createdAt: WallTime? = nil
    ) {
        self.id = id
        self.podSandboxID = podSandboxID
        self.name = name
        self.podName = podName
        self.namespace = namespace
        self.state = state
        self.attempt = attempt
        self.createdAt = createdAt
    }
}
