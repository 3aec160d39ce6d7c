// SPDX-License-Identifier: Apache-2.0
import Dispatch
import HealthModel
import Logging
import Node
import Synchronization
import Systemd

/// Writes every change of an incident to the journal as one structured entry.
///
/// ## Concurrency
/// ``write(_:)`` can be called from any thread and returns at once. Entries are sent on a queue of their own, which waits
/// for as long as journald does not read; so many wait at most, and what was withheld is counted and told.
final class TransitionJournal: Sendable {
    /// How an entry is sent.
    typealias Send = @Sendable ([JournalSender.Field]) throws(SystemdError) -> Void

    private struct State {
        var bucket: TokenBucket
        var waiting = 0
        var withheld = 0
        var promised = false
        var problem: String?
    }

    /// Entries that may wait for journald.
    static let mostWaiting = 64
    /// Entries that pass at once, and how often one more does.
    static let (burst, interval): (Int, Duration) = (100, .milliseconds(500))
    /// When withheld entries are told at the latest.
    static let tellAfter: Duration = .seconds(10)

    /// Whether standard error ends in the journal too, so that a line there would be the same again.
    let isOnlyRecord: Bool

    private let state: Mutex<State>
    private let queue = DispatchQueue(label: "crihealthd.transitions")
    private let send: Send
    private let tellAfter: Duration
    private let logger: Logger

    /// Sends to the node's journal, or where a test says.
    init(
        logger: Logger, isOnlyRecord: Bool, burst: Int = TransitionJournal.burst,
        tellAfter: Duration = TransitionJournal.tellAfter,
        send: @escaping Send = { fields throws(SystemdError) in try JournalSender.send(fields) }
    ) {
        self.logger = logger
        self.isOnlyRecord = isOnlyRecord
        self.tellAfter = tellAfter
        self.send = send
        state = Mutex(State(bucket: TokenBucket(burst: burst, interval: Self.interval)))
    }

    /// Writes this soon, unless there are too many.
    func write(_ transition: Transition) {
        let now = Moment.now().monotonic
        let (passes, promise) = state.withLock { state in
            if state.waiting < Self.mostWaiting, state.bucket.take(at: now) {
                state.waiting += 1
                return (true, false)
            }
            state.withheld += 1
            defer { state.promised = true }
            return (false, !state.promised)
        }
        if passes {
            queue.async {
                self.tell()
                // Standard error is another way into the same journal, and the only other one.
                if !self.deliver(TransitionFields.of(transition)), self.isOnlyRecord {
                    TransitionLog.write(transition, to: self.logger)
                }
                self.state.withLock { $0.waiting -= 1 }
            }
        } else if promise {
            queue.asyncAfter(deadline: .now() + tellAfter.dispatch) { self.tell() }
        }
    }

    /// Waits until what waits is sent, at most this long.
    func flush(within limit: Duration) {
        let done = DispatchSemaphore(value: 0)
        queue.async {
            self.tell()
            done.signal()
        }
        _ = done.wait(timeout: .now() + limit.dispatch)
    }

    /// Says how many were withheld since it was said last.
    private func tell() {
        let withheld = state.withLock { state in
            defer { (state.withheld, state.promised) = (0, false) }
            return state.withheld
        }
        guard withheld > 0, !deliver(TransitionFields.withheld(withheld)) else { return }
        state.withLock { $0.withheld += withheld }
    }

    /// Whether it was sent.
    private func deliver(_ fields: [JournalSender.Field]) -> Bool {
        var problem: String?
        do throws(SystemdError) {
            try send(fields)
        } catch {
            problem = error.description
        }
        let isNews = state.withLock { state in
            defer { state.problem = problem }
            return problem != nil && problem != state.problem
        }
        if isNews, let problem {
            logger.error(
                "an incident could not be written to the journal", metadata: ["reason": "\(problem)"])
        }
        return problem == nil
    }
}

/// The fields of such entries.
enum TransitionFields {
    /// Of a change.
    static func of(_ transition: Transition) -> [JournalSender.Field] {
        let incident = transition.incident
        return common(TransitionMessageID.of(incident.kind), priority(transition)) + [
            .init("MESSAGE", TransitionLog.message(transition)),
            .init("CRIHEALTHD_INCIDENT", incident.id),
            .init("CRIHEALTHD_KIND", incident.kind.rawValue),
            .init("CRIHEALTHD_SUBJECT", incident.subject),
            .init("CRIHEALTHD_CAUSE", incident.cause),
            .init("CRIHEALTHD_STATUS", incident.status.rawValue),
            .init("CRIHEALTHD_SEVERITY", incident.severity.rawValue),
            .init("CRIHEALTHD_CHANGE", transition.change.rawValue),
        ]
    }

    /// Of the entry that tells what was withheld.
    static func withheld(_ count: Int) -> [JournalSender.Field] {
        common(TransitionMessageID.withheld, "4") + [
            .init(
                "MESSAGE", "\(count) changes of incidents were not written to the journal: too many at once"),
            .init("CRIHEALTHD_WITHHELD", "\(count)"),
        ]
    }

    /// syslog(3): 3 error, 4 warning, 5 notice; what is over or only suspected is never more than a notice.
    private static func priority(_ transition: Transition) -> String {
        switch TransitionLog.level(transition) {
        case .critical, .error: "3"
        case .warning: "4"
        case .notice: "5"
        case .info, .debug, .trace: "6"
        }
    }

    private static func common(_ messageID: String, _ priority: String) -> [JournalSender.Field] {
        [
            .init("MESSAGE_ID", messageID), .init("PRIORITY", priority),
            .init("SYSLOG_IDENTIFIER", "crihealthd"),
        ]
    }
}
