// SPDX-License-Identifier: Apache-2.0
import CRI
import Diagnosis
import Dispatch
import HealthEndpoint
import HealthModel
import Logging
import Node
import Synchronization
import Systemd

/// Why the daemon does not start.
enum DaemonError: Error, CustomStringConvertible {
    /// Another daemon holds the state directory.
    case alreadyRunning(FileError)
    /// A configured endpoint cannot be one.
    case endpoint(EndpointError)
    /// Files of rules are wrong.
    case rules([RuleError])

    var description: String {
        switch self {
        case .alreadyRunning(let error): "\(error)"
        case .endpoint(let error): "\(error)"
        case .rules(let errors): errors.map(\.description).joined(separator: "\n")
        }
    }
}

/// Everything that runs on a node, wired together: sources on one side, the engine, then the endpoint, the
/// checkpoint and the log.
///
/// ## Concurrency
/// Each part keeps to its own queue and says so. ``start()``, ``reload(_:)`` and ``stop()`` are called from
/// one thread, one after the other.
final class Daemon: Sendable {
    /// What a test replaces.
    struct Surroundings: Sendable {
        /// Root of the file system for endpoint discovery and /proc.
        var root = "/"
        /// Whether unit states are asked of systemd over the bus.
        var usesBus = true
        /// Told when the daemon is ready, and how it is.
        var serviceManager = ServiceStatus()
        /// Listening sockets that systemd passed.
        var passed: [PassedSocket] = []
        /// Where incidents are written to the journal; nil: nowhere.
        var transitions: TransitionJournal?
        /// Told every observation, and given every entry of the watched units, also those that no rule knows; nil: nobody.
        var recorder: RecordingWriter?
    }

    private let configuration: Mutex<Configuration>
    private let surroundings: Surroundings
    let logger: Logger
    private let threshold: LogThreshold
    let relay = Relay()
    private let rules: CurrentRules
    private let overruled: OverruledKeys
    private let endpoints: [Endpoint]
    private let units: [String]
    private let lock: HeldLock
    let host: EngineHost
    private let server: HealthServer
    let follower: JournalFollower
    let logFiles: LogFileFollower
    let prober: Prober
    let unitWatcher: UnitWatcher?
    private let writer: CheckpointWriter<Checkpoint>
    private let textfile: MetricsTextfile?
    let discovery: Confined<Places>
    let asker: any NodeAsker
    let changes: ChangeWatch
    private let crictl: CrictlVersion
    private let resumesAt: JournalPosition?
    /// The log files of an earlier run.
    let savedFiles: [FollowedLogFile]
    private let firstReports: [SelfReport]

    /// Reads what is on disk and puts the parts together. Nothing runs yet.
    init(
        configuration: Configuration, surroundings: Surroundings = Surroundings(), logger: Logger,
        threshold: LogThreshold
    ) throws(DaemonError) {
        var reports: [SelfReport] = []
        let lock = try Self.lock(configuration.stateDirectory, &reports, logger)
        let rules = try Self.rules(configuration, &reports, logger)
        let overruled = OverruledKeys(passed: surroundings.passed)
        overruled.apply(configuration, logger)
        let asker = Self.asker(configuration, surroundings, logger)
        let store = CheckpointStore<Checkpoint>(directory: configuration.stateDirectory)
        var lost: String?
        let saved = Self.restore(store, &lost, logger)
        let found = try Self.endpoints(
            configuration, surroundings, asker, known: saved?.engine.endpoints ?? [], logger)
        let units = WatchedUnits.all(endpoints: found, configured: configuration.journal.units)
        let (relay, current) = (relay, CurrentRules(rules))
        let crictl = CrictlVersion(configuration.cri.crictl)
        self.crictl = crictl
        let changes = ChangeWatch(asker: asker) { relay.observe(.node($0)) }
        self.changes = changes
        let (recorder, trouble) = (FlightRecorder(), MetricsTextfile.Trouble())

        server = Self.server(configuration, surroundings.passed, relay, recorder, logger)
        let status = surroundings.serviceManager
        let matters = Self.prefilter(current, surroundings.recorder)
        let logFiles = Self.logFiles(asker, matters, relay)
        self.logFiles = logFiles
        follower = JournalFollower(
            configuration: Self.journal(configuration, units), prefilter: matters
        ) { event in
            relay.journal(event)
            Self.follow(logFiles, toldBy: event)
            status.journalSpoke()
        }
        prober = Prober(settings: .init(pace: configuration.cri.pace, asker: asker)) { relay.probes($0) }
        unitWatcher = surroundings.usesBus ? UnitWatcher(units: units) { relay.unit($0) } : nil
        let held = HeldLock(lock, directory: configuration.stateDirectory)
        writer = Self.writer(store, held, relay, logger)
        host = EngineHost(
            engine: Engine(
                rules: rules, restoring: saved?.engine ?? EngineState(),
                advisories: CurrentRules.advisories(besideRules: configuration.rulesDirectory, logger)),
            position: saved?.position, logFiles: saved?.logFiles ?? [],
            time: .init(now: { Moment.now() }),
            outlets: Self.outlets(
                server, follower, logFiles, prober, unitWatcher, writer, surroundings, asker, relay, crictl,
                recorder, changes,
                logger,
                problems: { [lost] in overruled.problems + [trouble.sentence, lost].compactMap(\.self) }))
        relay.attach(host)
        textfile = configuration.textfileDirectory.map { [host] directory in
            MetricsTextfile(directory: directory, logger: logger, trouble: trouble) { host.latest.snapshot }
        }
        self.configuration = Mutex(configuration)
        self.surroundings = surroundings
        self.logger = logger
        self.threshold = threshold
        self.rules = current
        self.overruled = overruled
        self.units = units
        self.lock = held
        self.asker = asker
        endpoints = found
        discovery = Confined(label: "crihealthd.discovery", Places(found))
        resumesAt = saved?.position
        savedFiles = saved?.logFiles ?? []
        firstReports = reports
    }

    /// Begins to listen, to follow and to ask.
    func start() {
        let boot = BootIdentity.current(root: surroundings.root)
        host.begin(
            DaemonStart(
                bootID: boot.bootID, version: Release.version, hostname: boot.hostname, endpoints: endpoints),
            // Whatever else tells waits for what the journal has of this boot.
            reports: [.journal(.catchingUp)])
        for report in firstReports { host.observe(.daemon(report)) }
        // The first answer has every series already.
        host.publish()
        server.start()
        surroundings.serviceManager.endpointServes()
        follower.start(from: resumesAt)
        savedFiles.forEach(logFiles.follow)
        followLogFiles(of: endpoints)
        unitWatcher?.start()
        textfile?.start()
        for endpoint in endpoints { prober.watch(endpoint) }
        crictl.start()
        changes.lookNow()
        rediscover(isConfigured: configuration.withLock { !$0.cri.endpoints.isEmpty })
        let starts = StartCounter(directory: configuration.withLock { $0.stateDirectory })
        DispatchQueue.global().asyncAfter(deadline: .now() + StartCounter.longEnough.dispatch) {
            starts.survived()
        }
        surroundings.serviceManager.startWatchdog(Self.slowestPart(host, follower))
    }

    /// When the slower of the two parts that everything rests on last did something. It waits as long as the engine is
    /// stuck, and the watchdog goes unfed with it.
    static func slowestPart(
        _ host: EngineHost, _ follower: JournalFollower
    ) -> @Sendable () -> MonotonicTime {
        { min(host.lastTurn, follower.lastProgress) }
    }

    /// Ends within a second: the checkpoint first, then the rest.
    func stop() {
        surroundings.serviceManager.stopping()
        prober.stop()
        follower.stop()
        logFiles.stop()
        host.stop()
        writer.write(host.latest.checkpoint)
        StartCounter(directory: configuration.withLock { $0.stateDirectory }).survived()
        if !writer.close(within: .milliseconds(400)) {
            logger.warning("the last checkpoint was not written in time")
        }
        surroundings.transitions?.flush(within: .milliseconds(100))
        textfile?.stop()
        server.stop()
        discovery.stop()
        unitWatcher?.stop()
        relay.detach()
        lock.release()
    }

    /// Goes on with another configuration, as far as that is possible without a restart; the old one stays in
    /// force when its rules are wrong.
    func reload(_ new: Configuration) throws(DaemonError) {
        let loaded = try reloadedRules(new)
        let old = configuration.withLock { current in
            defer { current = new }
            return current
        }
        threshold.level = new.logLevel
        overruled.apply(new, logger)
        rules.value = loaded
        // The prober reads its configuration itself; who asks in this process asks by the new one.
        let next: any NodeAsker = asker is LocalAsker ? LocalAsker(new, root: surroundings.root) : asker
        prober.apply(.init(pace: new.cri.pace, asker: next))
        host.replaceRules(loaded)
        let later = ConfigurationKey.needingRestart(from: old, to: new)
        if later.isEmpty {
            logger.notice("configuration and rules were read again")
        } else {
            logger.warning(
                "configuration and rules were read again; some keys take effect at the next start",
                metadata: ["keys": "\(later.joined(separator: ","))"])
        }
    }

    /// The rules of another configuration, all of them or none: what is in force stays so beside a file that is wrong.
    private func reloadedRules(_ new: Configuration) throws(DaemonError) -> SignalRules {
        let (loaded, refused): (SignalRules, [RuleError])
        do throws(RuleError) {
            (loaded, refused) = try CurrentRules.load(directory: new.rulesDirectory)
        } catch {
            throw .rules([error])
        }
        relay.observe(.daemon(.rules(refused: refused.map(\.description))))
        guard refused.isEmpty else { throw .rules(refused) }
        return loaded
    }
}
