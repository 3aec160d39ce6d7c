// SPDX-License-Identifier: Apache-2.0
import CRI
import HealthModel
import Node
import Systemd

/// Answers questions about containers that take more than reading /proc: systemd's bus, crictl, an OCI runtime, the
/// journal of the boot before.
///
/// Every call blocks its caller, within the bounds of what it asks; any thread.
struct ContainerAnswers: Sendable {
    private let crictl: Crictl
    private let bus = UnitBus()
    private let root: String

    /// Asks through this crictl; below another root than `/` only what lies there is asked.
    init(crictl: Crictl, root: String) {
        self.crictl = crictl
        self.root = root
    }

    /// The answer; nil for other questions, and for what nobody can tell now.
    func answer(_ inquiry: Inquiry) -> NodeReport? {
        switch inquiry {
        case .scopes(let containers): scopes(containers)
        case .ociRuntimes(let paths):
            .ociRuntimes(paths.prefix(8).compactMap { OCIRuntimeProbe().version(of: $0) })
        case .containerLog(let endpoint, let id): log(of: id, endpoint)
        case .previousShutdown: previousShutdown
        default: nil
        }
    }

    private func scopes(_ containers: [String]) -> NodeReport? {
        guard root == "/" else { return nil }
        let names = containers.prefix(64).map { "crio-\($0).scope" }
        return (try? bus.scopes(names)).map { .scopes($0) }
    }

    private func log(of id: String, _ endpoint: Endpoint) -> NodeReport? {
        guard let execution = try? crictl.log(of: id, endpoint: endpoint) else { return nil }
        guard execution.ending == .exited(0) else { return .containerLog(ContainerLog(id: id, lines: nil)) }
        let printed = execution.stdout + [UInt8(ascii: "\n")] + execution.stderr
        return .containerLog(ContainerLog(id: id, text: String(decoding: printed, as: UTF8.self)))
    }

    private var previousShutdown: NodeReport? {
        guard root == "/" else { return nil }
        let boot = BootIdentity.current(root: root).bootID
        let past = (try? PreviousBoot.shutdown(before: boot)) ?? nil
        return .previousShutdown(
            past ?? PreviousShutdown(bootID: "", reachedTargetAt: nil, running: [], ended: []))
    }
}
