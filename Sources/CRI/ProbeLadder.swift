// SPDX-License-Identifier: Apache-2.0
import Glibc
public import HealthModel

/// Asks an endpoint rung by rung: socket file, connect(2), `crictl version`, `info`, `pods`, `ps --all`.
///
/// Every call blocks its caller (a connect for at most ``connectDeadline``, crictl for its limits); use one
/// queue per endpoint, so that one endpoint is never asked twice at a time. Safe to share between threads.
public struct ProbeLadder: Sendable {
    /// Runs the upper rungs.
    public let crictl: Crictl
    /// How long a full backlog is tried again before it counts as no answer.
    public let connectDeadline: Duration
    private let memory = OutputMemory()

    /// Makes a ladder.
    public init(crictl: Crictl, connectDeadline: Duration = .milliseconds(500)) {
        self.crictl = crictl
        self.connectDeadline = connectDeadline
    }

    /// Asks from `lowest` to `highest` and stops at the first rung that fails; its report is the last.
    /// Empty when `lowest` is above `highest`.
    public func probe(
        _ endpoint: Endpoint, from lowest: ProbeReport.Rung = .socket,
        through highest: ProbeReport.Rung = .containers
    ) -> [ProbeReport] {
        probe(endpoint, rungs: ProbeReport.Rung.allCases.filter { lowest <= $0 && $0 <= highest })
    }

    /// Asks these rungs, which ascend, and stops at the first that fails; its report is the last.
    public func probe(_ endpoint: Endpoint, rungs: [ProbeReport.Rung]) -> [ProbeReport] {
        var reports: [ProbeReport] = []
        for rung in rungs {
            let report = probe(endpoint, rung: rung)
            reports.append(report)
            if !report.succeeded { break }
        }
        return reports
    }

    /// Asks one rung.
    public func probe(_ endpoint: Endpoint, rung: ProbeReport.Rung) -> ProbeReport {
        let started = SuspendingClock.now
        var cpu = Duration.zero
        let outcome: ProbeReport.Outcome
        switch rung {
        case .socket: outcome = socketOutcome(endpoint)
        case .connect: outcome = connectOutcome(endpoint, until: started + connectDeadline)
        case .version: outcome = crictlOutcome(.version, rung, endpoint, &cpu)
        case .status: outcome = crictlOutcome(.info, rung, endpoint, &cpu)
        case .pods: outcome = crictlOutcome(.pods, rung, endpoint, &cpu)
        case .containers: outcome = crictlOutcome(.containers, rung, endpoint, &cpu)
        }
        return ProbeReport(
            endpoint: endpoint, rung: rung, outcome: outcome, latency: SuspendingClock.now - started,
            childCPU: cpu)
    }

    private func crictlOutcome(
        _ call: Crictl.Call, _ rung: ProbeReport.Rung, _ endpoint: Endpoint, _ cpu: inout Duration
    ) -> ProbeReport.Outcome {
        do {
            let execution = try crictl.run(call, endpoint: endpoint)
            cpu = execution.cpu
            guard case .exited(0) = execution.ending else {
                return CrictlOutput.outcome(rung: rung, execution: execution)
            }
            return memory.outcome(
                of: .init(socketPath: endpoint.socketPath, rung: rung), stdout: execution.stdout
            ) { CrictlOutput.outcome(rung: rung, execution: execution) }
        } catch {
            return .broken(error)
        }
    }

    private func socketOutcome(_ endpoint: Endpoint) -> ProbeReport.Outcome {
        do {
            guard try System.fileType(endpoint.socketPath) == S_IFSOCK else {
                return outcome(of: Errno(ENOTSOCK), "stat", endpoint)
            }
            return .reached
        } catch {
            return outcome(of: error, "stat", endpoint)
        }
    }

    private func connectOutcome(
        _ endpoint: Endpoint, until deadline: SuspendingClock.Instant
    ) -> ProbeReport.Outcome {
        while true {
            do {
                try System.connect(endpoint.socketPath)
                return .reached
            } catch {
                let mayRetry = error.code == EAGAIN || error.code == EINTR
                guard mayRetry, deadline > .now else { return outcome(of: error, "connect", endpoint) }
                // No event tells when a backlog has room again.
                System.wait(readable: [], atMost: min(.milliseconds(20), deadline - .now))
            }
        }
    }

    private func outcome(
        of error: Errno, _ operation: String, _ endpoint: Endpoint
    ) -> ProbeReport.Outcome {
        let text = Text.excerpt("\(operation) \(endpoint.socketPath): \(error.text)")
        return switch error.code {
        case ENOENT, ENOTDIR, ELOOP: failed(.socketMissing, error, text)
        case ENOTSOCK, EPROTOTYPE: failed(.notASocket, error, text)
        case ECONNREFUSED: failed(.refused, error, text)
        case ECONNRESET, EPIPE: failed(.reset, error, text)
        case EAGAIN, EINTR: failed(.timedOut, error, text)
        case EACCES, EPERM:
            .broken(ProbeBreakage(reason: .permissionDenied, errno: error.code, text: text))
        default: .broken(ProbeBreakage(reason: .crictlUnusable, errno: error.code, text: text))
        }
    }

    private func failed(_ reason: ProbeFailure.Reason, _ error: Errno, _ text: String) -> ProbeReport.Outcome
    {
        .failed(ProbeFailure(reason: reason, errno: error.code, text: text))
    }
}
