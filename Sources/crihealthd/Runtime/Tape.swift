// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Node
import Synchronization

/// Time of a recording: it passes at a chosen speed from wherever it was wound to.
///
/// Any thread.
final class Tape: Sendable {
    private struct Reel {
        var anchor: Moment
        var real: MonotonicTime
        var speed: Double
    }

    private let reel: Mutex<Reel>

    /// Stands still at the beginning.
    init(at beginning: Moment) {
        reel = Mutex(Reel(anchor: beginning, real: Moment.now().monotonic, speed: 0))
    }

    /// The recorded instant that it is now.
    var now: Moment {
        let real = Moment.now().monotonic
        return reel.withLock { reel in
            let passed = (real - reel.real) * reel.speed
            return Moment(wall: reel.anchor.wall + passed, monotonic: reel.anchor.monotonic + passed)
        }
    }

    /// Recorded seconds in a real one; 0 when it stands still.
    var speed: Double { reel.withLock { $0.speed } }

    /// Goes on from `moment` at `speed`.
    func wind(to moment: Moment, speed: Double) {
        let real = Moment.now().monotonic
        reel.withLock { $0 = Reel(anchor: moment, real: real, speed: speed) }
    }
}
