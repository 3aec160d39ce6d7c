// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension Fixtures {
    static let killed = Incident(
        id: "runtime-down-containerd.service", kind: .runtimeDown, subject: "containerd.service",
        cause: "Killed",
        severity: .critical, status: .confirmed,
        sentence: "containerd was killed by SIGKILL and has not come back.",
        explanation:
            "systemd saw the main process (pid 812) end by signal 9 at 01:42:28. Nobody had asked it to stop,"
            + " and the kernel logged no OOM kill: another process sent the signal.",
        impact: Impact(
            sentence: "No pod can be started, stopped or probed. Running containers keep running.", pods: 12,
            runningContainers: 31,
            podNames: ["db/pg-2", "kube-system/kube-proxy-x2x9f", "shop/web-7", "shop/web-8", "shop/web-9"]),
        evidence: killedEvidence,
        symptoms: [
            Symptom(
                name: "kubelet-runtime-down", summary: "kubelet says \"container runtime is down\"",
                firstSeen: second("01:42:29"), lastSeen: second("01:42:31"), count: 3)
        ],
        nextSteps: [
            NextStep("see its last lines", "journalctl --unit containerd.service --lines 50 --no-pager"),
            NextStep(
                "find who sent the signal",
                "ausearch --start 11/22/2026 01:42:00 --syscall kill --interpret --format text | grep 'sig=SIGKILL'"
            ),
            NextStep("start it again", "systemctl start containerd.service"),
        ], clearsWhen: "connect(2) succeeds on the socket and `crictl version` answers twice.",
        timeline: [
            TimelineItem(
                at: second("01:42:28.642373"), text: "opened: containerd.service was killed by SIGKILL"),
            TimelineItem(at: second("01:42:28.900000"), text: "confirmed: connect(2) is refused"),
            TimelineItem(at: second("01:42:31.000000"), text: "kubelet: container runtime is down (3 times)"),
        ], openedAt: second("01:42:28.642373"), lastSeenAt: second("01:42:31"), resolvedAt: nil,
        occurrences: 2)

    private static let killedEvidence = [
        Evidence(
            at: second("01:42:28.642373"), source: .journal,
            summary: "containerd.service: Main process exited, code=killed, status=9/KILL", cursor: "s=1;i=2",
            command: "journalctl --cursor 's=1;i=2' --lines 1"),
        Evidence(
            at: second("01:42:28.643001"), source: .journal,
            summary: "containerd.service: Failed with result 'signal'.", cursor: "s=1;i=3"),
        Evidence(
            at: second("01:42:28.900000"), source: .cri,
            summary: "connect(/run/containerd/containerd.sock): connection refused", cursor: nil,
            command: "crictl --runtime-endpoint unix:///run/containerd/containerd.sock version"),
        Evidence(
            at: second("01:42:29.100000"), source: .systemd,
            summary: "ActiveState=failed SubState=failed Result=signal"),
    ]

    static let stopped = Incident(
        id: "runtime-down-containerd.service-1", kind: .runtimeDown, subject: "containerd.service",
        cause: "Stopped",
        severity: .critical, status: .resolved, sentence: "containerd was stopped by an operator.",
        explanation: "systemctl stop was asked for.", impact: Impact(sentence: "No pod could be started."),
        evidence: [],
        symptoms: [], nextSteps: [], clearsWhen: "containerd answers",
        timeline: [
            TimelineItem(at: time("2026-11-21T23:58:10Z"), text: "opened"),
            TimelineItem(at: time("2026-11-22T00:00:13Z"), text: "resolved: containerd answers"),
        ], openedAt: time("2026-11-21T23:58:10Z"), lastSeenAt: time("2026-11-22T00:00:10Z"),
        resolvedAt: time("2026-11-22T00:00:13Z"), occurrences: 1)

    /// The same, but over, with an id as the engine makes them.
    static let wasKilled = {
        var incident = killed
        incident.id = "RuntimeDown-66af9f101c9c2774"
        incident.status = .resolved
        incident.resolvedAt = second("01:43:17")
        return incident
    }()

    /// An incident whose every text is `text`.
    static func incident(_ id: String, text: String, count: Int = 8) -> Incident {
        Incident(
            id: id, kind: IncidentKind(rawValue: text), subject: text, cause: text, severity: .warning,
            status: .suspected, sentence: text, explanation: text,
            impact: Impact(sentence: text, pods: 1, podNames: [text]),
            evidence: (0..<count).map { _ in
                Evidence(
                    at: second("01:00:00"), source: .systemd, summary: text, cursor: text,
                    command: ShellCommand(stringLiteral: text))
            },
            symptoms: (0..<count).map { _ in
                Symptom(
                    name: text, summary: text, firstSeen: second("01:00:00"),
                    lastSeen: time("2026-11-23T00:00:00Z"),
                    count: .max)
            }, nextSteps: (0..<count).map { _ in NextStep(text, ShellCommand(stringLiteral: text)) },
            clearsWhen: text,
            timeline: (0..<count).map { _ in TimelineItem(at: second("01:00:00"), text: text) },
            openedAt: time("1969-12-31T23:59:59Z"), lastSeenAt: second("02:00:00"), resolvedAt: nil,
            occurrences: .max)
    }

    /// A snapshot whose every text is `text`.
    static func hostile(_ text: String, incidents: Int = 2) -> Snapshot {
        let endpoint = Endpoint(socketPath: text, runtime: .other, unit: text)
        var snapshot = down
        snapshot.version = text
        snapshot.hostname = text
        snapshot.headline = text
        snapshot.open = (0..<incidents).map { incident("open-\($0)", text: text) }
        snapshot.resolved = (0..<incidents).map { n in
            var incident = incident("resolved-\(n)", text: text)
            incident.status = .resolved
            incident.resolvedAt = second("03:00:00")
            return incident
        }
        snapshot.conditions = conditions([
            .runtimeReady: (.false, text, text), .networkReady: (.unknown, text, text),
        ])
        snapshot.runtimes = [
            RuntimeView(
                endpoint: endpoint, version: RuntimeVersion(name: text, version: text, apiVersion: text),
                unit: UnitState(
                    name: text, activeState: text, subState: text, result: text, restarts: .max, mainPID: .max
                ),
                rungs: [
                    RungView(
                        rung: .connect, at: second("01:00:00"), succeeded: false, latency: .seconds(3),
                        problem: text)
                ], pods: .max, containers: [text: 3, "running": .max])
        ]
        snapshot.monitoring.problems = Array(repeating: text, count: 9)
        snapshot.monitoring.blindWindows = (0..<9).map { _ in
            BlindWindow(reason: .skipped, from: nil, to: second("01:00:00"), unit: text, entries: nil)
        }
        snapshot.statistics.signals = [text: 3, "ok-rule": 4]
        snapshot.versions = NodeVersions(
            ociRuntimes: [.init(name: text, version: text)], kubelet: text, crictl: text, libsystemd: text)
        snapshot.statistics.incidentsOpened = [text: 7]
        return snapshot
    }
}
