// SPDX-License-Identifier: Apache-2.0

/// What systemd says of one service unit, by its D-Bus properties (org.freedesktop.systemd1(5)).
public struct UnitState: Hashable, Codable, Sendable {
    /// `containerd.service`.
    public var name: String
    /// `LoadState`: `loaded`, `not-found`, `masked`, …
    public var loadState: String
    /// `ActiveState`: `active`, `inactive`, `failed`, `activating`, `deactivating`, `reloading`, …
    public var activeState: String
    /// `SubState`: `running`, `dead`, `start`, `auto-restart`, …
    public var subState: String
    /// `Result`: `success`, `exit-code`, `signal`, `oom-kill`, `start-limit-hit`, …
    public var result: String
    /// `NRestarts`.
    public var restarts: UInt32
    /// `MainPID`; nil when there is none.
    public var mainPID: Int32?
    /// `ExecMainCode` (CLD_EXITED 1, CLD_KILLED 2, CLD_DUMPED 3); 0 while it runs.
    public var execMainCode: Int32
    /// `ExecMainStatus`: exit status, or signal number.
    public var execMainStatus: Int32
    /// `InvocationID`, hex.
    public var invocationID: String?
    /// `FragmentPath`.
    public var fragmentPath: String?
    /// The binary of `ExecStart`.
    public var execStart: String?
    /// `StateChangeTimestampMonotonic`; nil when the unit never changed.
    public var stateChangedAt: MonotonicTime?
    /// `UnitFileState`: `enabled`, `disabled`, `static`, `masked`, …; nil when it was not read.
    public var unitFileState: String?
    /// `Restart` (`always`, `on-failure`, `no`, …); nil when it was not read.
    public var restartPolicy: String?

    /// Makes a state; what is not given is as of a unit that was never started.
    public init(
        name: String, loadState: String = "loaded", activeState: String, subState: String,
        result: String = "success",
        restarts: UInt32 = 0, mainPID: Int32? = nil, execMainCode: Int32 = 0, execMainStatus: Int32 = 0,
        invocationID: String? = nil, fragmentPath: String? = nil, execStart: String? = nil,
        stateChangedAt: MonotonicTime? = nil, unitFileState: String? = nil, restartPolicy: String? = nil
    ) {
        self.name = name
        self.loadState = loadState
        self.activeState = activeState
        self.subState = subState
        self.result = result
        self.restarts = restarts
        self.mainPID = mainPID
        self.execMainCode = execMainCode
        self.execMainStatus = execMainStatus
        self.invocationID = invocationID
        self.fragmentPath = fragmentPath
        self.execStart = execStart
        self.stateChangedAt = stateChangedAt
        self.unitFileState = unitFileState
        self.restartPolicy = restartPolicy
    }

    /// `LoadState=loaded`: the unit exists on this node.
    public var exists: Bool { loadState == "loaded" }

    /// It was disabled, masked or removed: nothing would start it at the next boot (systemctl(1), `is-enabled`).
    public var isUnwanted: Bool {
        ["disabled", "masked", "masked-runtime"].contains(unitFileState)
            || ["masked", "not-found"].contains(loadState)
    }
}
