// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// The watched runtimes as metrics, each by the path of its socket.
enum RuntimeMetrics {
    static func families(_ snapshot: Snapshot) -> [MetricFamily] {
        let runtimes = distinct(snapshot.runtimes).prefix(SnapshotMetrics.runtimeLimit)
        let rows = runtimes.flatMap { runtime in
            ProbeReport.Rung.allCases.map { rung in row(runtime.endpoint, rung, snapshot.statistics) }
        }
        return info(Array(runtimes)) + [ociRuntimes(snapshot.versions)] + probes(rows, Array(runtimes))
            + holdings(Array(runtimes))
    }

    /// One view per socket: two with one path would be the same series twice.
    private static func distinct(_ runtimes: [RuntimeView]) -> [RuntimeView] {
        var seen: Set<String> = []
        return runtimes.filter { seen.insert(Printable.line($0.endpoint.socketPath)).inserted }
    }

    private static func row(
        _ endpoint: Endpoint, _ rung: ProbeReport.Rung, _ statistics: Statistics
    ) -> Statistics.Probe {
        statistics.probes.first { $0.endpoint.socketPath == endpoint.socketPath && $0.rung == rung }
            ?? Statistics.Probe(endpoint: endpoint, rung: rung)
    }

    private static func info(_ runtimes: [RuntimeView]) -> [MetricFamily] {
        let samples = runtimes.map { runtime in
            MetricFamily.Sample(
                labels: [
                    endpoint(runtime.endpoint),
                    .init("runtime", runtime.version?.name ?? runtime.endpoint.runtime.rawValue),
                    .init("version", runtime.version?.version ?? ""),
                ], value: 1)
        }
        let up = runtimes.map { runtime in
            MetricFamily.Sample(labels: [endpoint(runtime.endpoint)], value: runtime.isUp ? 1 : 0)
        }
        return [
            MetricFamily(
                name: "crihealthd_runtime", kind: .info, help: "Watched runtimes and their versions.",
                samples: samples),
            MetricFamily(
                name: "crihealthd_runtime_up", kind: .gauge,
                help: "Whether the runtime answered, and no probe that could be made has failed since;"
                    + " where none can be made, RuntimeReady is Unknown.",
                samples: up),
        ]
    }

    /// Most OCI runtimes; a node has one or two.
    static let ociRuntimeLimit = 8

    private static func ociRuntimes(_ versions: NodeVersions) -> MetricFamily {
        MetricFamily(
            name: "crihealthd_oci_runtime", kind: .info,
            help: "OCI runtimes that containers run with, and their versions.",
            samples: versions.ociRuntimes.prefix(ociRuntimeLimit).map {
                .init(labels: [.init("runtime", $0.name), .init("version", $0.version)], value: 1)
            })
    }

    private static func probes(_ rows: [Statistics.Probe], _ runtimes: [RuntimeView]) -> [MetricFamily] {
        let totals = rows.flatMap { row in
            [("succeeded", row.succeeded), ("failed", row.failed), ("broken", row.broken)].map {
                result, count in
                MetricFamily.Sample(labels: labels(row) + [.init("result", result)], value: Double(count))
            }
        }
        let durations = rows.flatMap { row in
            let calls = Double(row.succeeded) + Double(row.failed) + Double(row.broken)
            return [
                MetricFamily.Sample(suffix: "_sum", labels: labels(row), value: row.latency.seconds),
                MetricFamily.Sample(suffix: "_count", labels: labels(row), value: calls),
            ]
        }
        let cpu = runtimes.map { runtime in
            let own = rows.filter { $0.endpoint.socketPath == runtime.endpoint.socketPath }
            let sum = own.reduce(Duration.zero) { $0 + $1.childCPU }
            return MetricFamily.Sample(labels: [endpoint(runtime.endpoint)], value: sum.seconds)
        }
        return [
            MetricFamily(
                name: "crihealthd_probes", kind: .counter,
                help: "Probes by rung of the ladder; broken ones say nothing about the runtime.",
                samples: totals),
            MetricFamily(
                name: "crihealthd_probe_duration_seconds", kind: .summary, help: "Wall time of probes.",
                samples: durations),
            MetricFamily(
                name: "crihealthd_crictl_cpu_seconds", kind: .counter, help: "CPU time that crictl used.",
                samples: cpu),
        ]
    }

    private static func holdings(_ runtimes: [RuntimeView]) -> [MetricFamily] {
        let pods = runtimes.map { runtime in
            MetricFamily.Sample(labels: [endpoint(runtime.endpoint)], value: Double(runtime.pods ?? 0))
        }
        let states: [Container.State] = [.created, .running, .exited, .unknown]
        let containers = runtimes.flatMap { runtime in
            states.map { state in
                MetricFamily.Sample(
                    labels: [endpoint(runtime.endpoint), .init("state", state.rawValue)],
                    value: Double(runtime.containers[state.rawValue] ?? 0))
            }
        }
        return [
            MetricFamily(
                name: "crihealthd_pods", kind: .gauge, help: "Pods when they were last listed.", samples: pods
            ),
            MetricFamily(
                name: "crihealthd_containers", kind: .gauge, help: "Containers when they were last listed.",
                samples: containers),
        ]
    }

    private static func endpoint(_ endpoint: Endpoint) -> MetricFamily.Label {
        .init("endpoint", endpoint.socketPath)
    }

    private static func labels(_ row: Statistics.Probe) -> [MetricFamily.Label] {
        [endpoint(row.endpoint), .init("rung", row.rung.rawValue)]
    }
}
