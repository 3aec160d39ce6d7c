// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Snapshots that tests render. Times and texts are those of a recorded SIGKILL of containerd 1.6.20.
enum Fixtures {
    static func time(_ text: String) -> WallTime { WallTime(rfc3339: text) ?? WallTime(microseconds: 0) }

    static func second(_ clock: String) -> WallTime { time("2026-11-22T\(clock)Z") }

    static let containerd = Endpoint(
        socketPath: "/run/containerd/containerd.sock", runtime: .containerd, unit: "containerd.service")

    static func conditions(_ bad: [Condition.Kind: (Condition.Status, String, String)]) -> [Condition] {
        Condition.Kind.allCases.map { kind in
            let (status, reason, message) = bad[kind] ?? (.true, "AsExpected", "")
            return Condition(
                type: kind, status: status, reason: reason, message: message,
                lastTransitionTime: bad[kind] == nil
                    ? time("2026-11-20T08:00:00Z") : second("01:42:28.642373"))
        }
    }

    static func runtime(isUp: Bool) -> RuntimeView {
        let latencies: [ProbeReport.Rung: Int] = [
            .socket: 0, .connect: 1, .version: 21, .status: 28, .pods: 30, .containers: 31,
        ]
        let rungs = ProbeReport.Rung.allCases.map { rung in
            let failed = !isUp && rung > .socket
            return RungView(
                rung: rung, at: second("01:42:29"), succeeded: !failed,
                latency: .milliseconds(latencies[rung] ?? 0), problem: failed ? "connection refused" : nil)
        }
        let unit = UnitState(
            name: "containerd.service", activeState: isUp ? "active" : "failed",
            subState: isUp ? "running" : "failed",
            result: isUp ? "success" : "signal", mainPID: isUp ? 812 : nil, execMainCode: isUp ? 0 : 2,
            execMainStatus: isUp ? 0 : 9)
        return RuntimeView(
            endpoint: containerd,
            version: RuntimeVersion(name: "containerd", version: "1.6.20~ds1", apiVersion: "v1"), unit: unit,
            rungs: isUp ? rungs : Array(rungs.prefix(2)), isUp: isUp, pods: 12,
            containers: ["running": 31, "exited": 4])
    }

    static let statistics = {
        var statistics = Statistics()
        statistics.observations = 18_345
        statistics.journalEntries = 12_034
        statistics.blindWindows = 1
        statistics.signals = ["containerd-starting": 2, "kubelet-runtime-down": 3]
        statistics.incidentsOpened = ["RuntimeDown": 2]
        var probe = Statistics.Probe(endpoint: containerd, rung: .version)
        probe.succeeded = 401
        probe.failed = 2
        probe.latency = .milliseconds(9120)
        probe.childCPU = .milliseconds(7313)
        statistics.probes = [probe]
        return statistics
    }()

    static let empty = Snapshot(
        at: Moment(wall: second("01:40:00"), monotonic: MonotonicTime(microseconds: 0)), version: "0.1.0",
        hostname: "worker-7", startedAt: second("01:40:00"), verdict: .unknown,
        headline: "Nothing is known yet: crihealthd has just started.", open: [], resolved: [],
        conditions: Condition.Kind.allCases.map {
            Condition(type: $0, status: .unknown, reason: "Starting", message: "", lastTransitionTime: nil)
        }, runtimes: [], monitoring: MonitoringView(), statistics: Statistics())

    static let healthy = Snapshot(
        at: Moment(wall: second("01:40:00"), monotonic: MonotonicTime(microseconds: 60_000_000)),
        version: "0.1.0",
        hostname: "worker-7", startedAt: time("2026-11-18T22:00:00Z"), verdict: .healthy,
        headline: "containerd answers, and nothing is wrong.", open: [], resolved: [stopped],
        conditions: conditions([:]), runtimes: [runtime(isUp: true)],
        monitoring: MonitoringView(journalReady: true, probesReady: true, journal: .following),
        statistics: statistics, versions: versions)

    /// Well again, since half an hour.
    static let recovered = {
        var snapshot = healthy
        snapshot.at.wall = second("02:13:00")
        snapshot.resolved = [wasKilled, stopped]
        return snapshot
    }()

    static let versions = NodeVersions(
        ociRuntimes: [.init(name: "runc", version: "1.1.5+ds1")], kubelet: "v1.30.1", crictl: "v1.36.0",
        libsystemd: "0.35.0")

    /// Well, but for what is worth knowing of the versions, and a condition with much to say.
    static let advised = {
        var snapshot = healthy
        snapshot.at = down.at
        snapshot.conditions = conditions([
            .versionsSupported: (
                .false, "KnownVulnerability",
                "1 vulnerability by upstream version; your distribution may have backported fixes."
            ),
            .shutdownGraceful: (
                .unknown, "NotApplicable",
                "Only CRI-O orders its containers' scopes before shutdown.target."
            ),
        ])
        snapshot.advice = [
            Advice(
                id: "CVE-2024-21626", category: .vulnerability, component: "runc", version: "1.1.5+ds1",
                sentence: "a leaked descriptor lets a container out to the host", fixedIn: ["1.1.12"],
                source: "https://nvd.nist.gov/vuln/detail/CVE-2024-21626")
        ]
        return snapshot
    }()

    static let down = Snapshot(
        at: Moment(wall: second("01:42:31"), monotonic: MonotonicTime(microseconds: 211_000_000)),
        version: "0.1.0",
        hostname: "worker-7", startedAt: time("2026-11-18T22:00:00Z"), verdict: .unhealthy,
        headline: "containerd was killed by SIGKILL and has not come back.", open: [killed],
        resolved: [stopped],
        conditions: conditions([
            .runtimeReady: (.false, "Killed", "containerd was killed by SIGKILL and has not come back."),
            .networkReady: (.unknown, "RuntimeDown", "containerd cannot be asked."),
            .criVersionSupported: (.unknown, "RuntimeDown", "containerd cannot be asked."),
        ]), runtimes: [runtime(isUp: false)],
        monitoring: MonitoringView(
            journalReady: true, probesReady: true, journal: .polling(errno: 24),
            blindWindows: [
                BlindWindow(
                    reason: .suppressed, from: second("01:12:00"), to: second("01:12:30"),
                    unit: "kubelet.service",
                    entries: 1284)
            ], problems: ["no inotify instance is left (EMFILE): the journal is polled"]),
        statistics: statistics, versions: versions)
}
