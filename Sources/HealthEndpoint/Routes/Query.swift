// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Queries of `/v1`: what a route does not know is refused, so that a slip of the fingers is not taken for an answer.
extension Request {
    /// What is wrong with the query; nil when each item is one of `names` and is there once.
    func problem(allowing names: [String]) -> Problem? {
        var seen: Set<String> = []
        for item in query {
            guard names.contains(item.name) else {
                let known = names.isEmpty ? "none" : names.joined(separator: ", ")
                return Problem(
                    status: 400,
                    detail:
                        "no parameter is called \(Printable.line(item.name, limit: 60)) here; there are: \(known)"
                )
            }
            guard seen.insert(item.name).inserted else {
                return Problem(status: 400, detail: "\(item.name) is there twice")
            }
        }
        guard let pretty = value("pretty"), !["", "true", "false", "1", "0"].contains(pretty) else {
            return nil
        }
        return Problem(status: 400, detail: "pretty is true or false")
    }

    /// The columns of a text, 80 without a word about it.
    func width() throws(Problem) -> Int {
        try number("width", in: TextWriter.widths) ?? 80
    }

    /// What times are told in, UTC without a word about it.
    func zone() throws(Problem) -> UTCOffset {
        guard let text = value("zone") else { return .utc }
        guard let zone = UTCOffset(text) else {
            throw Problem(status: 400, detail: "zone is an offset from UTC: -05:00, +05:30")
        }
        return zone
    }

    /// A decimal number without a sign; nil when it is not given.
    func number(_ name: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let text = value(name) else { return nil }
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(text),
            range.contains(number)
        else {
            throw Problem(
                status: 400, detail: "\(name) is a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A time; nil when it is not given.
    func time(_ name: String) throws(Problem) -> WallTime? {
        guard let text = value(name) else { return nil }
        guard let time = WallTime(rfc3339: text) else {
            throw Problem(
                status: 400, detail: "\(name) is a time as RFC 3339 writes it: 2026-11-22T01:42:28Z")
        }
        return time
    }
}
