// SPDX-License-Identifier: Apache-2.0

/// Abbreviated months as strftime's `%b` writes them in glibc's locales. Croatian's are not among them: `lis` is its October, and
/// November in Czech and Polish.
enum MonthNames {
    /// 1 to 12, by a name in any case, with or without a full stop.
    static func number(_ name: ArraySlice<UInt8>) -> Int64? {
        if name.count == 3, let index = english.firstIndex(of: key(name)) { return Int64(index + 1) }
        var text = String(decoding: name, as: UTF8.self).lowercased()
        if text.hasSuffix(".") { text.removeLast() }
        for suffix in ["月", "월"] where text.hasSuffix(suffix) {
            return Int64(text.dropLast()).flatMap { (1...12).contains($0) ? $0 : nil }
        }
        return others[text]
    }

    private static func key(_ name: ArraySlice<UInt8>) -> UInt32 {
        name.reduce(0) { $0 << 8 | UInt32($1 | 0x20) }
    }

    private static let english = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ].map { key(Array($0.utf8)[...]) }

    private static let others: [String: Int64] = {
        let lists = [
            "jan feb mär apr mai jun jul aug sep okt nov dez",
            "jän feb mrz apr mai jun jul aug sep okt nov dez",
            "janv févr mars avril mai juin juil août sept oct nov déc",
            "jan fév mar avr mai jun jui aoû sep oct nov déc",
            "ene feb mar abr may jun jul ago sep oct nov dic",
            "gen feb mar apr mag giu lug ago set ott nov dic",
            "jan fev mar abr mai jun jul ago set out nov dez",
            "jan feb mrt apr mei jun jul aug sep okt nov dec",
            "sty lut mar kwi maj cze lip sie wrz paź lis gru",
            "led úno bře dub kvě čen čec srp zář říj lis pro",
            "jan feb mar apr maj jun jul aug sep okt nov dec",
            "jan feb mars april mai juni juli aug sep okt nov des",
            "oca şub mar nis may haz tem ağu eyl eki kas ara",
            "янв фев мар апр мая июн июл авг сен окт ноя дек",
            "січ лют бер кві тра чер лип сер вер жов лис гру",
            "tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu",
            "jan febr márc ápr máj jún júl aug szept okt nov dec",
            "jan feb mar apr máj jún júl aug sep okt nov dec",
            "ian feb mar apr mai iun iul aug sep oct nov dec",
            "jaan veebr märts apr mai juuni juuli aug sept okt nov dets",
            "jan feb mar apr mai jūn jūl aug sep okt nov dec",
            "saus vas kov bal geg birž liep rugp rugs spal lapkr gruod",
            "jan feb mar apr maj jun jul avg sep okt nov dec",
            "jan feb mar apr maí jún júl ágú sep okt nóv des",
            "jan feb mar apr mei jun jul agu sep okt nov des",
            "яну фев мар апр май юни юли авг сеп окт ное дек",
            "јан феб мар апр мај јун јул авг сеп окт нов дец",
            "ιαν φεβ μαρ απρ μαΐ ιουν ιουλ αυγ σεπ οκτ νοε δεκ",
            "ינו פבר מרץ אפר מאי יונ יול אוג ספט אוק נוב דצמ",
        ]
        var table: [String: Int64] = [:]
        for list in lists {
            for (index, name) in list.split(separator: " ").enumerated() where table[String(name)] == nil {
                table[String(name)] = Int64(index + 1)
            }
        }
        return table
    }()
}
