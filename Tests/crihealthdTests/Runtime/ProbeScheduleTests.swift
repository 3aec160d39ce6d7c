// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import crihealthd

@Suite struct ProbeScheduleTests {
    private let endpoint = Endpoint(socketPath: "/x", runtime: .containerd, unit: nil)
    private var pace: ProbePace {
        var pace = ProbePace()
        pace.jitter = 0
        return pace
    }

    private func at(_ seconds: Double) -> MonotonicTime {
        MonotonicTime(microseconds: Int64(seconds * 1_000_000))
    }

    private func run(_ schedule: inout ProbeSchedule, at seconds: Double) throws -> ProbeSchedule.Run {
        let run = schedule.next(at: at(seconds))
        return try #require(run)
    }

    private func rungs(_ schedule: inout ProbeSchedule, at seconds: Double) -> [ProbeReport.Rung]? {
        schedule.next(at: at(seconds))?.rungs
    }

    private func good(_ run: ProbeSchedule.Run) -> [ProbeReport] {
        run.rungs.map { ProbeReport(endpoint: endpoint, rung: $0, outcome: .reached, latency: .zero) }
    }

    private func failing(
        _ run: ProbeSchedule.Run, at rung: ProbeReport.Rung, _ reason: ProbeFailure.Reason
    ) -> [ProbeReport] {
        run.rungs.filter { $0 <= rung }.map {
            let failure = ProbeReport.Outcome.failed(ProbeFailure(reason: reason, text: ""))
            return ProbeReport(
                endpoint: endpoint, rung: $0, outcome: $0 == rung ? failure : .reached, latency: .zero)
        }
    }

    /// Runs the schedule from one instant to another, every 100 ms, all answers good; what ran when.
    private func runs(
        _ schedule: inout ProbeSchedule, from: Int, to: Int,
        answer: (ProbeSchedule.Run) -> [ProbeReport]
    ) -> [ProbeReport.Rung: Int] {
        var counts: [ProbeReport.Rung: Int] = [:]
        for tenth in (from * 10)..<(to * 10) {
            let now = at(Double(tenth) / 10)
            guard let run = schedule.next(at: now) else { continue }
            let reports = answer(run)
            for report in reports { counts[report.rung, default: 0] += 1 }
            schedule.finished(run, reports: reports, at: now)
        }
        return counts
    }

    @Test("What needs no crictl is one question; each call is one of its own")
    func questions() {
        typealias Run = ProbeSchedule.Run
        #expect(Run(rungs: [.socket, .connect]).questions == [[.socket, .connect]])
        #expect(Run(rungs: [.pods]).questions == [[.pods]])
        #expect(
            Run(rungs: ProbeReport.Rung.allCases).questions
                == [[.socket, .connect], [.version], [.status], [.pods], [.containers]])
    }

    @Test func everythingIsAskedAtFirst() {
        var schedule = ProbeSchedule(pace: pace, seed: 1)
        let run = schedule.next(at: at(0))
        #expect(run?.rungs == ProbeReport.Rung.allCases)
    }

    @Test func oneRunAtATime() throws {
        var schedule = ProbeSchedule(pace: pace, seed: 1)
        let run = try run(&schedule, at: 0)
        schedule.request([.version])
        #expect(rungs(&schedule, at: 100) == nil)
        #expect(schedule.nextDue == nil)
        schedule.finished(run, reports: good(run), at: at(100))
        #expect(rungs(&schedule, at: 100) == [.socket, .connect, .version])
    }

    @Test func aMinuteAtRest() {
        var schedule = ProbeSchedule(pace: pace, seed: 1)
        let counts = runs(&schedule, from: 0, to: 60, answer: good)
        #expect(counts == [.socket: 60, .connect: 60, .version: 6, .status: 6, .pods: 2, .containers: 2])
    }

    /// A prober, or a runtime, that is back is asked everything at its first good answer, not ten seconds later.
    @Test func whereNobodyCouldConnectEverythingIsAskedAtTheFirstGoodAnswer() throws {
        var schedule = ProbeSchedule(pace: pace, seed: 1)
        let first = try run(&schedule, at: 0)
        schedule.finished(first, reports: good(first), at: at(0))
        let failed = try run(&schedule, at: 1)
        #expect(failed.rungs == [.socket, .connect])
        schedule.finished(failed, reports: failing(failed, at: .connect, .refused), at: at(1))
        #expect(rungs(&schedule, at: 2) == ProbeReport.Rung.allCases)
    }

    @Test func aMinuteOfSuspicion() {
        var schedule = ProbeSchedule(pace: pace, seed: 1)
        schedule.suspect(true, at: at(0))
        let counts = runs(&schedule, from: 0, to: 60, answer: good)
        #expect(counts[.version] == 30)
        #expect(counts[.status] == 30)
        #expect(counts[.pods] == 2)
    }

    @Test func suspicionAsksAtOnceAndEndsQuietly() throws {
        var schedule = ProbeSchedule(pace: pace, seed: 1)
        let first = try run(&schedule, at: 0)
        schedule.finished(first, reports: good(first), at: at(0))
        schedule.suspect(true, at: at(0.2))
        let run = try run(&schedule, at: 0.2)
        #expect(run.rungs == [.socket, .connect, .version, .status])
        schedule.suspect(true, at: at(0.3))
        schedule.finished(run, reports: good(run), at: at(0.3))
        #expect(rungs(&schedule, at: 0.4) == nil)
    }

    @Test func aDeadSocketCostsNoCrictl() {
        var schedule = ProbeSchedule(pace: pace, seed: 1)
        let counts = runs(&schedule, from: 0, to: 60) { failing($0, at: .connect, .refused) }
        #expect(counts == [.socket: 60, .connect: 60])
    }

    @Test func theFirstGoodConnectIsFollowedByEveryCall() {
        var schedule = ProbeSchedule(pace: pace, seed: 1)
        _ = runs(&schedule, from: 0, to: 20) { failing($0, at: .connect, .refused) }
        #expect(rungs(&schedule, at: 20) == ProbeReport.Rung.allCases)
    }

    @Test func aHangingStatusIsAskedOnceAMinute() {
        var schedule = ProbeSchedule(pace: pace, seed: 1)
        schedule.suspect(true, at: at(0))
        let counts = runs(&schedule, from: 0, to: 180) { run in
            run.rungs.contains(.status) ? failing(run, at: .status, .timedOut) : good(run)
        }
        #expect(counts[.status] == 3)
        #expect((80...91).contains(counts[.version] ?? 0))
        #expect((counts[.pods] ?? 0) >= 3)
    }

    @Test func aHangingStatusIsFollowedByAList() throws {
        var schedule = ProbeSchedule(pace: pace, seed: 1)
        let run = try run(&schedule, at: 0)
        schedule.finished(run, reports: failing(run, at: .status, .timedOut), at: at(10))
        #expect(rungs(&schedule, at: 10) == [.socket, .connect, .pods])
    }

    @Test func aRuntimeThatHungAsAWholeIsAskedForItsStatusAsSoonAsItAnswers() throws {
        var schedule = ProbeSchedule(pace: pace, seed: 1)
        schedule.suspect(true, at: at(0))
        let first = try run(&schedule, at: 0)
        schedule.finished(first, reports: failing(first, at: .status, .timedOut), at: at(2))
        let second = try run(&schedule, at: 2)
        #expect(second.rungs == [.socket, .connect, .pods])
        schedule.finished(second, reports: failing(second, at: .pods, .timedOut), at: at(4))
        let third = try run(&schedule, at: 4.5)
        #expect(third.rungs.contains(.status))
    }

    @Test func nextDueNeverLiesInThePastOfAnIdleSchedule() throws {
        var schedule = ProbeSchedule(pace: pace, seed: 1)
        var now = at(0)
        for _ in 0..<500 {
            guard let run = schedule.next(at: now) else {
                let due = try #require(schedule.nextDue)
                #expect(due > now)
                now = due
                continue
            }
            let hangs = run.rungs.contains(.status)
            schedule.finished(run, reports: hangs ? failing(run, at: .status, .timedOut) : good(run), at: now)
        }
    }

    /// connect(2) follows the look at the socket at once, and `info` follows `version`.
    @Test func whatIsAskedAsOftenIsAskedInOneClimb() throws {
        var schedule = ProbeSchedule(pace: ProbePace(), seed: 7)
        var now = at(0)
        var climbs: [[ProbeReport.Rung]] = []
        for _ in 0..<200 {
            guard let run = schedule.next(at: now) else {
                now = try #require(schedule.nextDue)
                continue
            }
            climbs.append(run.rungs)
            schedule.finished(run, reports: good(run), at: now)
        }
        #expect(climbs.count >= 100)
        #expect(climbs.allSatisfy { $0.starts(with: [.socket, .connect]) })
        #expect(climbs.allSatisfy { $0.contains(.version) == $0.contains(.status) })
    }

    @Test func jitterStaysWithinItsShareAndDiffersBySeed() throws {
        var dues: Set<MonotonicTime> = []
        for seed in 0..<50 {
            var schedule = ProbeSchedule(pace: ProbePace(), seed: UInt64(seed))
            let run = try run(&schedule, at: 0)
            schedule.finished(run, reports: good(run), at: at(0))
            let due = try #require(schedule.nextDue)
            #expect(due >= at(0.9) && due <= at(1.1))
            dues.insert(due)
        }
        #expect(dues.count > 40)
    }
}
