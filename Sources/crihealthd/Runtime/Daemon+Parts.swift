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

    static func rules(_ configuration: Configuration) throws(DaemonError) -> SignalRules {
        do throws(RuleError) {
            return try CurrentRules.load(directory: configuration.rulesDirectory)
        } catch {
            throw .rules(error)
        }
    }

    static func endpoints(
        _ configuration: Configuration, _ surroundings: Surroundings, _ logger: Logger
    ) throws(DaemonError) -> [Endpoint] {
        do throws(EndpointError) {
            let finder = EndpointDiscovery(root: surroundings.root)
            let found = try finder.discover(configured: configuration.cri.endpoints.map { "unix://" + $0 })
            for refused in found.refused { logger.warning("an endpoint was passed over", error: refused) }
            for endpoint in found.endpoints {
                logger.info(
                    "watching an endpoint",
                    metadata: [
                        "socket": "\(endpoint.socketPath)", "unit": "\(endpoint.unit ?? "unknown")",
                        "source": "\(found.source.rawValue)",
                    ])
            }
            if found.endpoints.isEmpty {
                logger.warning("no CRI endpoint was found; looking again every 30 s")
            }
            return found.endpoints
        } catch {
            throw .endpoint(error)
        }
    }

    /// What an earlier run left; nil for a first start.
    static func restore(
        _ store: CheckpointStore<Checkpoint>, _ reports: inout [SelfReport], _ logger: Logger
    ) -> Checkpoint? {
        switch store.load() {
        case .none: return nil
        case .loaded(let checkpoint):
            logger.info("going on from a checkpoint", metadata: ["written": "\(checkpoint.writtenAt)"])
            return checkpoint
        case .damaged(let reason):
            logger.error("the checkpoint cannot be used; starting anew", metadata: ["reason": "\(reason)"])
            reports.append(.checkpoint(problem: reason))
            return nil
        }
    }

    static func server(_ configuration: Configuration) -> HealthServer.Configuration {
        var result = HealthServer.Configuration()
        result.addresses = [configuration.listen, configuration.socket.map { .unix(path: $0) }].compactMap(
            \.self)
        return result
    }

    static func journal(_ configuration: Configuration, _ units: [String]) -> JournalFollower.Configuration {
        let location = configuration.journal.directory.map { JournalLocation.directory($0) } ?? .system
        let matches: JournalMatches =
            .units(units) | .conmon | .kernel | .journalLoss | .shutdown
        var result = JournalFollower.Configuration(location: location, matches: matches)
        result.backlogEntries = configuration.journal.backlogEntries
        result.backlogAge = configuration.journal.backlogAge
        return result
    }

    static func probing(_ configuration: Configuration) -> Prober.Settings {
        let cri = configuration.cri
        let limits = Crictl.Limits(
            timeout: cri.crictlTimeout, child: ChildLimits(deadline: cri.crictlDeadline))
        let crictl: Crictl
        if cri.crictl == "crictl" {
            crictl = Crictl(limits: limits)
        } else {
            crictl = Crictl(path: cri.crictl, limits: limits)
        }
        return Prober.Settings(
            pace: cri.pace, ladder: ProbeLadder(crictl: crictl, connectDeadline: cri.connectDeadline),
            greetingDeadline: cri.connectDeadline)
    }

    /// Saves checkpoints; whether that works is reported and logged when it changes.
    static func writer(
        _ store: CheckpointStore<Checkpoint>, _ relay: Relay, _ logger: Logger
    ) -> CheckpointWriter<Checkpoint> {
        let last = Mutex<String??>(.none)
        return CheckpointWriter(store: store) { error in
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
        _ server: HealthServer, _ follower: JournalFollower, _ prober: Prober, _ units: UnitWatcher?,
        _ writer: CheckpointWriter<Checkpoint>, _ status: ServiceStatus, _ inspector: NodeInspector,
        _ relay: Relay,
        _ logger: Logger
    ) -> EngineHost.Outlets {
        let inquirer = Inquirer(
            inspector: inspector, probe: { prober.request($0, from: $1) }, unit: { _ in units?.refresh() },
            report: { relay.observe(.node($0), at: $1) })
        return EngineHost.Outlets(
            publish: { snapshot in
                server.publish(snapshot)
                status.headline(snapshot.headline)
            },
            inquire: { inquirer.ask($0) },
            transition: { TransitionLog.write($0, to: logger) },
            checkpoint: { writer.write($0) },
            alert: { alert in
                prober.suspect(alert)
                follower.setCadence(alert ? .alert : .calm)
            },
            decorate: { snapshot in
                let counters = follower.counters
                snapshot.statistics.journalEntries = counters.entriesRead
                snapshot.statistics.journalErrors = counters.errors
                snapshot.statistics.journalReopens = counters.reopens
            })
    }
}
