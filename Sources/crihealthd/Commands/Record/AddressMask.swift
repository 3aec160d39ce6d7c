// SPDX-License-Identifier: Apache-2.0
import Node

/// Puts made-up IP addresses in the place of a node's own, the same one for the same one however it is spelt, so that a
/// recording that leaves still tells who clashes with whom.
///
/// IPv4 becomes 198.18.0.0/15 (RFC 2544, benchmarks), IPv6 2001:db8::/32 (RFC 3849, documentation). The unspecified and the
/// loopback addresses stay: they name no node. Host names stay, too, also where they hold an address (`ip-10-0-1-7`). Text
/// that merely looks like an address, as a version of four numbers, is taken for one. Linear in the text.
struct AddressMask {
    /// How many of each family are told apart; those that come later share the last one.
    static let limit = 65_536

    private var v4: [[UInt8]: Int] = [:]
    private var v6: [[UInt8]: Int] = [:]

    /// The text, plain or JSON, without its addresses.
    mutating func mask(_ text: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(text.count)
        var place = 0
        while place < text.count {
            if text[place] == UInt8(ascii: "\\"), place + 1 < text.count {
                out += text[place...(place + 1)]
                place += 2
                continue
            }
            let run = text[place...].prefix(while: Self.isPart)
            guard !run.isEmpty else {
                out.append(text[place])
                place += 1
                continue
            }
            let found = Self.v6(run, in: text) ?? Self.v4(run, in: text)
            if let found, let replacement = replacement(for: found.address) {
                out += text[place..<found.range.lowerBound] + replacement
                place = found.range.upperBound
            } else {
                let end = max(found?.range.upperBound ?? run.endIndex, run.endIndex)
                out += text[place..<end]
                place = end
            }
        }
        return out
    }

    /// What stands for an address of 4 or 16 bytes; nil where it stays.
    private mutating func replacement(for address: [UInt8]) -> [UInt8]? {
        if address.count == 4 {
            guard address[0] != 127, address != [0, 0, 0, 0] else { return nil }
            let number = Self.number(of: address, in: &v4)
            return Array("198.\(18 + number >> 16).\(number >> 8 & 0xff).\(number & 0xff)".utf8)
        }
        let zeros = [UInt8](repeating: 0, count: 15)
        guard !address.starts(with: zeros) || address[15] > 1 else { return nil }
        // RFC 4291 §2.5.5.2: an IPv4 address as IPv6.
        if address.starts(with: zeros.prefix(10) + [0xff, 0xff]) {
            return replacement(for: Array(address[12...])).map { Array("::ffff:".utf8) + $0 }
        }
        return Array("2001:db8::\(String(Self.number(of: address, in: &v6), radix: 16))".utf8)
    }

    private static func number(of address: [UInt8], in known: inout [[UInt8]: Int]) -> Int {
        if let number = known[address] { return number }
        guard known.count < limit else { return limit }
        known[address] = known.count + 1
        return known.count
    }

    // MARK: Finding

    private typealias Found = (range: Range<Int>, address: [UInt8])

    /// An IPv6 address in a run of hexadecimal digits and colons, and the IPv4 address that may end it.
    private static func v6(_ run: ArraySlice<UInt8>, in text: [UInt8]) -> Found? {
        var start = run.startIndex
        // `IP:fd00::9`: what stands before the first colon belongs to a name.
        if start > 0, isLetter(text[start - 1]) {
            guard let colon = run.firstIndex(of: colon) else { return nil }
            start = colon
            if text[start...].starts(with: "::".utf8), start > run.startIndex { return nil }
        }
        if run[start...].first == colon, run[start...].dropFirst().first != colon { start += 1 }
        var end = run.endIndex
        if end < text.count, text[end] == dot, let last = run.lastIndex(of: colon), last >= start,
            let tail = v4(at: last + 1, in: text)
        {
            end = tail.range.upperBound
        } else if run[start...].last == colon, run[start...].dropLast().last != colon {
            end -= 1
        }
        guard start < end, end - start <= 45, end == text.count || !isLetter(text[end]) else { return nil }
        let address = text[start..<end]
        let colons = address.count { $0 == colon }
        // `0::/system.slice` of /proc/PID/cgroup, and what has too few colons to be one.
        guard colons >= 2, !(address.elementsEqual("0::".utf8) && text[end...].first == UInt8(ascii: "/"))
        else {
            return nil
        }
        return IPAddress.v6(String(decoding: address, as: UTF8.self)).map { (start..<end, $0) }
    }

    /// The IPv4 address that begins in a run: with the digits at its end, before the first dot.
    private static func v4(_ run: ArraySlice<UInt8>, in text: [UInt8]) -> Found? {
        guard run.endIndex < text.count, text[run.endIndex] == dot else { return nil }
        let digits = run.reversed().prefix(while: isDigit).count
        let start = run.endIndex - digits
        return start > 0 && text[start - 1] == dot ? nil : v4(at: start, in: text)
    }

    private static func v4(at start: Int, in text: [UInt8]) -> Found? {
        var place = start
        var address: [UInt8] = []
        while address.count < 4 {
            if !address.isEmpty {
                guard place < text.count, text[place] == dot else { return nil }
                place += 1
            }
            let digits = text[place...].prefix(4).prefix(while: isDigit)
            guard (1...3).contains(digits.count), let number = UInt8(String(decoding: digits, as: UTF8.self))
            else {
                return nil
            }
            address.append(number)
            place = digits.endIndex
        }
        let isLonger = text[place...].first == dot && text[place...].dropFirst().first.map(isDigit) == true
        return isLonger ? nil : (start..<place, address)
    }

    private static let (dot, colon) = (UInt8(ascii: "."), UInt8(ascii: ":"))

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte | 0x20) }

    private static func isPart(_ byte: UInt8) -> Bool {
        isDigit(byte) || byte == colon || (0x61...0x66).contains(byte | 0x20)
    }
}
