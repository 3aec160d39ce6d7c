// SPDX-License-Identifier: Apache-2.0

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
    /// How long before a trouble is known to begin a complaint may still be about it.
    public var symptomLead: Duration = .seconds(5)
    /// How long CRI v1 may be refused before that alone is an incident: nobody is known to need it, and nothing says why.
    public var versionGrace: Duration = .seconds(10)
    /// How long a kubelet must have run, and a program that embeds one must be silent about its end, to be well again.
    public var stayGrace: Duration = .seconds(10)
    /// How long a restart of the embedded kubelet or runtime may be apart from the one before.
    public var embeddedGrace: Duration = .seconds(60)
    /// How long the program that embeds a runtime may wait for its socket.
    public var embeddedStartGrace: Duration = .seconds(30)
    /// How long a kubelet may take to find its runtime, which serves: at a boot it may come first, and comes again.
    public var reconnectGrace: Duration = .seconds(20)
    /// How long after a unit that it requires was stopped or fell a unit may be stopped with it.
    public var dependencyGrace: Duration = .seconds(120)
    /// How long calls of crictl must have been killed before that is told.
    public var killedGrace: Duration = .seconds(5)
    /// How long systemd's bus must have been silent before that is told: it reconnects when systemd executes itself anew.
    public var busGrace: Duration = .seconds(3)
    /// How long lines of a start that ended may still come, before one that is not there counts as missing.
    public var startSettling: Duration = .seconds(2)
    /// How old the word on a unit's binaries may be: they are looked at this often.
    public var binariesInterval: Duration = .seconds(60)
    /// How long a blind window is shown as impaired monitoring.
    public var blindWindowShown: Duration = .seconds(3600)
    /// How long a stop or a restart may take before the runtime counts as down.
    public var transitGrace: Duration = .seconds(3)
    /// How long after a start of the daemon an incident that nothing speaks of is kept.
    public var settleTime: Duration = .seconds(60)
    /// How long a runtime that came and went three times must hold before it counts as well.
    public var flapWindow: Duration = .seconds(30)
    /// How long a change keeps the daemon looking closely.
    public var alertWindow: Duration = .seconds(300)
    /// How soon the same question may be asked again.
    public var inquiryInterval: Duration = .seconds(5)
    /// How long a container whose processes live must be denied by its runtime to be lost: its removal takes a moment.
    public var lossGrace: Duration = .seconds(2)
    /// How long a lost container waits for its cause to be told before it is called an orphan.
    public var causeGrace: Duration = .seconds(10)
    /// How often all processes are looked through while nothing is suspected.
    public var scanInterval: Duration = .seconds(300)
    /// How often they are looked through because a container is listed that was not seen yet.
    public var unseenInterval: Duration = .seconds(30)
    /// How young an ended container must be for its log to be worth reading.
    public var logWindow: Duration = .seconds(600)
    /// How long a shutdown that killed containers is told.
    public var shutdownShown: Duration = .seconds(86_400)
    /// Resolved incidents that are remembered.
    public var resolvedKept: Int = 50

    /// The defaults.
    public init() {}
}
