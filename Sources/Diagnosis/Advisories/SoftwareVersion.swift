// SPDX-License-Identifier: Apache-2.0

/// An upstream version number, taken out of whatever a distribution made of it.
///
/// `1.6.20~ds1` and `1.1.5+ds1` (Debian: repacked sources), `1.7.12-0ubuntu4`, `1.29.9+unknown` and `v1.7.24` compare as the
/// upstream release in them; `1.2.0-rc.3` and Debian's `2.0.0~rc3` come before their release.
struct SoftwareVersion: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Major, minor, patch; missing ones are 0.
    let numbers: [Int]
    /// `dev` 0, `alpha` 1, `beta` 2, `rc` 3, and its number; nil: a release.
    let preRelease: [Int]?

    /// Reads a version; nil without two numbers.
    init?(_ text: some StringProtocol) {
        var rest = Substring(text.prefix(128))
        if rest.first == "v" || rest.first == "V" { rest = rest.dropFirst() }
        var numbers: [Int] = []
        while numbers.count < 3, let number = Self.number(&rest) {
            numbers.append(number)
            guard rest.first == ".", rest.dropFirst().first?.isNumber == true else { break }
            rest = rest.dropFirst()
        }
        guard numbers.count >= 2 else { return nil }
        while numbers.count < 3 { numbers.append(0) }
        self.numbers = numbers
        preRelease = Self.preRelease(rest)
    }

    private static func number(_ text: inout Substring) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty, digits.count <= 9 else { return nil }
        text = text.dropFirst(digits.count)
        return Int(digits)
    }

    private static let marks = ["dev", "alpha", "beta", "rc"]

    private static func preRelease(_ text: Substring) -> [Int]? {
        guard let mark = text.first, mark == "-" || mark == "~" else { return nil }
        var rest = text.dropFirst()
        guard let rank = marks.firstIndex(where: rest.hasPrefix) else { return nil }
        rest = rest.dropFirst(marks[rank].count)
        if rest.first == "." || rest.first == "-" { rest = rest.dropFirst() }
        return [rank, number(&rest) ?? 0]
    }

    /// Major and minor: what gets fixes of its own.
    var line: [Int] { Array(numbers.prefix(2)) }

    static func < (a: Self, b: Self) -> Bool {
        if a.numbers != b.numbers { return a.numbers.lexicographicallyPrecedes(b.numbers) }
        switch (a.preRelease, b.preRelease) {
        case (let x?, let y?): return x.lexicographicallyPrecedes(y)
        case (_?, nil): return true
        case (nil, _): return false
        }
    }

    var description: String {
        let release = numbers.map(String.init).joined(separator: ".")
        guard let preRelease, Self.marks.indices.contains(preRelease[0]) else { return release }
        return "\(release)-\(Self.marks[preRelease[0]]).\(preRelease[1])"
    }
}
