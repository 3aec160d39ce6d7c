// SPDX-License-Identifier: Apache-2.0
public import Dispatch
import Glibc
public import HealthModel

/// Watches units over the system bus and tells when their state changes.
///
/// Only signals of the watched units reach this process (a match by `path=` each), so other units' starts
/// cost nothing. A signal only says that something changed: the state is read then, and told when it differs.
///
/// ## Concurrency
/// All work is done on one serial queue, where the handler is called too. Public methods may be called from
/// any thread. `@unchecked Sendable` holds because every `var` is touched on that queue only.
public final class UnitWatcher: @unchecked Sendable {
    /// What the watcher says.
    public enum Event: Sendable {
        /// A unit's state: when it was first read, whenever it changed, and after each ``UnitWatcher/refresh()``.
        case state(UnitState)
        /// The bus does not answer: why, in plain words; or nil: it does (again). On change only.
        case problem(String?)
    }

    private var units: [String]
    private let address: String?
    private let deadline: Duration
    private let handler: @Sendable (Event) -> Void
    private let queue: DispatchQueue
    private let onQueue = DispatchSpecificKey<Bool>()

    private var running = false
    private var connection: BusConnection?
    private var source: DescriptorSource?
    private var timer: (any DispatchSourceTimer)?
    private var backoff = Backoff(.milliseconds(500), .seconds(30))
    private var unitOfPath: [String: String] = [:]
    private var changed: Set<String> = []
    /// Units whose state is told even if it is what it was.
    private var asked: Set<String> = []
    private var states: [String: UnitState] = [:]
    /// nil before the first attempt.
    private var problem: String??

    /// How often all states are read although nothing was said: a bus that hangs says nothing.
    private static let safetyInterval = Duration.seconds(20)

    /// Makes a watcher of these units.
    ///
    /// - Parameters:
    ///   - units: Full names (`containerd.service`).
    ///   - address: D-Bus address; nil is the system bus.
    ///   - deadline: Longest time for one call.
    ///   - target: Target of its queue.
    ///   - handler: Takes the events.
    public init(
        units: [String], address: String? = nil, deadline: Duration = .seconds(2),
        target: DispatchQueue? = nil,
        handler: @escaping @Sendable (Event) -> Void
    ) {
        self.units = units
        self.address = address
        self.deadline = deadline
        self.handler = handler
        queue = DispatchQueue(label: "unit-watcher", target: target)
        queue.setSpecific(key: onQueue, value: true)
    }

    private static let roundsPerTurn = 4
    private static let floodPause = Duration.milliseconds(50)

    deinit { source?.cancel() }

    /// Connects and watches, for ever: a lost connection is made anew.
    public func start() {
        queue.async { @Sendable [self] in
            guard !running else { return }
            running = true
            source = DescriptorSource(on: queue) { @Sendable [weak self] in self?.pump() }
            connect()
        }
    }

    /// Ends. No event comes after it returned; from within the handler: after the handler returned.
    public func stop() {
        if DispatchQueue.getSpecific(key: onQueue) == true { end() } else { queue.sync { end() } }
    }

    /// Watches these units too, from now on.
    public func add(_ units: [String]) {
        queue.async { @Sendable [self] in
            let new = units.filter { !self.units.contains($0) }
            guard !new.isEmpty else { return }
            self.units += new
            // Subscriptions belong to a connection.
            guard running, connection != nil else { return }
            disconnect()
            connect()
        }
    }

    /// Reads the states again, soon, and tells them all: that nothing changed is an answer too.
    public func refresh() {
        queue.async { @Sendable [self] in
            guard connection != nil else { return }
            changed = Set(units)
            asked = changed
            pump()
        }
    }

    // MARK: Connection

    private func end() {
        running = false
        disconnect()
        source?.cancel()
        source = nil
    }

    private func connect() {
        do throws(SystemdError) {
            let connection = try BusConnection(address: address, deadline: deadline)
            try subscribe(connection)
            self.connection = connection
            source?.watch(connection.descriptor)
            changed = Set(units)
            backoff.reset()
            pump()
        } catch {
            lost(error)
        }
    }

    private func subscribe(_ connection: BusConnection) throws(SystemdError) {
        unitOfPath = [:]
        for unit in units {
            let path = try BusConnection.path(of: unit)
            unitOfPath[path] = unit
            try addMatch(
                connection,
                "type='signal',sender='org.freedesktop.systemd1',interface='org.freedesktop.DBus.Properties',"
                    + "member='PropertiesChanged',path='\(path)'")
            // A unit that is unloaded says nothing itself (systemd issue 87).
            try addMatch(
                connection,
                "type='signal',sender='org.freedesktop.systemd1',"
                    + "interface='org.freedesktop.systemd1.Manager',"
                    + "member='UnitRemoved',arg0='\(Self.quoted(unit))'"
            )
        }
        // Without it systemd sends no signals (systemd issue 570).
        _ = try connection.call(
            BusConnection.manager, path: "/org/freedesktop/systemd1",
            interface: "org.freedesktop.systemd1.Manager", member: "Subscribe",
            subject: "org.freedesktop.systemd1")
    }

    /// As the match rules of the D-Bus specification want an apostrophe.
    private static func quoted(_ text: String) -> String {
        text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
    }

    private func addMatch(_ connection: BusConnection, _ rule: String) throws(SystemdError) {
        _ = try connection.call(
            "org.freedesktop.DBus", path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus",
            member: "AddMatch", strings: [rule], subject: rule)
    }

    private func disconnect() {
        timer?.cancel()
        timer = nil
        connection = nil
    }

    private func lost(_ error: SystemdError) {
        disconnect()
        guard running else { return }
        tell(problem: error.description)
        arm(after: backoff.next())
    }

    // MARK: Events

    private func pump() {
        guard running else { return }
        guard let connection else {
            connect()
            return
        }
        do throws(SystemdError) {
            try drain(connection)
            // Signals that came during a call are queued in the library, where the descriptor does not show
            // them; a flood of them waits for its next turn, so that stop() gets one.
            for _ in 0..<Self.roundsPerTurn where !changed.isEmpty {
                try readChanged(connection)
                try drain(connection)
            }
            tell(problem: nil)
            if changed.isEmpty { rearm(connection) } else { arm(after: Self.floodPause) }
        } catch {
            lost(error)
        }
    }

    private func drain(_ connection: BusConnection) throws(SystemdError) {
        while let incoming = try connection.process() {
            if case .message(let message) = incoming { try note(message) }
        }
    }

    private func note(_ message: BusMessage) throws(SystemdError) {
        if message.isSignal("org.freedesktop.DBus.Properties", "PropertiesChanged") {
            if let path = message.path, let unit = unitOfPath[path] { changed.insert(unit) }
        } else if message.isSignal("org.freedesktop.systemd1.Manager", "UnitRemoved") {
            let unit = try message.string()
            // Reading a unit that does not run loads it, and systemd then unloads it again and says so: to read it for
            // that would go on for ever. What was up when it was last read is worth a look.
            if let known = states[unit], !["inactive", "failed"].contains(known.activeState) {
                changed.insert(unit)
            }
        }
    }

    private func readChanged(_ connection: BusConnection) throws(SystemdError) {
        for unit in units where changed.remove(unit) != nil {
            let state = try connection.readUnit(unit)
            guard asked.remove(unit) != nil || states[unit] != state else { continue }
            states[unit] = state
            handler(.state(state))
        }
    }

    private func rearm(_ connection: BusConnection) {
        var wait = Self.safetyInterval
        if let timeout = connection.timeout { wait = min(wait, max(.zero, timeout - .now)) }
        if connection.wantsToWrite { wait = min(wait, .milliseconds(50)) }
        arm(after: wait)
    }

    private func arm(after wait: Duration) {
        timer?.cancel()
        let timer = DispatchSource.makeTimerSource(queue: queue)
        let isSafety = wait == Self.safetyInterval
        timer.setEventHandler { @Sendable [weak self] in
            guard let self else { return }
            if isSafety { changed = Set(units) }
            pump()
        }
        timer.schedule(deadline: .now() + .microseconds(Int(wait.microseconds)), leeway: .milliseconds(10))
        self.timer = timer
        timer.activate()
    }

    private func tell(problem: String?) {
        guard self.problem != .some(problem) else { return }
        self.problem = .some(problem)
        handler(.problem(problem))
    }
}
