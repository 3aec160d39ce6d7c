/// What a journal line means: a rule recognised it.
public struct Signal: Hashable, Codable, Sendable {
    /// Id of the rule (`containerd-toml-invalid`).
    public var rule: String
    /// What it says to diagnoses; several rules can say the same.
    public var name: SignalName
    /// When the line was logged.
    public var at: Moment
    /// The unit it is about.
    public var unit: String?
    /// Cursor of the line.
    public var cursor: String
    /// What the template captured.
    public var captures: [String: String]
    /// The line's own message (logfmt's `msg`, klog's text), cut to 512 bytes, control characters removed.
    public var excerpt: String

    /// Makes a signal.
    public init(
        rule: String, name: SignalName, at: Moment, unit: String?, cursor: String, captures: [String: String],
        excerpt: String
    ) {
        self.rule = rule
        self.name = name
        self.at = at
        self.unit = unit
        self.cursor = cursor
        self.captures = captures
        self.excerpt = excerpt
    }
}

/// Names of signals: what diagnoses listen for. rules.d may name others.
public struct SignalName: RawRepresentable, Hashable, Codable, Sendable {
    /// kebab-case.
    public let rawValue: String

    /// Makes a name.
    public init(rawValue: String) { self.rawValue = rawValue }

    // MARK: The runtime's own start

    /// The runtime starts; capture `version`.
    public static let runtimeStarting = Self(rawValue: "runtime-starting")
    /// It serves a socket; capture `address`.
    public static let runtimeServing = Self(rawValue: "runtime-serving")
    /// The runtime says it is ready ("successfully booted").
    public static let runtimeBooted = Self(rawValue: "runtime-booted")
    /// The runtime begins to recover its state.
    public static let recoveryStarted = Self(rawValue: "recovery-started")
    /// The runtime stops on request.
    public static let runtimeStopping = Self(rawValue: "runtime-stopping")

    // MARK: Why it will not start

    /// Configuration refused; captures `file` and `detail` where the line has them.
    public static let configInvalid = Self(rawValue: "config-invalid")
    /// The runtime cannot listen; captures `address` and, where known, `what` (`metrics`, `streaming`).
    public static let addressInUse = Self(rawValue: "address-in-use")
    /// The binary (or its interpreter) is not there; capture `path`.
    public static let binaryMissing = Self(rawValue: "binary-missing")
    /// Another process holds the runtime's database.
    public static let stateLocked = Self(rawValue: "state-locked")
    /// systemd gave up: start limit.
    public static let startLimitHit = Self(rawValue: "start-limit-hit")
    /// systemd: start operation timed out.
    public static let startTimedOut = Self(rawValue: "start-timed-out")
    /// systemd: watchdog timeout.
    public static let watchdogTimeout = Self(rawValue: "watchdog-timeout")
    /// The unit was stopped or not started because a unit it requires failed or stopped; capture `dependency`.
    public static let dependencyFailed = Self(rawValue: "dependency-failed")
    /// The process panicked or dumped core; capture `detail`.
    public static let crashed = Self(rawValue: "crashed")
    /// The OOM killer took the runtime itself.
    public static let runtimeOOMKilled = Self(rawValue: "runtime-oom-killed")
    /// A fatal line of the runtime that no better rule knows; capture `detail`.
    public static let runtimeFatal = Self(rawValue: "runtime-fatal")

    // MARK: CRI

    /// The CRI plugin did not load; capture `detail`.
    public static let criPluginFailed = Self(rawValue: "cri-plugin-failed")
    /// The CRI plugin loads.
    public static let criPluginLoading = Self(rawValue: "cri-plugin-loading")

    /// The kubelet needs CRI v1 and was refused it; capture `endpoint`.
    public static let kubeletCRIUnsupported = Self(rawValue: "kubelet-cri-unsupported")
    /// Another client needs a CRI version that it was refused; capture `endpoint` where known.
    public static let clientCRIUnsupported = Self(rawValue: "client-cri-unsupported")
    /// The kubelet told its version; capture `version`.
    public static let kubeletVersion = Self(rawValue: "kubelet-version")
    /// Configuration or an API that a later version drops; capture `detail`.
    public static let deprecated = Self(rawValue: "deprecated")
    /// An OCI runtime told its version; captures `handler` and `version`.
    public static let ociRuntimeVersion = Self(rawValue: "oci-runtime-version")

    // MARK: Network

    /// The CNI configuration does not load; capture `detail`.
    public static let cniLoadFailed = Self(rawValue: "cni-load-failed")
    /// A CNI configuration was loaded after it had not been.
    public static let cniLoaded = Self(rawValue: "cni-loaded")
    /// A sandbox's network failed; captures `detail` and, where the line has them, `pod` and `namespace`.
    public static let sandboxNetworkFailed = Self(rawValue: "sandbox-network-failed")
    /// A CNI plugin binary is not there; capture `plugin`.
    public static let cniPluginMissing = Self(rawValue: "cni-plugin-missing")
    /// No address is left; capture `detail`.
    public static let addressesExhausted = Self(rawValue: "addresses-exhausted")

    // MARK: Creating and running containers

    /// A sandbox or container could not be created or started; captures `detail`, and `pod` or `container`.
    public static let createFailed = Self(rawValue: "create-failed")
    /// An image could not be pulled; captures `detail` and `image`.
    public static let pullFailed = Self(rawValue: "pull-failed")
    /// A sandbox or container was created or started well.
    public static let createSucceeded = Self(rawValue: "create-succeeded")
    /// A sandbox is asked for; its result is still to come; capture `pod`.
    public static let sandboxRequested = Self(rawValue: "sandbox-requested")
    /// ENOSPC or EDQUOT where the runtime writes; capture `path` where the line has it.
    public static let noSpace = Self(rawValue: "no-space")
    /// A shim is gone and took its task with it; capture `id`.
    public static let shimLost = Self(rawValue: "shim-lost")
    /// A stop, kill or delete did not end; capture `id`.
    public static let stopStuck = Self(rawValue: "stop-stuck")
    /// A runtime's start could not learn the state of a container; usual for every old one at the first start of a boot;
    /// capture `id`.
    public static let containerStateUnknown = Self(rawValue: "container-state-unknown")
    /// A container (not the runtime) was killed for memory; a workload's own trouble.
    public static let containerOOMKilled = Self(rawValue: "container-oom-killed")

    // MARK: The kubelet's complaints: symptoms

    /// "container runtime is down".
    public static let kubeletRuntimeDown = Self(rawValue: "kubelet-runtime-down")
    /// PLEG is not healthy.
    public static let kubeletPLEG = Self(rawValue: "kubelet-pleg")
    /// The node is NotReady by the kubelet's word.
    public static let kubeletNotReady = Self(rawValue: "kubelet-not-ready")
    /// The kubelet cannot reach the runtime.
    public static let kubeletRuntimeUnreachable = Self(rawValue: "kubelet-runtime-unreachable")
    /// The kubelet says the network plugin is not ready.
    public static let kubeletNetworkNotReady = Self(rawValue: "kubelet-network-not-ready")

    // MARK: The rest

    /// Known, and nothing to worry about.
    public static let benign = Self(rawValue: "benign")
    /// Known, kept as context, no diagnosis listens yet.
    public static let noted = Self(rawValue: "noted")
}
