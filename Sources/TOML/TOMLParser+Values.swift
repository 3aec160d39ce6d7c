// SPDX-License-Identifier: Apache-2.0
extension TOMLParser {
    /// A value; `depth` is how many tables and arrays are around it.
    mutating func value(depth: Int) throws(TOMLParseError) -> TOMLValue {
        guard depth <= Self.depthLimit else { throw tooDeep(place) }
        switch peek() {
        case UInt8(ascii: "\"")?:
            return .string(isNext("\"\"\"") ? try multiLineBasic() : try basicString())
        case UInt8(ascii: "'")?:
            return .string(isNext("'''") ? try multiLineLiteral() : try literalString())
        case UInt8(ascii: "[")?: return .array(try array(depth: depth + 1))
        case UInt8(ascii: "{")?: return .table(try inlineTable(depth: depth + 1))
        case nil, 0x0A?, 0x0D?, UInt8(ascii: "#")?: throw fault("a value is missing here")
        default: return try word()
        }
    }

    private mutating func array(depth: Int) throws(TOMLParseError) -> [TOMLValue] {
        let start = place
        skip()
        var items: [TOMLValue] = []
        while true {
            try skipBlankLines()
            if peek() == UInt8(ascii: "]") { break }
            guard peek() != nil else { throw fault("this array is not closed", at: start) }
            items.append(try value(depth: depth))
            try skipBlankLines()
            if peek() == UInt8(ascii: "]") { break }
            guard peek() != nil else { throw fault("this array is not closed", at: start) }
            try expect(UInt8(ascii: ","), "the items of an array are parted by commas")
        }
        skip()
        return items
    }

    private mutating func inlineTable(depth: Int) throws(TOMLParseError) -> TOMLTable {
        skip()
        skipSpaces()
        let table = TOMLNode(.header)
        if peek() == UInt8(ascii: "}") {
            skip()
            return table.table()
        }
        while true {
            skipSpaces()
            try keyValue(into: table, depth: depth)
            skipSpaces()
            if peek() == UInt8(ascii: "}") { break }
            try expect(
                UInt8(ascii: ","),
                "an inline table ends with } on its own line, and its keys are parted by commas")
        }
        skip()
        return table.table()
    }

    // MARK: Booleans, numbers, dates

    private mutating func word() throws(TOMLParseError) -> TOMLValue {
        let start = place
        while let byte = peek(), Self.isBare(byte) || "+.:".utf8.contains(byte) { skip() }
        // A date and a time may be parted by one space.
        if place == start + 10, peek() == 0x20, let digit = peek(1), (0x30...0x39).contains(digit),
            TOMLDateTime.isDate(text(from: start).utf8)
        {
            skip()
            while let byte = peek(), Self.isBare(byte) || "+.:".utf8.contains(byte) { skip() }
        }
        let text = text(from: start)
        switch text {
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        case "": throw fault("a value is missing here", at: start)
        default: break
        }
        guard text.utf8.count <= 1024 else {
            throw fault("a number or a date is longer than 1024 bytes", at: start)
        }
        if let number = TOMLNumber.parse(text) { return number }
        if TOMLDateTime.isValid(text) { return .dateTime(text) }
        throw fault("\"\(text.prefix(60))\" is no value; write text in quotes", at: start)
    }
}

/// Whole numbers and floats.
enum TOMLNumber {
    /// Nil for what is no number, and for whole numbers beyond 64 bits.
    static func parse(_ text: String) -> TOMLValue? {
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where text.hasPrefix(prefix) {
            return digits(text.dropFirst(2)).flatMap { digits in
                digits.first == "+" || digits.first == "-" ? nil : Int(digits, radix: radix)
            }.map(TOMLValue.integer)
        }
        let isSigned = text.hasPrefix("+") || text.hasPrefix("-")
        let body = text.dropFirst(isSigned ? 1 : 0)
        switch body {
        case "inf": return .float(text.hasPrefix("-") ? -.infinity : .infinity)
        case "nan": return .float(.nan)
        default: break
        }
        let exponent = body.split(separator: "e", maxSplits: 1, omittingEmptySubsequences: false)
        let parts =
            exponent.count == 2
            ? exponent : body.split(separator: "E", maxSplits: 1, omittingEmptySubsequences: false)
        let number = parts[0].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = decimal(number[0]), whole == "0" || whole.first != "0" else { return nil }
        let sign = text.hasPrefix("-") ? "-" : ""
        if parts.count == 1, number.count == 1 { return Int(sign + whole).map(TOMLValue.integer) }
        var float = sign + whole
        if number.count == 2 {
            guard let fraction = decimal(number[1]) else { return nil }
            float += "." + fraction
        }
        if parts.count == 2 {
            let power = parts[1]
            let isSigned = power.hasPrefix("+") || power.hasPrefix("-")
            guard let digits = decimal(power.dropFirst(isSigned ? 1 : 0)) else { return nil }
            float += "e" + (power.hasPrefix("-") ? "-" : "") + digits
        }
        return Double(float).map(TOMLValue.float)
    }

    /// Decimal digits without their underscores; nil where there is anything else.
    private static func decimal(_ text: Substring) -> String? {
        digits(text).flatMap { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } ? $0 : nil }
    }

    /// The text without its underscores, each of which stands between two digits.
    private static func digits(_ text: Substring) -> String? {
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        return parts.contains("") ? nil : parts.joined()
    }
}

/// The four forms of dates and times (RFC 3339).
enum TOMLDateTime {
    static func isValid(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count >= 10, isDate(bytes.prefix(10)) else { return isTime(bytes[...]) }
        if bytes.count == 10 { return true }
        guard bytes[10] == 0x20 || bytes[10] | 0x20 == UInt8(ascii: "t") else { return false }
        var time = bytes[11...]
        if let last = time.last, last | 0x20 == UInt8(ascii: "z") {
            return isTime(time.dropLast())
        }
        if let sign = time.firstIndex(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }) {
            let zone = time[(sign + 1)...]
            time = time[..<sign]
            guard zone.count == 5, isTime(zone, withSeconds: false) else { return false }
        }
        return isTime(time)
    }

    /// `2026-11-30`, a day that there is.
    static func isDate(_ text: some Collection<UInt8>) -> Bool {
        let parts = text.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.map(\.count) == [4, 2, 2], let year = number(parts[0]), let month = number(parts[1]),
            let day = number(parts[2]), (1...12).contains(month)
        else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return (1...days[month - 1]).contains(day)
    }

    private static func isTime(_ text: ArraySlice<UInt8>, withSeconds: Bool = true) -> Bool {
        let whole = text.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        if whole.count == 2, !withSeconds || number(whole[1]) == nil { return false }
        let parts = (whole.first ?? []).split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == (withSeconds ? 3 : 2), parts.allSatisfy({ $0.count == 2 }) else { return false }
        let numbers = parts.compactMap(number)
        // 60 is a leap second.
        return numbers.count == parts.count && numbers[0] < 24 && numbers[1] < 60
            && numbers.dropFirst(2).allSatisfy { $0 <= 60 }
    }

    /// The value of digits, of which the first eight count.
    private static func number(_ digits: some Collection<UInt8>) -> Int? {
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return digits.prefix(8).reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}
