// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import crihealthd

@Suite struct FlightRecorderTests {
    private static let endpoint = Endpoint(
        socketPath: "/run/containerd/containerd.sock", runtime: .containerd, unit: "containerd.service")

    private func at(_ seconds: Int64) -> Moment {
        Moment(
            wall: WallTime(microseconds: 1_700_000_000_000_000 + seconds * 1_000_000),
            monotonic: MonotonicTime(microseconds: seconds * 1_000_000))
    }

    private func start() -> Observation {
        Observation(
            at: at(0),
            event: .started(
                DaemonStart(bootID: "b", version: "0", hostname: "n", endpoints: [Self.endpoint])))
    }

    private func entry(_ n: Int64, size: Int) -> Observation {
        Observation(
            at: at(n),
            event: .journal(
                JournalEntry(
                    cursor: "c\(n)", at: at(n), source: .unit, unit: "containerd.service",
                    message: String(repeating: "x", count: size))))
    }

    private func pods(_ n: Int64, _ count: Int) -> Observation {
        let pods = (0..<count).map {
            PodSandbox(id: "id-\($0)", name: "pod-\($0)", namespace: "default", uid: "u-\($0)", ready: true)
        }
        return Observation(
            at: at(n),
            event: .probe(
                ProbeReport(endpoint: Self.endpoint, rung: .pods, outcome: .pods(pods), latency: .zero)))
    }

    @Test func theStartStaysAndTheLatestDo() {
        let recorder = FlightRecorder()
        recorder.record(start())
        for n in 1...5000 { recorder.record(entry(Int64(n), size: 1000)) }
        let kept = recorder.observations
        #expect(kept.first == start())
        #expect(kept.last == entry(5000, size: 1000))
        #expect((200...600).contains(kept.count))
        #expect(kept.dropFirst().map(\.at.wall) == kept.dropFirst().map(\.at.wall).sorted())
    }

    @Test func oneThatIsLargerThanAllIsKeptAlone() {
        let recorder = FlightRecorder()
        recorder.record(entry(1, size: 10))
        recorder.record(entry(2, size: FlightRecorder.limit * 2))
        #expect(recorder.observations.map(\.at) == [at(2)])
        recorder.record(entry(3, size: 10))
        #expect(recorder.observations.map(\.at) == [at(3)])
    }

    @Test("A list that does not change costs next to nothing: an hour of them is kept")
    func equalListsAreKeptOnce() {
        let recorder = FlightRecorder()
        for n in 1...120 { recorder.record(pods(Int64(n) * 30, 110)) }
        #expect(recorder.observations.count == 120)
        let changing = FlightRecorder()
        for n in 1...120 { changing.record(pods(Int64(n) * 30, 110 + n)) }
        #expect(changing.observations.count < 15)
    }

    @Test("Success that lasts is recorded now and then, failure always")
    func whatRepeatsIsThinned() {
        let recorder = FlightRecorder()
        let failure = ProbeFailure(reason: .socketMissing, errno: 2, text: "gone")
        let connect = { (n: Int64, outcome: ProbeReport.Outcome) in
            Observation(
                at: self.at(n),
                event: .probe(
                    ProbeReport(endpoint: Self.endpoint, rung: .connect, outcome: outcome, latency: .zero)))
        }
        for n in 1...60 { recorder.record(connect(Int64(n), .reached)) }
        #expect(recorder.observations.map(\.at) == [1, 2, 3, 13, 23, 33, 43, 53].map(at))
        for n in 61...70 { recorder.record(connect(Int64(n), .failed(failure))) }
        for n in 71...75 { recorder.record(connect(Int64(n), .reached)) }
        #expect(recorder.observations.dropFirst(8).map(\.at) == (Array(61...70) + [71, 72, 73]).map(at))
    }

    @Test func passingTimeIsNotRecorded() {
        let recorder = FlightRecorder()
        recorder.record(Observation(at: at(1), event: .tick))
        #expect(recorder.observations == [])
    }
}
