// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthEndpoint
import HealthModel
import Logging
import Testing

@testable import crihealthd

@Suite struct RecordingWriterTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func tick(_ seconds: Int64) -> Observation {
        Observation(
            at: Moment(
                wall: WallTime(microseconds: seconds * 1_000_000),
                monotonic: MonotonicTime(microseconds: seconds * 1_000_000)), event: .tick)
    }

    @Test func whatIsWrittenIsReadAgain() throws {
        let path = directory.path + "/outage.jsonl"
        let observations = try Recordings.observations("containerd-1.6.20-kill9")
        let recorder = try RecordingWriter(path: path)
        for observation in observations {
            recorder.record(observation)
            recorder.record(tick(1))
        }
        let result = try recorder.close()
        #expect(result.observations == observations.count)
        #expect(try ReplaySource.observations(ReplayInput.detect(path)) == observations)
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        #expect(Int(status.st_size) == result.bytes)
    }

    @Test(
        "a recording without secrets is the same to a diagnosis",
        arguments: [
            "containerd-1.6.20-portconflict", "crio-1.29.9-hung", "S0-crio-1.29.9-to-1.30.6",
            "containerd-1.6.20-norunc", "S2-containerd-1.6.20-to-1.7.24",
        ])
    func redacted(_ name: String) throws {
        let observations = try Recordings.observations(name)
        let recorder = try RecordingWriter(path: directory.path + "/outage.jsonl")
        for observation in observations { recorder.record(observation) }
        _ = try recorder.close()
        let read = try ReplaySource.observations(ReplayInput.detect(directory.path + "/outage.jsonl"))
        #expect(read == observations)
    }

    @Test("a secret reaches the file only where it is told to", arguments: [true, false])
    func secrets(_ isRedacted: Bool) throws {
        let path = directory.path + "/outage.jsonl"
        let recorder = try RecordingWriter(path: path, isRedacted: isRedacted)
        let entry = JournalEntry(
            cursor: "c", at: tick(1).at, source: .unit, unit: "containerd.service",
            message: #"pull https://joe:hunter2@r.example/ failed: {"token": "s3cr3t"}"#)
        recorder.record(Observation(at: tick(1).at, event: .journal(entry)))
        _ = try recorder.close()
        let read = try ReplaySource.observations(ReplayInput.detect(path))
        guard case .journal(let kept) = read.first?.event else {
            Issue.record("it is read as something else")
            return
        }
        #expect(
            kept.message
                == (isRedacted
                    ? #"pull https://***@r.example/ failed: {"token": "***"}"# : entry.message))
    }

    @Test func aFileThatExistsIsLeftAlone() throws {
        let path = try directory.write("outage.jsonl", "precious")
        let error = #expect(throws: FileError.self) { try RecordingWriter(path: path) }
        #expect(error?.errno == EEXIST)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
    }

    @Test func aFullFileEndsTheRecording() throws {
        let observations = try Recordings.observations("containerd-1.6.20-kill9")
        let path = directory.path + "/outage.jsonl"
        let recorder = try RecordingWriter(path: path, limit: 20_000)
        let ended = Recorder<Int>()
        recorder.whenFull { ended.note(1) }
        for observation in observations { recorder.record(observation) }
        #expect(recorder.isClosed)
        #expect(ended.all == [1])
        let result = try recorder.close()
        #expect(result.isFull && result.bytes <= 20_000 && result.observations > 5)
        let read = try ReplaySource.observations(ReplayInput.detect(path))
        #expect(read.count == result.observations)
    }
}

/// The real command, on a runtime that goes away while it records.
@Suite struct RecordCommandTests {
    @Test func aLiveOutageIsReplayed() throws {
        let runtime = try FakeRuntime()
        let (state, journal) = (try TemporaryDirectory(), try TemporaryDirectory())
        let file = state.path + "/outage.jsonl"
        let recorder = try RecordingWriter(path: file)
        var surroundings = TestDaemon.surroundings()
        surroundings.recorder = recorder
        let configuration = TestDaemon.configuration(runtime, state, journal)
        let daemonSocket = ListenAddress.unix(path: state.path + "/http.sock")
        let daemon = try Daemon(
            configuration: configuration, surroundings: surroundings, logger: TestDaemon.logger,
            threshold: .init(.critical))
        daemon.start()
        #expect(eventually { runtime.calls.contains("ps") })
        runtime.stop()
        #expect(
            eventually { (try? StatusAnswer.ask([daemonSocket], format: .text).verdict) == .unhealthy })
        daemon.stop()
        _ = try recorder.close()
        let observations = try ReplaySource.observations(ReplayInput.detect(file))
        guard case .started(let start) = try #require(observations.first).event else {
            Issue.record("does not begin with a start")
            return
        }
        #expect(start.endpoints.map(\.socketPath) == [runtime.socketPath])
        let replayer = Replayer.replay(observations, rules: Recordings.rules)
        #expect(replayer.incidents.map(\.kind.rawValue).contains("RuntimeDown"))
    }

    /// A daemon starts, and then reads what the journal has of the time before.
    @Test func theBacklogComesBehindTheStart() throws {
        let observations = try Recordings.observations("containerd-1.6.20-kill9")
        let directory = try TemporaryDirectory()
        let recorder = try RecordingWriter(path: directory.path + "/live.jsonl")
        let middle = observations.count / 2
        var start = observations[0]
        start.at = observations[middle].at
        for observation in [start] + observations.dropFirst() { recorder.record(observation) }
        _ = try recorder.close()
        let read = try ReplaySource.observations(ReplayInput.detect(directory.path + "/live.jsonl"))
        #expect(read == observations)
    }
}

/// Who cannot read the node has no recording of it, and is told.
@Suite struct RecordingWitnessTests {
    private func missing(_ events: [Observation.Event]) -> [String] {
        var witness = RecordingWitness()
        let at = Moment(wall: WallTime(microseconds: 0), monotonic: MonotonicTime(microseconds: 0))
        for event in events { witness.take(Observation(at: at, event: event)) }
        return witness.missing
    }

    private func probe(_ outcome: ProbeReport.Outcome) -> Observation.Event {
        .probe(ProbeReport(endpoint: Endpoint.wellKnown[0], rung: .connect, outcome: outcome, latency: .zero))
    }

    private var denied: Observation.Event {
        probe(
            .broken(
                ProbeBreakage(reason: .permissionDenied, errno: EACCES, text: "connect: Permission denied")))
    }

    @Test func withoutRightsNothingIsRecorded() {
        #expect(
            missing([.daemon(.journal(.noFiles)), denied]) == [
                "every log line (no journal file can be read)",
                "every answer of the runtime (connect: Permission denied)",
            ])
        #expect(
            missing([.daemon(.journal(.failed(errno: EACCES, operation: "open")))]) == [
                "every log line (open: Permission denied)"
            ])
    }

    /// A quiet node has no lines, and a runtime that fails answers, too.
    @Test func silenceIsNoLack() {
        #expect(missing([.daemon(.journal(.following))]) == [])
        #expect(missing([denied, probe(.failed(ProbeFailure(reason: .refused, text: "x")))]) == [])
    }
}
