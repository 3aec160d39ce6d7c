// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What one cheap look can refute is suspected until somebody has looked.
extension RuntimeCase<CreateFailing> {
    /// Whether somebody has looked since, nobody can (a recording), or nobody answered in time: who hides behind a prober that
    /// is down must not keep an outage suspected.
    func isLookedAt(_ told: Told) -> Bool {
        guard facts.answers.kubelet != nil, let looked = look(told) else { return true }
        let open = told.signals.first { signal in looked.map { $0 < signal.at.monotonic } ?? true }
        return open.map { now.monotonic - $0.at.monotonic >= CreateFailing.lookTime } ?? true
    }

    /// When it was looked at last; nil within for never, nil for what no look can refute.
    private func look(_ told: Told) -> MonotonicTime?? {
        switch told.cause {
        case .diskFull: .some(space(told)?.at.monotonic)
        case .ociRuntimeMissing: binary(told).map { facts.answers.binaries[$0]?.at.monotonic }
        default: nil
        }
    }
}
