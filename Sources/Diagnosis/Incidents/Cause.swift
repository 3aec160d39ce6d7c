// SPDX-License-Identifier: Apache-2.0
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
    /// The binary is there and cannot run: a library or symbol is missing, it is of another architecture, or it may
    /// not be executed.
    case binaryUnusable = "BinaryUnusable"
    /// A command of ExecStartPre= failed, so the main process never ran.
    case startPreFailed = "StartPreFailed"
    /// It cannot listen on an address of its own that the node does not have (yet).
    case addressNotAvailable = "AddressNotAvailable"
    /// It looks for the node's address at its start, and there is no default route: order it after
    /// network-online.target.
    case networkNotUp = "NetworkNotUp"
    /// Its database (bolt, meta.db) is damaged. The file is named; what is lost by moving it away is told under "What
    /// to do".
    case databaseCorrupt = "DatabaseCorrupt"
    /// A profile of AppArmor, SELinux or seccomp that it needs cannot be loaded, or is not loaded.
    case securityProfileMissing = "SecurityProfileMissing"
    /// The kernel lacks what it needs: a control group controller, a sysctl, a module, a file system.
    case kernelFeatureMissing = "KernelFeatureMissing"
    /// A file or directory that it needs cannot be made, mounted, read or written; path and error are shown.
    case pathUnusable = "PathUnusable"
    /// cri-dockerd and Docker Engine do not speak the same version of the Docker API.
    case engineIncompatible = "EngineIncompatible"
    /// The containerd that k3s or RKE2 embeds exited; it writes to a log file of its own, which is named.
    case embeddedRuntimeExited = "EmbeddedRuntimeExited"
    /// It cleans up what an earlier run left, one dead shim after the other, and is not ready in time.
    case recoverySlow = "RecoverySlow"
    /// It was stopped because a unit that it requires was stopped or restarted. That unit is back; nobody started
    /// this one again.
    case leftStopped = "LeftStopped"

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
    /// The network's agent on this node does not answer or has not written its state; it is named.
    case cniAgentDown = "CNIAgentDown"

    // MARK: RuntimeSwitched
    /// CRI-O wants to remove all containers at its start, cannot kill them, and never becomes ready.
    case startBlocked = "StartBlocked"
    /// CRI-O is ready and calls running containers exited (255), or cannot kill them.
    case containersLost = "ContainersLost"
    /// They are in no list any more, and run.
    case containersOrphaned = "ContainersOrphaned"

    // MARK: AddressInUse
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
    /// The sandbox image (pause) is not on the node and cannot be pulled; image and reason are named.
    case sandboxImageUnavailable = "SandboxImageUnavailable"
    /// Pods ask for a runtime handler (RuntimeClass) that the runtime is not configured for.
    case runtimeHandlerMissing = "RuntimeHandlerMissing"
    /// An OCI hook fails (nvidia-container-cli and others); its own words are shown.
    case hookFailed = "HookFailed"
    /// crun or runc is too old for this runtime, kernel or cgroup version, or is one with a known regression.
    case ociRuntimeIncompatible = "OCIRuntimeIncompatible"
    /// The seccomp profile cannot be loaded.
    case seccompFailed = "SeccompFailed"
    /// The AppArmor profile cannot be loaded, or apparmor_parser is missing.
    case appArmorFailed = "AppArmorFailed"
    /// SELinux, AppArmor or a file's mode denies the runtime what it needs.
    case securityDenied = "SecurityDenied"
    /// The root file system of a container cannot be mounted (overlay and its options, idmapped mounts).
    case mountFailed = "MountFailed"

    // MARK: ContainerStuck
    /// The shim of a pod was killed or crashed.
    case shimLost = "ShimLost"
    /// A sandbox or container is being created and does not end; pod, age and stage are named.
    case createHangs = "CreateHangs"
    /// A container or sandbox cannot be stopped.
    case stopHangs = "StopHangs"
    /// A shim lives and does not answer.
    case shimUnresponsive = "ShimUnresponsive"
    /// A container was created, and the runtime was restarted while it started it: it stays Created.
    case startLost = "StartLost"
    /// The runtime holds the names of sandboxes of before, mostly of before a reboot, and refuses new ones.
    case staleNames = "StaleNames"

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

    // MARK: KubeletDown
    /// Its client or bootstrap certificate is no longer valid.
    case certificateExpired = "CertificateExpired"
    /// The kubelet and the runtime use different cgroup drivers; both are named.
    case cgroupDriverMismatch = "CgroupDriverMismatch"
    /// It refuses the cgroup version of this node (v1), or does not understand it (v2).
    case cgroupVersionUnsupported = "CgroupVersionUnsupported"
    /// cpu_manager_state (or memory_manager_state) does not fit its policy or this machine.
    case cpuManagerStateInvalid = "CPUManagerStateInvalid"
    /// The runtime's endpoint is not set, is wrong, or nobody serves it.
    case endpointMissing = "EndpointMissing"
    /// The runtime at its endpoint does not serve the CRI version that it needs.
    case criVersionUnsupported = "CRIVersionUnsupported"
    /// It is started with a flag that this version no longer has.
    case flagRemoved = "FlagRemoved"
    /// Swap is on, and failSwapOn is not false.
    case swapOn = "SwapOn"
    /// It cannot make or use its control groups (kubepods).
    case cgroupSetupFailed = "CgroupSetupFailed"
    /// It gets no inotify instance or watch: a limit of the node is reached.
    case inotifyExhausted = "InotifyExhausted"

    // MARK: PLEGUnhealthy
    /// A task that the runtime waits for is blocked in the kernel: a mount or a disk does not answer.
    case storageHangs = "StorageHangs"
    /// The call for one sandbox or container hangs; it is named.
    case sandboxHangs = "SandboxHangs"
    /// The runtime does not answer at all.
    case runtimeHangs = "RuntimeHangs"
    /// The kubelet cannot relist its pods, and nothing that crihealthd sees says why.
    case unexplained = "Unexplained"

    // MARK: NodeFault
    /// The kernel found a damaged file system; device and mount are named.
    case fileSystemDamaged = "FileSystemDamaged"
    /// A file system that the runtime or the kubelet writes to is read-only.
    case fileSystemReadOnly = "FileSystemReadOnly"
    /// The kernel reports I/O errors, resets or time-outs of a disk or its controller.
    case diskErrors = "DiskErrors"
    /// The kernel waits for a network device to become free; a namespace never ends.
    case netDeviceLeaked = "NetDeviceLeaked"
    /// No process or thread can be made: pid_max, threads-max or a pids limit is reached.
    case pidsExhausted = "PIDsExhausted"
    /// No file can be opened: a limit of open files is reached.
    case filesExhausted = "FilesExhausted"
    /// The kernel cannot make a memory control group: too many are left of what is gone.
    case memoryCgroupLeak = "MemoryCgroupLeak"
    /// The node itself is out of memory: the kernel killed processes of several units.
    case outOfMemory = "OutOfMemory"
    /// A file system where the runtime or the kubelet writes has no inode left.
    case inodesExhausted = "InodesExhausted"
    /// The kubelet evicts pods for disk space, or cannot free as much as it wants.
    case diskPressure = "DiskPressure"
    /// The kubelet evicts pods: less memory is free than its threshold.
    case memoryPressure = "MemoryPressure"
    /// systemd does not answer on its bus: nobody can start or stop a scope or a unit.
    case busUnresponsive = "BusUnresponsive"

    // MARK: PodNetworkFailing
    /// The first configuration in the directory belongs to a plugin whose agent is gone.
    case cniConfigStale = "CNIConfigStale"
    /// A meta plugin (Multus) waits for the default network, which is not ready.
    case cniDependencyNotReady = "CNIDependencyNotReady"
    /// Plugin and configuration do not speak the same version of CNI.
    case cniVersionIncompatible = "CNIVersionIncompatible"
    /// The bridge has an address of another range than the one that the plugin was given.
    case addressConflict = "AddressConflict"
    /// The plugin cannot write its rules: iptables or nftables fails, or the kernel lacks a module.
    case iptablesFailed = "IptablesFailed"
    /// A CNI ADD fails over several pods for another reason, which is shown.
    case cniAddFails = "CNIAddFails"

    // MARK: ImagePullFailing
    /// policy.json refuses every image, or cannot be read.
    case signaturePolicyInvalid = "SignaturePolicyInvalid"
    /// A file about registries cannot be used (hosts.toml, registries.conf, mirrors); it is named.
    case registryConfigInvalid = "RegistryConfigInvalid"
    /// The registry's certificate is not trusted by this node, or not valid.
    case certificateUntrusted = "CertificateUntrusted"
    /// The registry's name does not resolve on this node.
    case nameResolution = "NameResolution"
    /// The registry, its mirror or the proxy cannot be reached.
    case registryUnreachable = "RegistryUnreachable"
    /// The registry refuses the credentials of the runtime, over several images.
    case unauthorized = "Unauthorized"
    /// Short image names are not resolved on this node.
    case shortNameRejected = "ShortNameRejected"
    /// The registry answers several images with errors.
    case registryError = "RegistryError"

    // MARK: StorageDamaged
    /// A snapshotter has lost the state that the runtime's database still has.
    case snapshotterMismatch = "SnapshotterMismatch"
    /// The directory of a snapshot is gone.
    case snapshotMissing = "SnapshotMissing"
    /// A blob of an image is gone.
    case contentMissing = "ContentMissing"
    /// A layer of an image is not known, mostly after an unclean shutdown.
    case layerMissing = "LayerMissing"

    /// The causes that a kind tells apart, nearest to the root first; empty for kinds of rules.d.
    public static func all(of kind: IncidentKind) -> [Cause] {
        Catalogue.of(kind)?.causes.map(\.cause) ?? []
    }

    /// The kinds that name this cause.
    public var kinds: [IncidentKind] { IncidentKind.shipped.filter { Self.all(of: $0).contains(self) } }
}

extension Incident {
    /// Whether it has this cause.
    func has(_ cause: Cause) -> Bool { self.cause == cause.rawValue }
}
