public import HealthModel

/// Every cause that crihealthd's own diagnoses name; rules of rules.d name theirs by their signal.
///
/// The raw value is what the page, the API and the runbooks show: stable.
public enum Cause: String, Hashable, Codable, Sendable, CaseIterable {
    // MARK: RuntimeDown
    /// Somebody asked systemd to stop the unit; it did not fail.
    case stopped = "Stopped"
    /// Its main process got SIGKILL or SIGTERM from outside systemd.
    case killed = "Killed"
    /// It panicked, or died of a signal of its own fault.
    case crashed = "Crashed"
    /// It has died three times or more in ten minutes, and no line says why.
    case crashLooping = "CrashLooping"
    /// It ended by itself; its exit status is shown.
    case exited = "Exited"
    /// systemd calls the unit failed, and how its process ended is not known.
    case failed = "Failed"
    /// It refuses its configuration; file and error are shown.
    case configInvalid = "ConfigInvalid"
    /// It cannot listen on an address of its own (metrics, streaming).
    case addressInUse = "AddressInUse"
    /// systemd cannot execute what the unit names (203/EXEC).
    case binaryMissing = "BinaryMissing"
    /// A second daemon holds the database.
    case stateLocked = "StateLocked"
    /// No space is left where it writes.
    case diskFull = "DiskFull"
    /// The kernel's OOM killer took the runtime itself.
    case oomKilled = "OOMKilled"
    /// It stopped reporting to systemd's watchdog, and systemd killed it: it hung before that.
    case watchdogTimeout = "WatchdogTimeout"
    /// It was not ready within TimeoutStartSec=.
    case startTimeout = "StartTimeout"
    /// A unit that it requires is not up: repair that one.
    case dependencyFailed = "DependencyFailed"
    /// It is still activating after 30 seconds.
    case stuckActivating = "StuckActivating"
    /// It accepts connections and answers nothing.
    case hung = "Hung"
    /// It runs, and the socket's file is gone.
    case socketMissing = "SocketMissing"
    /// The socket's file is there, and nobody listens: a left-over, or a runtime that listens elsewhere.
    case connectionRefused = "ConnectionRefused"
    /// Something else answers on the socket.
    case socketTakenOver = "SocketTakenOver"
    /// It answers, and says RuntimeReady=false: its reason is shown.
    case runtimeNotReady = "RuntimeNotReady"
    /// It answers every call with an error, which is shown.
    case apiError = "APIError"
    /// Only the kubelet says so.
    case reportedByKubelet = "ReportedByKubelet"

    // MARK: StatusBlocked
    /// containerd 2.0.1 and 2.0.2 (go-cni 1.1.11): a write to the CNI directory during a CNI ADD deadlocks.
    case knownDefect = "KnownDefect"
    /// A CNI ADD that never returns holds the same lock, with any version.
    case cniAddHangs = "CNIAddHangs"
    /// Status hangs, and nothing says why.
    case statusHangs = "StatusHangs"

    // MARK: CRIVersionUnsupported
    /// containerd before 1.6, CRI-O before 1.21 and cri-dockerd before 0.3 have v1alpha2 only.
    case runtimeTooOld = "RuntimeTooOld"
    /// disabled_plugins names io.containerd.grpc.v1.cri (Docker's package does that).
    case criPluginDisabled = "CRIPluginDisabled"
    /// Its configuration is refused, and containerd stays up without it.
    case criPluginFailed = "CRIPluginFailed"
    /// CRI v1 is not served; the lines of the start, which would say why, were not seen.
    case criNotServed = "CRINotServed"

    // MARK: NetworkNotReady
    /// The directory holds no configuration: the network agent has not written it, or it was removed.
    case cniConfigMissing = "CNIConfigMissing"
    /// A file cannot be parsed; it is named.
    case cniConfigInvalid = "CNIConfigInvalid"
    /// The file is good, and the runtime has not loaded it.
    case cniConfigNotLoaded = "CNIConfigNotLoaded"
    /// The directory is not there or not readable.
    case cniDirectoryMissing = "CNIDirectoryMissing"
    /// The configuration names a plugin that is not installed, mostly in /opt/cni/bin.
    case cniPluginMissing = "CNIPluginMissing"
    /// The runtime has no network, and nothing says more.
    case cniNotInitialized = "CNINotInitialized"
    /// The plugin has no free address.
    case addressesExhausted = "AddressesExhausted"

    // MARK: RuntimeSwitched
    /// CRI-O wants to remove all containers at its start, cannot kill them, and never becomes ready.
    case startBlocked = "StartBlocked"
    /// CRI-O is ready and calls running containers exited (255), or cannot kill them.
    case containersLost = "ContainersLost"
    /// They are in no list any more, and run.
    case containersOrphaned = "ContainersOrphaned"

    // MARK: AddressInUse
    /// A container that its runtime denies holds it.
    case heldByLeftover = "HeldByLeftover"
    /// Another container on the node's network.
    case heldByContainer = "HeldByContainer"
    /// The runtime itself (streaming, metrics): move its listener (stream_port, metrics_port).
    case heldByRuntime = "HeldByRuntime"
    /// Another systemd unit.
    case heldByUnit = "HeldByUnit"
    /// A process without a unit.
    case heldByProcess = "HeldByProcess"
    /// Nobody is found, or the log does not name the address.
    case holderUnknown = "HolderUnknown"

    // MARK: OrphanedContainers
    /// No list of the runtime has the container.
    case unlisted = "Unlisted"
    /// The runtime's list calls the container exited.
    case calledExited = "CalledExited"

    // MARK: ShutdownNotGraceful
    /// systemd does not stop the scopes of these containers before shutdown.target.
    case exposed = "Exposed"
    /// The last shutdown reached shutdown.target while scopes ran.
    case happened = "Happened"

    // MARK: UpgradeIncomplete
    /// The binary was replaced and the daemon not restarted.
    case restartPending = "RestartPending"
    /// The binary that runs is no longer there: it will not start again.
    case binaryRemoved = "BinaryRemoved"
    /// Shims (or conmon) from before the upgrade still run.
    case oldShims = "OldShims"
    /// Two different binaries of that name are on the unit's PATH.
    case twoInstalls = "TwoInstalls"
    /// The unit would start another binary than the one that runs.
    case unitPointsElsewhere = "UnitPointsElsewhere"

    // MARK: CreateFailing
    /// runc, crun or conmon cannot be executed.
    case ociRuntimeMissing = "OCIRuntimeMissing"
    /// The OCI runtime refuses to create containers; its own error is shown.
    case ociRuntimeError = "OCIRuntimeError"
    /// Shims do not start.
    case shimError = "ShimError"
    /// The control group cannot be made.
    case cgroupError = "CgroupError"
    /// Creations fail over several pods for another reason, which is shown.
    case createError = "CreateError"

    // MARK: ContainerStuck
    /// The shim of a pod was killed or crashed.
    case shimLost = "ShimLost"

    // MARK: MonitoringImpaired
    /// No crictl was found: install cri-tools, or set the path of crictl.
    case crictlMissing = "CrictlMissing"
    /// crictl refuses the arguments, cannot be run, or prints what is no answer.
    case crictlUnusable = "CrictlUnusable"
    /// The socket may not be connected to: let the prober have it, or run as root.
    case permissionDenied = "PermissionDenied"
    /// crihealthd-probe.service does not answer.
    case proberUnreachable = "ProberUnreachable"
    /// The journal cannot be opened or read.
    case journalUnreadable = "JournalUnreadable"
    /// systemd's bus does not answer: units are known from the journal only, half a second later.
    case busUnavailable = "BusUnavailable"
    /// Part of the journal could not be seen.
    case blindWindow = "BlindWindow"
    /// The state cannot be saved: see df and the mount options of /var/lib/crihealthd.
    case checkpointUnwritable = "CheckpointUnwritable"
    /// A file of rules.d is wrong, and left out.
    case rulesRefused = "RulesRefused"
    /// The address cannot be bound: see who holds it (ss -ltnp).
    case listenerUnavailable = "ListenerUnavailable"

    /// The causes that a kind tells apart, in the order of its runbook; empty for kinds of rules.d.
    public static func all(of kind: IncidentKind) -> [Cause] { byKind[kind] ?? [] }

    /// The kinds that name this cause.
    public var kinds: [IncidentKind] { IncidentKind.shipped.filter { Self.all(of: $0).contains(self) } }

    private static let byKind: [IncidentKind: [Cause]] = [
        .runtimeDown: [
            .stopped, .killed, .crashed, .crashLooping, .exited, .failed, .configInvalid, .addressInUse,
            .binaryMissing, .stateLocked, .diskFull, .oomKilled, .watchdogTimeout, .startTimeout,
            .dependencyFailed, .stuckActivating, .hung, .socketMissing, .connectionRefused,
            .socketTakenOver, .runtimeNotReady, .apiError, .reportedByKubelet,
        ],
        .statusBlocked: [
            .knownDefect, .cniAddHangs, .statusHangs,
        ],
        .criVersionUnsupported: [
            .runtimeTooOld, .criPluginDisabled, .criPluginFailed, .criNotServed,
        ],
        .networkNotReady: [
            .cniConfigMissing, .cniConfigInvalid, .cniConfigNotLoaded, .cniDirectoryMissing,
            .cniPluginMissing, .addressesExhausted, .cniNotInitialized,
        ],
        .runtimeSwitched: [
            .startBlocked, .containersLost, .containersOrphaned,
        ],
        .addressInUse: [
            .heldByLeftover, .heldByContainer, .heldByRuntime, .heldByUnit, .heldByProcess, .holderUnknown,
        ],
        .orphanedContainers: [
            .unlisted, .calledExited,
        ],
        .shutdownNotGraceful: [
            .exposed, .happened,
        ],
        .upgradeIncomplete: [
            .restartPending, .binaryRemoved, .unitPointsElsewhere, .twoInstalls, .oldShims,
        ],
        .createFailing: [
            .diskFull, .ociRuntimeMissing, .ociRuntimeError, .shimError, .cgroupError, .createError,
        ],
        .containerStuck: [
            .shimLost
        ],
        .monitoringImpaired: [
            .crictlMissing, .crictlUnusable, .permissionDenied, .proberUnreachable, .journalUnreadable,
            .busUnavailable, .blindWindow, .checkpointUnwritable, .rulesRefused, .listenerUnavailable,
        ],
    ]
}

extension Incident {
    /// Whether it has this cause.
    func has(_ cause: Cause) -> Bool { self.cause == cause.rawValue }
}
