// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import Glibc
import HealthModel
import Node
import Synchronization

/// Writes observations to a file, one JSON document a line, as `replay` reads them.
///
/// ## Concurrency
/// Any thread. A write that fails ends the recording; ``close()`` says so.
final class RecordingWriter: Sendable {
    /// What was written.
    struct Result: Equatable {
        var observations: Int
        var bytes: Int
        /// Whether it would have been larger than ``RecordingWriter/limit``.
        var isFull: Bool
    }

    private struct State {
        var descriptor: Int32
        var result = Result(observations: 0, bytes: 0, isFull: false)
        var witness = RecordingWitness()
        /// Nil where addresses stay.
        var addresses: AddressMask?
        var waiting: [UInt8] = []
        var flushed = Moment.now().monotonic
        var problem: FileError?
        var isFinished = false
        var whenFull: (@Sendable () -> Void)?
    }

    /// Largest file, in bytes: a node in trouble has no room to lose.
    static let limit = 256 << 20
    /// What waits in memory at most: a node that is reset in the middle loses no more.
    private static let (chunk, patience): (Int, Duration) = (64 << 10, .seconds(1))

    private let state: Mutex<State>
    private let path: String
    private let limit: Int
    private let isRedacted: Bool

    /// Makes the file, for its owner alone; one that exists is refused. Credentials are masked where it is redacted, and
    /// IP addresses where `masksAddresses`.
    init(
        path: String, limit: Int = RecordingWriter.limit, isRedacted: Bool = true,
        masksAddresses: Bool = false
    ) throws(FileError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError("open", path, errno: errno) }
        state = Mutex(State(descriptor: descriptor, addresses: masksAddresses ? AddressMask() : nil))
        self.path = path
        self.limit = limit
        self.isRedacted = isRedacted
    }

    /// Called once, when nothing more is written, by a full file or an error.
    func whenFull(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.whenFull = body } }

    /// How many were taken in.
    var count: Int { state.withLock { $0.result.observations } }

    /// What could not be recorded for want of rights or tools, each in words.
    var missing: [String] { state.withLock { $0.witness.missing } }

    /// Whether nothing more is taken in.
    var isClosed: Bool {
        state.withLock { $0.isFinished || $0.problem != nil || $0.result.isFull }
    }

    /// Takes nothing more in.
    func finish() { state.withLock { $0.isFinished = true } }

    /// Takes an observation in. Time that passed is none: a replay lets it pass by itself.
    func record(_ observation: Observation) {
        guard observation.event != .tick else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let encoded = try? encoder.encode(observation) else { return }
        var line = Array(encoded)
        if isRedacted, let masked = Secrets.mask(line.span) { line = masked }
        let ended = state.withLock { state -> (@Sendable () -> Void)? in
            guard !state.isFinished, state.problem == nil, !state.result.isFull else { return nil }
            if let masked = state.addresses?.mask(line) { line = masked }
            if state.result.bytes + line.count + 1 > limit {
                state.result.isFull = true
                return state.whenFull
            }
            state.result.observations.increment()
            state.witness.take(observation)
            state.result.bytes += line.count + 1
            state.waiting += line
            state.waiting.append(UInt8(ascii: "\n"))
            let age = Moment.now().monotonic - state.flushed
            if state.waiting.count >= Self.chunk || age >= Self.patience { flush(&state) }
            return state.problem == nil ? nil : state.whenFull
        }
        ended?()
    }

    /// Writes the rest, to the disk.
    func close() throws(FileError) -> Result {
        let (result, problem) = state.withLock { state -> (Result, FileError?) in
            state.isFinished = true
            flush(&state)
            if state.descriptor >= 0 {
                if fsync(state.descriptor) != 0, state.problem == nil {
                    state.problem = FileError("fsync", path, errno: errno)
                }
                Glibc.close(state.descriptor)
                state.descriptor = -1
            }
            return (state.result, state.problem)
        }
        if let problem { throw problem }
        return result
    }

    private func flush(_ state: inout State) {
        guard state.problem == nil, !state.waiting.isEmpty else { return }
        do throws(FileError) {
            try FileBytes.write(state.waiting.span, to: state.descriptor, path: path)
        } catch {
            state.problem = error
        }
        state.waiting.removeAll(keepingCapacity: true)
        state.flushed = Moment.now().monotonic
    }
}
