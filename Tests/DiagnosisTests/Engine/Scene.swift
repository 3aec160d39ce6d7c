// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import Diagnosis

/// An engine with a clock that the test moves: time starts at 100 s after boot.
struct Scene {
    static let endpoint = Endpoint.wellKnown[0]
    static let unit = "containerd.service"

    /// The shipped rules, compiled once.
    static let shipped: SignalRules = {
        do { return try SignalRules.shipped() } catch { fatalError("\(error)") }
    }()

    var engine: Engine
    var transitions: [Transition] = []
    var inquiries: [Inquiry] = []
    private(set) var now = Moment(
        wall: WallTime(microseconds: 1_795_305_600_000_000),
        monotonic: MonotonicTime(microseconds: 100_000_000))
    private var sequence = 0

    init(endpoints: [Endpoint] = [Scene.endpoint], rules: [String] = []) throws {
        var all = Self.shipped
        if !rules.isEmpty {
            all = try all.adding(
                rules.enumerated().map { RuleDocument(name: "test-\($0.offset).toml", text: $0.element) })
        }
        engine = Engine(rules: all)
        feed(
            .started(DaemonStart(bootID: "boot-1", version: "test", hostname: "node1", endpoints: endpoints)))
        feed(.daemon(.journal(.following)))
    }

    mutating func feed(_ event: Observation.Event) {
        for effect in engine.receive(Observation(at: now, event: event)) {
            switch effect {
            case .transition(let transition):
                transitions.append(transition)
                for problem in CommandCheck.problems(in: transition.incident.nextSteps) {
                    Issue.record(
                        "\(transition.incident.kind.rawValue)/\(transition.incident.cause): \(problem)")
                }
                for command in transition.incident.evidence.compactMap(\.command) {
                    for problem in CommandCheck.problems(in: command) {
                        Issue.record(
                            "evidence of \(transition.incident.kind.rawValue): \(command): \(problem)")
                    }
                }
            case .inquire(let inquiry): inquiries.append(inquiry)
            }
        }
    }

    /// Lets time pass, with ticks where the engine asked for them and one at the end.
    mutating func wait(_ duration: Duration) {
        let end = now.monotonic + duration
        while let due = engine.nextDeadline, due < end, due > now.monotonic {
            now = Moment(wall: now.wall + (due - now.monotonic), monotonic: due)
            feed(.tick)
        }
        now = Moment(wall: now.wall + (end - now.monotonic), monotonic: end)
        feed(.tick)
    }

    mutating func reboot(_ endpoint: Endpoint = Scene.endpoint) {
        now = Moment(wall: now.wall + .seconds(60), monotonic: MonotonicTime(microseconds: 5_000_000))
        feed(
            .started(
                DaemonStart(bootID: "boot-2", version: "test", hostname: "node1", endpoints: [endpoint]))
        )
    }

    // MARK: What the node says

    mutating func manager(_ id: String, _ fields: [String: String] = [:], message: String = "") {
        journal(source: .manager, message: message, messageID: id, fields: fields)
    }

    mutating func line(_ message: String, unit: String = Scene.unit) {
        journal(source: .unit, unit: unit, message: message)
    }

    mutating func journal(
        source: JournalEntry.Source, unit: String? = Scene.unit, message: String, messageID: String? = nil,
        fields: [String: String] = [:]
    ) {
        sequence += 1
        let identifier = source == .manager ? "systemd" : unit?.split(separator: ".").first.map(String.init)
        feed(
            .journal(
                JournalEntry(
                    cursor: "c\(sequence)", at: now, source: source, unit: unit, identifier: identifier,
                    pid: 1,
                    priority: 6, messageID: messageID, message: message, fields: fields)))
    }

    mutating func probe(_ rung: ProbeReport.Rung, _ outcome: ProbeReport.Outcome) {
        feed(
            .probe(
                ProbeReport(endpoint: Self.endpoint, rung: rung, outcome: outcome, latency: .milliseconds(20))
            ))
    }

    mutating func answers() {
        probe(.version, .version(RuntimeVersion(name: "containerd", version: "1.6.20", apiVersion: "v1")))
    }

    mutating func fails(_ reason: ProbeFailure.Reason, at rung: ProbeReport.Rung = .version) {
        probe(rung, .failed(ProbeFailure(reason: reason, text: "recorded")))
    }

    mutating func starts() {
        manager(MessageID.unitStarting)
        wait(.milliseconds(100))
        manager(MessageID.unitStarted)
        wait(.seconds(5))
        answers()
    }

    /// A stop job, or the first half of a restart.
    mutating func stops(_ job: String = "stop") {
        manager(MessageID.unitStopping)
        manager(MessageID.unitStopped, ["JOB_TYPE": job])
    }

    /// A record of systemd's about any unit.
    mutating func record(_ messageID: String, of unit: String) {
        journal(source: .manager, unit: unit, message: "", messageID: messageID)
    }

    /// logind says that the machine goes down.
    mutating func goesDown() {
        journal(
            source: .unit, unit: "systemd-logind.service", message: "System is rebooting.",
            messageID: MessageID.shutdown)
    }

    mutating func killed() {
        manager(MessageID.processExit, ["EXIT_CODE": "killed", "EXIT_STATUS": "9"])
        manager(MessageID.unitFailed, ["UNIT_RESULT": "signal"])
    }

    // MARK: What the engine says

    var open: [Incident] { engine.snapshot(at: now).open }
    var openNames: [String] { open.map { "\($0.kind.rawValue)/\($0.cause)" } }
    var resolvedNames: [String] {
        engine.snapshot(at: now).resolved.map { "\($0.kind.rawValue)/\($0.cause)" }
    }

    func condition(_ kind: Condition.Kind) -> Condition? {
        engine.snapshot(at: now).conditions.first { $0.type == kind }
    }
}
