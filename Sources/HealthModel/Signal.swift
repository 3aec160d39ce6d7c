// SPDX-License-Identifier: Apache-2.0

/// What a journal line means: a rule recognised it.
///
/// A diagnosis looks at hundreds of them for each line that says something new: all copies share what was told, and what
/// follows from the captures is worked out once.
public struct Signal: Hashable, Codable, Sendable {
    private var line: Line

    /// Id of the rule (`containerd-toml-invalid`).
    public var rule: String { line.told.rule }
    /// What it says to diagnoses; several rules can say the same.
    public var name: SignalName { line.told.name }
    /// When the line was logged.
    public var at: Moment { line.told.at }
    /// The unit it is about.
    public var unit: String? { line.told.unit }
    /// Cursor of the line.
    public var cursor: String {
        get { line.told.cursor }
        set {
            var told = line.told
            told.cursor = newValue
            line = Line(told)
        }
    }
    /// What the template captured.
    public var captures: [String: String] {
        get { line.told.captures }
        set {
            var told = line.told
            told.captures = newValue
            line = Line(told)
        }
    }
    /// The line's own message (logfmt's `msg`, klog's text), cut to 512 bytes, control characters removed.
    public var excerpt: String { line.told.excerpt }

    /// The kind that this line is evidence of, where a rule or a class told (capture `kind`).
    public var kind: IncidentKind? { line.kind }
    /// What the capture `cause` calls the cause.
    public var causeName: String? { line.cause }
    /// Whose fault it proves, as the capture `scope` calls it.
    public var scopeName: String? { line.scope }
    /// What a creation was doing, as the capture `what` calls it.
    public var stageName: String? { line.stage }
    /// The pod that the line is about: by namespace and name, by UID, or by the ids that a later line may join to one; nil
    /// where it names nobody.
    public var concerned: String? { line.concerned }
    /// The pod by its name, where the line has it.
    public var concernedPod: String? { line.namesPod ? line.concerned : nil }

    /// Makes a signal.
    public init(
        rule: String, name: SignalName, at: Moment, unit: String?, cursor: String, captures: [String: String],
        excerpt: String
    ) {
        line = Line(
            Told(
                rule: rule, name: name, at: at, unit: unit, cursor: cursor, captures: captures,
                excerpt: excerpt))
    }

    /// The fields, as ever: that they are shared is not written.
    public init(from decoder: any Decoder) throws { line = Line(try Told(from: decoder)) }

    /// The same, back.
    public func encode(to encoder: any Encoder) throws { try line.told.encode(to: encoder) }

    /// By what they told; most are of one line.
    public static func == (one: Signal, other: Signal) -> Bool {
        one.line === other.line || one.line.told == other.line.told
    }

    /// By what it told.
    public func hash(into hasher: inout Hasher) { line.told.hash(into: &hasher) }
}

extension Signal {
    /// What the line told.
    private struct Told: Hashable, Codable, Sendable {
        var rule: String
        var name: SignalName
        var at: Moment
        var unit: String?
        var cursor: String
        var captures: [String: String]
        var excerpt: String
    }

    /// What it told, and what follows.
    private final class Line: Sendable {
        let told: Told
        let kind: IncidentKind?
        let cause: String?
        let scope: String?
        let stage: String?
        let concerned: String?
        let namesPod: Bool

        init(_ told: Told) {
            self.told = told
            let captures = told.captures
            kind = captures["kind"].map(IncidentKind.init(rawValue:))
            cause = captures["cause"]
            scope = captures["scope"]
            let pod = captures["pod"]
            namesPod = pod != nil
            stage = captures["what"]
            let namespace = captures["namespace"] ?? ""
            concerned =
                pod.map { namespace.isEmpty ? $0 : "\(namespace)/\($0)" }
                ?? captures["uid"] ?? captures["sandbox"] ?? captures["container"] ?? captures["id"]
        }
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

    /// One shim of an earlier run is cleaned up; many make a start slow.
    public static let deadShimCleaned = Self(rawValue: "dead-shim-cleaned")
    /// The binary is there and cannot be executed; captures `path`, `detail`.
    public static let binaryUnusable = Self(rawValue: "binary-unusable")
    /// What a command of ExecStartPre= said before it failed.
    public static let startPreWords = Self(rawValue: "start-pre-words")
    /// The runtime that another program embeds ended; captures `detail` or `status`.
    public static let embeddedRuntimeEnded = Self(rawValue: "embedded-runtime-ended")
    /// Where the embedded runtime logs; capture `file`.
    public static let embeddedRuntimeLog = Self(rawValue: "embedded-runtime-log")
    /// The program waits for the runtime that it embeds; capture `detail`.
    public static let embeddedRuntimeWaiting = Self(rawValue: "embedded-runtime-waiting")
    /// The embedded runtime serves.
    public static let embeddedRuntimeRuns = Self(rawValue: "embedded-runtime-runs")

    // MARK: The kubelet's own start

    /// A kubelet's last words; capture `detail`.
    public static let kubeletFatal = Self(rawValue: "kubelet-fatal")
    /// The kubelet's client certificate has expired; captures `expired` and, where the line has it, `file`.
    public static let kubeletCertificateExpired = Self(rawValue: "kubelet-certificate-expired")
    /// The OOM killer took the kubelet.
    public static let kubeletOOMKilled = Self(rawValue: "kubelet-oom-killed")
    /// A relist failed; capture `detail`.
    public static let kubeletRelistFailed = Self(rawValue: "kubelet-relist-failed")
    /// The state of one sandbox or container is not told in time; captures `sandbox` or `container`, and `pod`.
    public static let kubeletSandboxHangs = Self(rawValue: "kubelet-sandbox-hangs")
    /// The kubelet has not ended its first look at the runtime: usual for the first seconds of each.
    public static let kubeletWaits = Self(rawValue: "kubelet-waits")
    /// The kubelet calls its node ready.
    public static let kubeletNodeReady = Self(rawValue: "kubelet-node-ready")
    /// The kubelet is connected to its runtime.
    public static let kubeletConnected = Self(rawValue: "kubelet-connected")

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

    // MARK: Creating and running containers

    /// A sandbox or container could not be created or started; captures `detail`, and `pod` or `container`.
    public static let createFailed = Self(rawValue: "create-failed")
    /// An image could not be pulled; captures `detail` and `image`.
    public static let pullFailed = Self(rawValue: "pull-failed")
    /// A sandbox or container was created or started well.
    public static let createSucceeded = Self(rawValue: "create-succeeded")
    /// A sandbox is asked for; its result is still to come; capture `pod`.
    public static let sandboxRequested = Self(rawValue: "sandbox-requested")
    /// A container is asked for; its result is still to come; captures `pod` and `request`.
    public static let containerRequested = Self(rawValue: "container-requested")
    /// CRI-O did not end cleanly before; capture `path`.
    public static let uncleanShutdown = Self(rawValue: "unclean-shutdown")
    /// An image was pulled; capture `image`.
    public static let pullSucceeded = Self(rawValue: "pull-succeeded")
    /// ENOSPC or EDQUOT where the runtime writes; capture `path` where the line has it.
    public static let noSpace = Self(rawValue: "no-space")
    /// A shim is gone and took its task with it; capture `id`.
    public static let shimLost = Self(rawValue: "shim-lost")
    /// A stop, kill or delete did not end; capture `id`.
    public static let stopStuck = Self(rawValue: "stop-stuck")
    /// A container or sandbox could not be stopped; captures `detail`, and `id` or `sandbox`.
    public static let stopFailed = Self(rawValue: "stop-failed")
    /// A request for a name was refused because an earlier one has not ended; capture `name`.
    public static let nameReserved = Self(rawValue: "name-reserved")
    /// A volume does not unmount; capture `driver`.
    public static let volumeStuck = Self(rawValue: "volume-stuck")
    /// A name is taken by a sandbox or container of before; capture `name`.
    public static let nameTaken = Self(rawValue: "name-taken")
    /// The kubelet no longer waited for a creation; captures `pod` and `namespace`.
    public static let createDeadline = Self(rawValue: "create-deadline")
    /// A unit failed; capture `dependency`: its name, for another may need it.
    public static let unitEndedBadly = Self(rawValue: "unit-ended-badly")
    /// A creation that was asked for again is still under way; captures `name`, `what` and, from CRI-O 1.26 on, `stage`.
    public static let createStalled = Self(rawValue: "create-stalled")
    /// A request begins; captures `operation` and whom it is for.
    public static let requestBegun = Self(rawValue: "request-begun")
    /// A request ended well; captures `operation` and whom it was for.
    public static let requestEnded = Self(rawValue: "request-ended")
    /// A start of the runtime ended the shim of a container that was being started; capture `id`.
    public static let shimCleaned = Self(rawValue: "shim-cleaned")
    /// A runtime's start could not learn the state of a container; usual for every old one at the first start of a boot;
    /// capture `id`.
    public static let containerStateUnknown = Self(rawValue: "container-state-unknown")
    /// A container (not the runtime) was killed for memory; a workload's own trouble.
    public static let containerOOMKilled = Self(rawValue: "container-oom-killed")

    // MARK: The node itself

    /// The node's own fault; the rule sets `kind` and `cause`.
    public static let nodeFault = Self(rawValue: "node-fault")
    /// A fault of the node is over; the rule sets `kind` and `cause`.
    public static let nodeRecovered = Self(rawValue: "node-recovered")

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
    /// Known, and kept as context: the rule says why no diagnosis listens.
    public static let noted = Self(rawValue: "noted")
}
