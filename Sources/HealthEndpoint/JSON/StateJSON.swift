// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// The answer of `/v1/state`: everything that is true now.
struct StateJSON: Encodable {
    let time: String
    let node: String
    let version: String
    let startedAt: String
    let verdict: String
    let headline: String
    let openIncidents: [IncidentJSON]
    let resolvedIncidents: [String]
    let conditions: [ConditionJSON]
    let runtimes: [RuntimeJSON]
    let monitoring: MonitoringJSON
    /// Absent when there is none.
    let advice: [AdviceJSON]?
    /// Absent when there is none.
    let unexplained: UnexplainedJSON?

    init(_ snapshot: Snapshot) {
        time = snapshot.at.wall.description
        node = snapshot.hostname
        version = snapshot.version
        startedAt = snapshot.startedAt.description
        verdict = snapshot.verdict.rawValue
        headline = snapshot.headline
        openIncidents = snapshot.open.map { IncidentJSON($0, now: snapshot.at.wall) }
        resolvedIncidents = snapshot.resolved.map(\.id)
        conditions = snapshot.conditions.map(ConditionJSON.init)
        runtimes = snapshot.runtimes.map(RuntimeJSON.init)
        monitoring = MonitoringJSON(snapshot.monitoring)
        advice = snapshot.advice.isEmpty ? nil : snapshot.advice.map(AdviceJSON.init)
        unexplained = snapshot.unexplained.isEmpty ? nil : UnexplainedJSON(snapshot.unexplained)
    }
}

/// A condition, with the names that Kubernetes gives its parts.
struct ConditionJSON: Encodable {
    let type: String
    let status: String
    let reason: String
    let message: String
    let lastTransitionTime: String?

    init(_ condition: Condition) {
        type = condition.type.rawValue
        status = condition.status.rawValue
        reason = condition.reason
        message = condition.message
        lastTransitionTime = condition.lastTransitionTime?.description
    }
}

/// The answer of `/v1/conditions`.
struct ConditionListJSON: Encodable {
    let time: String
    let conditions: [ConditionJSON]

    init(_ snapshot: Snapshot) {
        time = snapshot.at.wall.description
        conditions = snapshot.conditions.map(ConditionJSON.init)
    }
}

/// A watched runtime.
struct RuntimeJSON: Encodable {
    struct UnitJSON: Encodable {
        let name: String
        let loadState: String
        let activeState: String
        let subState: String
        let result: String
        let restarts: UInt32
        let mainPid: Int32?
        let restartPolicy: String?
        let execStart: String?
    }

    struct RungJSON: Encodable {
        let rung: String
        let time: String
        let succeeded: Bool
        let couldBeAsked: Bool
        let latencySeconds: Double
        let problem: String?
    }

    let name: String
    let endpoint: String
    let expectedRuntime: String
    let runtimeName: String?
    let runtimeVersion: String?
    let runtimeApiVersion: String?
    let unit: UnitJSON?
    let rungs: [RungJSON]
    let pods: Int?
    let containers: [String: Int]

    init(_ view: RuntimeView) {
        name = view.endpoint.name
        endpoint = view.endpoint.address
        expectedRuntime = view.endpoint.runtime.rawValue
        runtimeName = view.version?.name
        runtimeVersion = view.version?.version
        runtimeApiVersion = view.version?.apiVersion
        unit = view.unit.map {
            UnitJSON(
                name: $0.name, loadState: $0.loadState, activeState: $0.activeState, subState: $0.subState,
                result: $0.result, restarts: $0.restarts, mainPid: $0.mainPID,
                restartPolicy: $0.restartPolicy,
                execStart: $0.execStart)
        }
        rungs = view.rungs.map {
            RungJSON(
                rung: $0.rung.rawValue, time: $0.at.description, succeeded: $0.succeeded,
                couldBeAsked: !$0.isBroken, latencySeconds: $0.latency.seconds, problem: $0.problem)
        }
        pods = view.pods
        containers = view.containers
    }
}

/// The answer of `/v1/runtimes`.
struct RuntimeListJSON: Encodable {
    let time: String
    let runtimes: [RuntimeJSON]

    init(_ snapshot: Snapshot) {
        time = snapshot.at.wall.description
        runtimes = snapshot.runtimes.map(RuntimeJSON.init)
    }
}

/// How well the daemon sees.
struct MonitoringJSON: Encodable {
    struct JournalJSON: Encodable {
        let state: String
        let errno: Int32?
        let operation: String?
    }

    struct BlindWindowJSON: Encodable {
        let reason: String
        let from: String?
        let to: String?
        let unit: String?
        let entries: UInt64?
    }

    let journalReady: Bool
    let probesReady: Bool
    let journal: JournalJSON?
    let blindWindows: [BlindWindowJSON]
    let problems: [String]

    init(_ view: MonitoringView) {
        journalReady = view.journalReady
        probesReady = view.probesReady
        journal = view.journal.map {
            switch $0 {
            case .following: JournalJSON(state: "following", errno: nil, operation: nil)
            case .polling(let errno): JournalJSON(state: "polling", errno: errno, operation: nil)
            case .noFiles: JournalJSON(state: "noFiles", errno: nil, operation: nil)
            case .catchingUp: JournalJSON(state: "catchingUp", errno: nil, operation: nil)
            case .failed(let errno, let operation):
                JournalJSON(state: "failed", errno: errno, operation: operation)
            }
        }
        blindWindows = view.blindWindows.map {
            BlindWindowJSON(
                reason: $0.reason.rawValue, from: $0.from?.description, to: $0.to?.description, unit: $0.unit,
                entries: $0.entries)
        }
        problems = view.problems
    }
}
