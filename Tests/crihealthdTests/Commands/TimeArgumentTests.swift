// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import HealthModel
import Testing

@testable import crihealthd

@Suite struct TimeArgumentTests {
    private let now: WallTime

    init() throws { now = try #require(WallTime(rfc3339: "2026-11-24T14:30:05.25Z")) }

    private func moment(_ text: String) throws -> String? {
        try TimeArgument(text).moment(now: now)?.description
    }

    @Test(arguments: [
        ("2026-11-22T01:42:30Z", "2026-11-22T01:42:30.000000Z"),
        ("2026-11-22T01:42:30.5+01:00", "2026-11-22T00:42:30.500000Z"),
        ("2026-11-22 01:42:30 UTC", "2026-11-22T01:42:30.000000Z"),
        ("Sun 2026-11-22 01:42:30 UTC", "2026-11-22T01:42:30.000000Z"),
        ("2026-11-22 01:42 UTC", "2026-11-22T01:42:00.000000Z"),
        ("2026-11-22 UTC", "2026-11-22T00:00:00.000000Z"),
        ("03:00 UTC", "2026-11-24T03:00:00.000000Z"),
        ("03:00:07.25 UTC", "2026-11-24T03:00:07.250000Z"),
        ("yesterday UTC", "2026-11-23T00:00:00.000000Z"),
        ("yesterday 03:00 UTC", "2026-11-23T03:00:00.000000Z"),
        ("today UTC", "2026-11-24T00:00:00.000000Z"),
        ("tomorrow UTC", "2026-11-25T00:00:00.000000Z"),
        ("@1395716396", "2014-03-25T02:59:56.000000Z"),
        ("now", "2026-11-24T14:30:05.250000Z"),
        ("-2h", "2026-11-24T12:30:05.250000Z"),
        ("-1h30min", "2026-11-24T13:00:05.250000Z"),
        ("1 day 2 hours ago", "2026-11-23T12:30:05.250000Z"),
        ("+90", "2026-11-24T14:31:35.250000Z"),
    ])
    func whatIsUnderstood(_ text: String, _ expected: String) throws {
        #expect(try moment(text) == expected)
    }

    /// A time that was read off a page means the same when it is typed.
    @Test(arguments: [
        ("2026-11-22 03:00", "2026-11-22T03:00:00.000000Z"), ("03:00", "2026-11-24T03:00:00.000000Z"),
        ("2026-11-22T03:00", "2026-11-22T03:00:00.000000Z"), ("yesterday", "2026-11-23T00:00:00.000000Z"),
        ("2026-11-22 03:00 +02:00", "2026-11-22T01:00:00.000000Z"),
        ("2026-11-22 03:00 -0530", "2026-11-22T08:30:00.000000Z"),
        // In Auckland it is tomorrow already.
        ("today +1300", "2026-11-24T11:00:00.000000Z"),
    ])
    func withoutAZoneItIsUTC(_ text: String, _ expected: String) throws {
        #expect(try moment(text) == expected)
    }

    /// The same as `date` says of this machine's zone, whichever it is.
    @Test(arguments: ["2026-11-22 03:00", "2026-07-01 03:00:30", "2026-11-22"])
    func aLocalTimeIsThatOfThisMachine(_ text: String) throws {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        let form = text
        format.dateFormat =
            ["yyyy-MM-dd", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss"].first { $0.count == form.count } ?? ""
        let date = try #require(format.date(from: form))
        #expect(
            try TimeArgument(text + " local").moment(now: now)
                == WallTime(microseconds: Int64(date.timeIntervalSince1970) * 1_000_000))
    }

    @Test(arguments: [
        "", "noon", "2026-13-01", "2026-11-22 25:00", "25:00", "03", "-", "-2 parsecs",
        "2026-11-22 03:00 CET",
        "yesterday tomorrow", "2026-11-22 03:00 04:00", "@", "@nan", "-99999999999999999999s", "3:0:0:0",
        "-9999999999999y",
    ])
    func whatIsNot(_ text: String) {
        #expect(throws: TimeArgument.Problem.self) { try TimeArgument(text) }
    }

    @Test func aDayThatNoCalendarHasIsNoMoment() throws {
        #expect(try TimeArgument("2026-02-30").moment(now: now) == nil)
        #expect(try TimeArgument("2028-02-29 UTC").moment(now: now)?.date == "2028-02-29")
    }

    @Test func commandsTakeThem() throws {
        let incidents = try #require(
            try Crihealthd.parseAsRoot(["incidents", "--since", "-2h", "--until", "now"]) as? IncidentsCommand
        )
        #expect(incidents.since == (try TimeArgument("-2h")))
        let replay = try #require(
            try Crihealthd.parseAsRoot(["replay", "x", "--at", "-5min"]) as? ReplayCommand)
        #expect(replay.at == (try TimeArgument("-5min")))
        let error = #expect(throws: (any Error).self) {
            try Crihealthd.parseAsRoot(["replay", "x", "--at", "noon"])
        }
        #expect(error.map { Crihealthd.message(for: $0).contains("2026-11-24T03:00:00Z") } == true)
    }
}
