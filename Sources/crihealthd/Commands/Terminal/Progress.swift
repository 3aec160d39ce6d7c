// SPDX-License-Identifier: Apache-2.0
import Glibc
import HealthModel
import Node

/// One line on standard error that says how far a long piece of work is. Only on a terminal, only when it takes longer
/// than a second, and gone at the end.
struct Progress {
    /// The least time before the first line and between two of them.
    private static let (patience, interval): (Duration, Duration) = (.seconds(1), .milliseconds(200))

    private let label: String
    private let isShown: Bool
    private let began: MonotonicTime
    private var told: MonotonicTime?

    /// Of work with this name.
    init(_ label: String, isShown: Bool = Terminal.isTerminal(STDERR_FILENO)) {
        self.label = label
        self.isShown = isShown
        began = Moment.now().monotonic
    }

    /// Says that `done` of `total` is done.
    mutating func update(_ done: Int, of total: Int) {
        guard isShown, total > 0 else { return }
        say { "\(done * 100 / total) %" }
    }

    /// Says something else.
    mutating func say(_ text: () -> String) {
        guard isShown else { return }
        let now = Moment.now().monotonic
        guard now - began >= Self.patience, told.map({ now - $0 >= Self.interval }) ?? true else { return }
        told = now
        Console.raw("\r\(label): \(text())\u{1B}[K")
    }

    /// Takes the line away.
    func end() {
        if told != nil { Console.raw("\r\u{1B}[K") }
    }
}
