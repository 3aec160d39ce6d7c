// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import crihealthd

@Suite struct TextClockTests {
    /// 2026-11-30T12:00:00Z.
    static let now = WallTime(microseconds: 1_796_040_000_000_000)

    @Test func noLineIsOfTheFuture() {
        var clock = TextClock(now: Self.now)
        #expect(clock.wall(.yearless(month: 12, day: 24, microsecond: 0))?.date == "2025-12-24")
        clock = TextClock(now: Self.now)
        #expect(clock.wall(.yearless(month: 11, day: 30, microsecond: 0))?.date == "2026-11-30")
        // A clock that is an hour ahead is no reason to go back a year.
        clock = TextClock(now: Self.now)
        #expect(clock.wall(.yearless(month: 12, day: 1, microsecond: 0))?.date == "2026-12-01")
    }

    @Test func aLeapDayIsOfALeapYear() {
        var clock = TextClock(now: Self.now)
        #expect(clock.wall(.yearless(month: 2, day: 29, microsecond: 0))?.date == "2024-02-29")
        #expect(clock.wall(.yearless(month: 2, day: 31, microsecond: 0))?.date == "2024-02-29")
    }

    @Test func whatHasNoTimeHasTheOneBefore() {
        var clock = TextClock(now: Self.now)
        #expect(clock.wall(nil) == nil)
        _ = clock.wall(.exact(Self.now))
        #expect(clock.wall(nil) == Self.now)
        #expect(clock.wall(.boot(5)) == Self.now)
    }

    /// The twelve of each language in which people log, `%b` of glibc.
    @Test(arguments: [
        "Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez", "Jän Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez",
        "janv. févr. mars avril mai juin juil. août sept. oct. nov. déc.",
        "jan fév mar avr mai jun jui aoû sep oct nov déc",
        "ene feb mar abr may jun jul ago sep oct nov dic", "gen feb mar apr mag giu lug ago set ott nov dic",
        "jan fev mar abr mai jun jul ago set out nov dez", "jan feb mrt apr mei jun jul aug sep okt nov dec",
        "sty lut mar kwi maj cze lip sie wrz paź lis gru", "led úno bře dub kvě čen čec srp zář říj lis pro",
        "jan feb mar apr maj jun jul aug sep okt nov dec",
        "jan. feb. mars april mai juni juli aug. sep. okt. nov. des.",
        "Oca Şub Mar Nis May Haz Tem Ağu Eyl Eki Kas Ara", "янв фев мар апр мая июн июл авг сен окт ноя дек",
        "січ лют бер кві тра чер лип сер вер жов лис гру",
        "tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu",
        "jan febr márc ápr máj jún júl aug szept okt nov dec",
        "ian feb mar apr mai iun iul aug sep oct nov dec",
        "saus. vas. kov. bal. geg. birž. liep. rugp. rugs. spal. lapkr. gruod.",
        "Ιαν Φεβ Μαρ Απρ Μαΐ Ιουν Ιουλ Αυγ Σεπ Οκτ Νοε Δεκ",
        "яну фев мар апр май юни юли авг сеп окт ное дек",
        "1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月", "1월 2월 3월 4월 5월 6월 7월 8월 9월 10월 11월 12월",
    ])
    func monthsOfOtherTongues(_ names: String) {
        let months = names.split(separator: " ").map { name -> Int64? in
            var cursor = ByteCursor(Array("\(name) 12 12:23:42".utf8))
            guard case .yearless(let month, 12, _)? = cursor.syslogTime() else { return nil }
            return month
        }
        #expect(months == (1...12).map { Optional(Int64($0)) })
    }
}
