// SPDX-License-Identifier: Apache-2.0
import Dispatch
import HealthModel
import Node
import Synchronization

/// Asks the node what the engine wants to know, and reports the answers.
///
/// ## Concurrency
/// ``ask(_:)`` can be called from any thread and returns at once. Reading /proc happens on one serial queue;
/// probes and units are asked by those who own them.
final class Inquirer: Sendable {
    private let gate = Mutex(InquiryGate())
    private let queue = DispatchQueue(label: "crihealthd.node", qos: .utility)
    private let answer: @Sendable (Inquiry) -> NodeReport?
    private let probe: @Sendable (Endpoint, ProbeReport.Rung) -> Void
    private let unit: @Sendable (String) -> Void
    private let report: @Sendable (NodeReport, Moment) -> Void

    /// Makes one; `answer` blocks and `report` is called on a queue of its own.
    init(
        answer: @escaping @Sendable (Inquiry) -> NodeReport?,
        probe: @escaping @Sendable (Endpoint, ProbeReport.Rung) -> Void,
        unit: @escaping @Sendable (String) -> Void, report: @escaping @Sendable (NodeReport, Moment) -> Void
    ) {
        self.answer = answer
        self.probe = probe
        self.unit = unit
        self.report = report
    }

    /// Asks, unless the same was asked within the last second.
    func ask(_ inquiry: Inquiry) {
        guard gate.withLock({ $0.admit(inquiry, at: Moment.now().monotonic) }) else { return }
        switch inquiry {
        case .probe(let endpoint, let rung): probe(endpoint, rung)
        case .unit(let name): unit(name)
        case .resources, .tcpListener, .unixListener, .process, .fileSystems, .cni, .binary, .binaries,
            .containerProcesses, .scopes,
            .ociRuntimes, .runtimeConfiguration, .tcpListeners, .containerLog, .previousShutdown, .kubelet,
            .changes:
            queue.async {
                guard let answer = self.answer(inquiry) else { return }
                self.report(answer, Moment.now())
            }
        }
    }
}
