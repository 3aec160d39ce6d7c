/// The engine's patience. All are distances on the monotonic clock.
public struct EngineConfiguration: Hashable, Sendable {
    /// How long a unit that was stopped on purpose may stay down before it is an incident: `stop` followed by `start`
    /// in a script is no outage.
    public var stopGrace: Duration = .milliseconds(700)
    /// How long a unit may be `activating` before that is suspect; systemd's own limit is often infinite (crio.service).
    public var startGrace: Duration = .seconds(30)
    /// How long a unit must have been running before a missing socket counts: READY=1 can come before listen(2).
    public var socketGrace: Duration = .seconds(2)
    /// Restarts within ``crashLoopWindow`` that make a crash loop.
    public var crashLoopCount: Int = 3
    /// See ``crashLoopCount``.
    public var crashLoopWindow: Duration = .seconds(600)
    /// How long a network that was never ready on this boot is taken for a node that is joining its cluster.
    public var joinGrace: Duration = .seconds(300)
    /// Failed creations of unknown cause within ``createWindow``, over at least two pods, that make an incident.
    public var createFailures: Int = 3
    /// See ``createFailures``.
    public var createWindow: Duration = .seconds(300)
    /// How long a resolved incident is reopened rather than opened anew.
    public var reopenWindow: Duration = .seconds(600)
    /// How long the kubelet's complaint alone keeps a suspicion alive.
    public var symptomWindow: Duration = .seconds(120)
    /// How long a blind window is shown as impaired monitoring.
    public var blindWindowShown: Duration = .seconds(3600)
    /// How long a change keeps the daemon looking closely.
    public var alertWindow: Duration = .seconds(300)
    /// How soon the same question may be asked again.
    public var inquiryInterval: Duration = .seconds(5)
    /// Resolved incidents that are remembered.
    public var resolvedKept: Int = 50

    /// The defaults.
    public init() {}
}
