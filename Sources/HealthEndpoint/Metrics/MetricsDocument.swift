// SPDX-License-Identifier: Apache-2.0
public import HealthModel

/// The metrics outside the server.
public enum MetricsDocument {
    /// For node_exporter's textfile collector, in Prometheus' text format: what is known of the node.
    ///
    /// Without `process_*`, which node_exporter has of itself under the same names (two of them would fail its whole
    /// scrape), and without the HTTP server's figures.
    public static func textfile(_ snapshot: Snapshot) -> [UInt8] {
        let families = SnapshotMetrics.families(snapshot, server: ServerCounters()).filter {
            !$0.name.hasPrefix("crihealthd_http_")
        }
        return Array(Exposition.render(families, .prometheus).utf8)
    }
}
