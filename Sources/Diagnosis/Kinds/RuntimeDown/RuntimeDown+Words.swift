// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Words and evidence that every cause shares.
extension RuntimeCase<RuntimeDown> {
    var impact: Impact {
        // Nothing outlives a boot, and a list from before it says nothing.
        let isOfThisBoot = runtime.containersAt != nil
        let wasRebooted = facts.containers.rebootedAt != nil && !isOfThisBoot
        return Impact(
            sentence: "No pod can be started, stopped or exec'd into on this node"
                + (wasRebooted ? "." : "; running containers keep running."),
            pods: isOfThisBoot ? runtime.readyPods : nil,
            runningContainers: isOfThisBoot ? runtime.runningContainers : nil)
    }

    var clearsWhen: String {
        "crictl gets an answer from \(runtime.endpoint.hasSocket ? runtime.endpoint.address : name)"
    }

    var seeStatus: NextStep {
        hasUnit
            ? NextStep("see its state in systemd", "systemctl status \(unit.name)")
            : NextStep("see who serves the socket", "ss -xlp | grep \(runtime.endpoint.socketPath)")
    }

    var startAgain: NextStep {
        NextStep("start it once the cause is fixed, if systemd does not", "systemctl restart \(unit.name)")
    }

    func seeLog(_ since: Moment) -> NextStep {
        NextStep(
            "read its latest log lines",
            "journalctl -u \(unit.name) --since '\(since.wall.date) \(since.wall.clock) UTC' -n 50")
    }

    /// How the main process ended.
    var exitEvidence: Evidence? {
        guard let exit = unit.exit else { return nil }
        let how =
            exit.code == "exited"
            ? "exited with status \(exit.status)" : "was \(exit.code) by \(UnixSignal.name(exit.status))"
        return Evidence(
            at: exit.at.wall, source: exit.cursor == nil ? .systemd : .journal,
            summary: "systemd: \(unit.name) \(how)", cursor: exit.cursor,
            command: "journalctl -u \(unit.name) -n 20")
    }

    /// What systemd calls the failure, where nothing else is known of it.
    func resultEvidence(_ since: Moment) -> Evidence {
        Evidence(
            at: since.wall, source: .systemd,
            summary: "systemd: \(unit.name) failed, Result=\(unit.result ?? "unknown")",
            command: "systemctl status \(unit.name)")
    }

    func gaveUpEvidence(_ since: Moment) -> Evidence? {
        facts.signals.last(.startLimitHit, unit: unit.name, since: since.monotonic).map {
            Evidence.journal($0)
        }
    }

    func restartEvidence(_ count: Int) -> Evidence? {
        guard count > 0, let last = unit.restarts.last else { return nil }
        return Evidence(
            at: last.wall, source: .journal,
            summary: "systemd scheduled a restart of \(unit.name)",
            command: "systemctl show -P NRestarts \(unit.name)")
    }

    /// What the endpoint answered, if that was asked since.
    func endpointEvidence(since: MonotonicTime) -> Evidence? {
        guard let failing = api.failing, failing.at.monotonic >= since else { return nil }
        let text: String
        switch failing.failure.reason {
        case .socketMissing: text = "\(runtime.endpoint.socketPath) does not exist"
        case .notASocket: text = "\(runtime.endpoint.socketPath) is not a socket"
        case .refused: text = "\(runtime.endpoint.socketPath) refuses connections"
        case .timedOut: text = "no answer on \(runtime.endpoint.socketPath) within the deadline"
        case .notGRPC: text = "what answers on \(runtime.endpoint.socketPath) does not speak gRPC"
        case .reset: text = "\(runtime.endpoint.socketPath) drops connections"
        case .starting: text = "\(name) reports that it is not initialized yet"
        case .rpc, .unimplemented, .unreadable: text = failing.failure.text
        }
        return Evidence(
            at: failing.since.wall, source: .cri,
            summary: text, command: crictl("version"))
    }

    var activeEvidence: Evidence? {
        guard unit.isRunning, let since = unit.phaseSince else { return nil }
        return Evidence(
            at: since.wall, source: .systemd, summary: "systemd: \(unit.name) is active (running)",
            command: "systemctl status \(unit.name)")
    }

    func directory(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "/etc"
    }

    func port(of address: String) -> String {
        address.lastIndex(of: ":").map { String(address[address.index(after: $0)...]) } ?? address
    }
}
