// SPDX-License-Identifier: Apache-2.0
import CRI
import Diagnosis
import HealthEndpoint
import HealthModel
import Logging
import Node
import Synchronization
import Systemd

extension Daemon {
    /// The lock of the state directory; nil where the directory cannot be written at all, which is no reason
    /// not to run.
    static func lock(
        _ directory: String, _ reports: inout [SelfReport], _ logger: Logger
    ) throws(DaemonError) -> StateDirectoryLock? {
        do throws(FileError) {
            return try StateDirectoryLock.take(directory: directory)
        } catch {
            if error.isHeldElsewhere { throw .alreadyRunning(error) }
            logger.error("no checkpoint can be written: a restart will forget what is open", error: error)
            reports.append(.checkpoint(problem: error.description))
            return nil
        }
    }

    /// The rules for a start: a file that is wrong is left out, and told.
    static func rules(
        _ configuration: Configuration, _ reports: inout [SelfReport], _ logger: Logger
    ) throws(DaemonError) -> SignalRules {
        do throws(RuleError) {
            let (rules, refused) = try CurrentRules.load(directory: configuration.rulesDirectory)
            for error in refused { logger.error("a rules file is left out", error: error) }
            reports.append(.rules(refused: refused.map(\.description)))
            return rules
        } catch {
            throw .rules([error])
        }
    }

    /// Who asks the node.
    static func asker(
        _ configuration: Configuration, _ surroundings: Surroundings, _ logger: Logger
    ) -> any NodeAsker {
        switch configuration.prober {
        case .inProcess: return LocalAsker(configuration, root: surroundings.root)
        case .socket(let path):
            var patience = RemoteAsker.Patience()
            // A connect(2) and a greeting, each within its deadline.
            patience.quick = configuration.cri.connectDeadline * 2 + .seconds(2)
            patience.crictl = configuration.cri.crictlDeadline + .seconds(5)
            return RemoteAsker(socket: path, patience: patience) { inquiry, reason in
                logger.warning(
                    "the prober does not answer a question about the node",
                    metadata: ["question": "\(Text.excerpt("\(inquiry)"))", "reason": "\(reason)"])
            }
        }
    }

    /// The endpoints to watch: those of the configuration, else what is found. Where the prober does not answer, as far
    /// as this process can see; it is asked again later.
    ///
    /// - Parameter known: What an earlier run learned: a runtime that is down cannot tell who serves it.
    static func endpoints(
        _ configuration: Configuration, _ surroundings: Surroundings, _ asker: any NodeAsker,
        known: [Endpoint] = [], _ logger: Logger
    ) throws(DaemonError) -> [Endpoint] {
        let local = LocalAsker(configuration, root: surroundings.root)
        do throws(AskError) {
            var found: [FoundEndpoint]
            do throws(AskError) {
                found = try asker.endpoints()
                if !configuration.cri.endpoints.isEmpty {
                    // The prober may have read another configuration.
                    let told = found
                    found = try local.endpoints().map { own in
                        told.first { $0.endpoint.socketPath == own.endpoint.socketPath } ?? own
                    }
                }
            } catch .prober(let error) {
                logger.error("the prober cannot be asked; trying again", error: error)
                found = try local.endpoints()
            }
            return announce(found.map { Self.remembered($0, known) }, logger)
        } catch {
            switch error {
            case .endpoint(let error): throw .endpoint(error)
            case .prober: return []
            }
        }
    }

    private static func remembered(_ found: FoundEndpoint, _ known: [Endpoint]) -> Endpoint {
        guard !found.isServed,
            let earlier = known.first(where: { $0.socketPath == found.endpoint.socketPath }),
            earlier.unit != nil
        else { return found.endpoint }
        return earlier
    }

    private static func announce(_ endpoints: [Endpoint], _ logger: Logger) -> [Endpoint] {
        for endpoint in endpoints {
            logger.info(
                "watching an endpoint",
                metadata: ["socket": "\(endpoint.socketPath)", "unit": "\(endpoint.unit ?? "unknown")"])
        }
        if endpoints.isEmpty { logger.warning("no CRI endpoint was found; looking again every 30 s") }
        return endpoints
    }

    /// What an earlier run left; nil for a first start. `lost` is set to why, where it cannot be used.
    static func restore(
        _ store: CheckpointStore<Checkpoint>, _ lost: inout String?, _ logger: Logger
    ) -> Checkpoint? {
        let earlier = StartCounter(directory: store.directory).begin()
        let now = Moment.now()
        let loaded =
            earlier < StartCounter.limit
            ? store.load { $0.engine.fault(at: now, bootID: BootIdentity.current().bootID) }
            : store.setAside("\(earlier) starts with it ended at once")
        switch loaded {
        case .none: return nil
        case .loaded(let checkpoint):
            logger.info("going on from a checkpoint", metadata: ["written": "\(checkpoint.writtenAt)"])
            if checkpoint.engine.hasLostFacts {
                logger.warning(
                    "the checkpoint is of another version: its incidents are kept, the node is asked again",
                    metadata: ["version": "\(checkpoint.version)"])
            }
            return checkpoint
        case .damaged(let reason):
            logger.error("the checkpoint cannot be used; starting afresh", metadata: ["reason": "\(reason)"])
            lost = "what was known before this start is lost: \(reason)"
            return nil
        }
    }

    /// Where to listen: a socket that systemd passed stands in for the configured one of its kind.
    static func server(
        _ configuration: Configuration, _ passed: [PassedSocket] = []
    ) -> HealthServer.Configuration {
        var result = HealthServer.Configuration()
        result.runbooks = Runbooks.pages
        // By its own names it is scraped, and alerts link to it.
        result.hostNames = configuration.hostNames
        result.hidesLines = !configuration.logLines
        let own = OwnNames()
        result.isOwnName = { own.contains($0) }
        result.passed = passed.map { socket in
            switch socket.address {
            case .tcp(let host, let port):
                PassedListener(address: .tcp(host: host, port: port), descriptor: socket.descriptor)
            case .unix(let path):
                PassedListener(address: .unix(path: path), descriptor: socket.descriptor)
            }
        }
        let hasTCP = passed.contains { $0.address.isTCP }
        let hasUnix = passed.contains { !$0.address.isTCP }
        result.addresses = [
            hasTCP ? nil : configuration.listen,
            hasUnix ? nil : configuration.socket.map { .unix(path: $0) },
        ].compactMap(\.self)
        return result
    }

    /// The endpoint; who listens, and who cannot, is reported.
    static func server(
        _ configuration: Configuration, _ passed: [PassedSocket], _ relay: Relay, _ recorder: FlightRecorder,
        _ logger: Logger
    ) -> HealthServer {
        HealthServer(
            configuration: server(configuration, passed), initial: nil,
            onListener: { report in
                log(report, logger)
                relay.observe(
                    .daemon(.listener(address: report.address.description, problem: report.problem)))
            }, recording: { recorder.observations })
    }

    /// Whether a line matters: to a rule, or because all of them are recorded.
    static func prefilter(
        _ rules: CurrentRules, _ recorder: RecordingWriter?
    ) -> @Sendable (Span<UInt8>) -> Bool {
        { recorder != nil || rules.value.mightMatch($0) }
    }

    /// The follower of log files, as whoever asks the node may read them.
    static func logFiles(
        _ asker: any NodeAsker, _ matters: @escaping @Sendable (Span<UInt8>) -> Bool,
        _ relay: Relay
    ) -> LogFileFollower {
        LogFileFollower(
            .init(
                read: { asker.logFile($0, from: $1) }, prefilter: matters,
                deliver: { relay.logFile($0, $1) }, lose: { relay.observe(.daemon(.blind($0))) }))
    }

    static func journal(_ configuration: Configuration, _ units: [String]) -> JournalFollower.Configuration {
        let location = configuration.journal.directory.map { JournalLocation.directory($0) } ?? .system
        let matches: JournalMatches =
            .units(units) | .conmon | .kernel | .journalLoss | .shutdown | runningTarget
        var result = JournalFollower.Configuration(location: location, matches: matches)
        result.backlogEntries = configuration.journal.backlogEntries
        result.backlogAge = configuration.journal.backlogAge
        return result
    }

    /// systemd stops this early when the machine goes down; logind's own line may be missing.
    private static var runningTarget: JournalMatches {
        JournalMatches(groups: [[.init("_PID", "1"), .init("UNIT", SystemTarget.running)]])
    }

    /// Saves checkpoints; whether that works is reported and logged when it changes.
    static func writer(
        _ store: CheckpointStore<Checkpoint>, _ lock: HeldLock, _ relay: Relay, _ logger: Logger
    ) -> CheckpointWriter<Checkpoint> {
        let last = Mutex<String??>(.none)
        return CheckpointWriter(
            store: store, mayWrite: { () throws(FileError) in try lock.ensure() }
        ) { error in
            let problem = error?.description
            if problem != nil { relay.checkpointFailed() }
            let before = last.withLock { slot in
                defer { slot = .some(problem) }
                return slot
            }
            guard before != .some(problem) else { return }
            if let problem {
                logger.error("the checkpoint could not be written", metadata: ["reason": "\(problem)"])
            } else if before != .none {
                logger.notice("the checkpoint can be written again")
            }
            if problem != nil || before != .none { relay.observe(.daemon(.checkpoint(problem: problem))) }
        }
    }

    static func log(_ report: ListenerReport, _ logger: Logger) {
        switch report.outcome {
        case .listening(let port):
            let place = port.map { "port \($0)" } ?? "\(report.address)"
            logger.info("listening on \(place)", metadata: ["address": "\(report.address)"])
        case .failed(_, let pause):
            logger.error("\(report.problem ?? "cannot listen")", metadata: ["retry": "\(pause.brief)"])
        }
    }

    /// Where the engine's effects go.
    static func outlets(
        _ server: HealthServer, _ follower: JournalFollower, _ logFiles: LogFileFollower, _ prober: Prober,
        _ units: UnitWatcher?,
        _ writer: CheckpointWriter<Checkpoint>, _ surroundings: Surroundings, _ asker: any NodeAsker,
        _ relay: Relay, _ crictl: CrictlVersion, _ recorder: FlightRecorder,
        _ changes: ChangeWatch, _ logger: Logger, problems: @escaping @Sendable () -> [String]
    ) -> EngineHost.Outlets {
        let (status, transitions) = (surroundings.serviceManager, surroundings.transitions)
        let inquirer = Inquirer(
            answer: { asker.answer($0) }, probe: { prober.request($0, from: $1) },
            unit: { _ in units?.refresh() }, report: { relay.observe(.node($0), at: $1) })
        return EngineHost.Outlets(
            publish: { snapshot in
                server.publish(snapshot)
                status.headline("\(snapshot.verdict.rawValue.uppercased()): \(snapshot.headline)")
            },
            inquire: { inquirer.ask($0) },
            transition: { transition in
                server.publish(transition)
                transitions?.write(transition)
                // A line on standard error would be the same once more.
                if transitions?.isOnlyRecord != true { TransitionLog.write(transition, to: logger) }
                if transition.change == .opened { changes.lookNow() }
            },
            checkpoint: { writer.write($0) },
            alert: { alert in
                prober.suspect(alert)
                follower.setCadence(alert ? .alert : .calm)
                logFiles.setAlert(alert)
            },
            observed: { surroundings.recorder?.record($0) },
            record: { recorder.record($0) },
            decorate: { snapshot in
                let counters = follower.counters
                snapshot.statistics.journalEntries = counters.entriesRead
                snapshot.statistics.journalErrors = counters.errors
                snapshot.statistics.journalReopens = counters.reopens
                snapshot.versions.crictl = crictl.latest
                snapshot.versions.libsystemd = LoadedLibrary.libsystemd
                snapshot.monitoring.problems += problems()
            })
    }
}
