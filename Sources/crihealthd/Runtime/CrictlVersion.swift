// SPDX-License-Identifier: Apache-2.0
import CRI
import Dispatch
import HealthModel
import Synchronization

/// Which crictl this node has: asked at the start and every hour, as it changes with a package. It takes no privilege.
///
/// ## Concurrency
/// One queue asks, for as long as this lives; ``latest`` can be read by any thread.
final class CrictlVersion: Sendable {
    private static let interval: Duration = .seconds(3600)

    private let crictl: Crictl
    private let answer = Mutex<String?>(nil)
    private let queue = DispatchQueue(label: "crihealthd.crictl-version", target: .global(qos: .utility))

    /// `name` is a name, or the only path where it is looked for.
    init(_ name: String) { crictl = Crictl(path: name == "crictl" ? nil : name) }

    /// As it named itself last; nil before that, and without a crictl.
    var latest: String? { answer.withLock { $0 } }

    /// Begins to ask.
    func start() { ask(after: .zero) }

    private func ask(after delay: Duration) {
        queue.asyncAfter(deadline: .now() + delay.dispatch) { [weak self] in
            guard let self else { return }
            let version = crictl.ownVersion()
            answer.withLock { $0 = version }
            ask(after: Self.interval)
        }
    }
}
