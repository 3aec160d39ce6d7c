// SPDX-License-Identifier: Apache-2.0

/// Puts made-up IP addresses in the place of a node's own, the same one for the same one, so that a recording that leaves
/// still tells who clashes with whom.
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
        // Whether what ends here is no word, or is a character that JSON escapes.
        var isFree = true
        while place < text.count {
            if text[place] == UInt8(ascii: "\\"), place + 1 < text.count {
                out += text[place...(place + 1)]
                place += 2
                isFree = true
                continue
            }
            let run = text[place...].prefix(while: Self.isPart)
            guard !run.isEmpty else {
                out.append(text[place])
                isFree = !Self.isWord(text[place])
                place += 1
                continue
            }
            place = run.endIndex
            let isWhole = isFree && (place == text.count || !Self.isWord(text[place]))
            out += isWhole ? replacement(for: run, before: text[place...].first) : run
            isFree = !Self.isWord(text[place - 1])
        }
        return out
    }

    /// A run of hexadecimal digits, dots and colons, as it leaves.
    private mutating func replacement(for run: ArraySlice<UInt8>, before next: UInt8?)
        -> ArraySlice<UInt8>
    {
        // What follows an IPv4 address is its port, or the end of a sentence.
        let head = run.prefix { $0 != UInt8(ascii: ":") }
        let stops = head.reversed().prefix { $0 == UInt8(ascii: ".") }.count
        let address = Array(head.dropLast(stops))
        if Self.isV4(address) {
            guard !Self.staysV4(address) else { return run }
            return
                (Self.madeUpV4(Self.number(of: address, in: &v4)) + run[(run.startIndex + address.count)...])[
                    ...]
        }
        let colons = run.reversed().prefix { $0 == UInt8(ascii: ":") }.count
        let tail = colons == 1 ? 1 : 0
        let long = Array(run.dropLast(tail))
        guard Self.isV6(long), long != Array("::".utf8), long != Array("::1".utf8), !Self.isCgroup(long, next)
        else {
            return run
        }
        return (Self.madeUpV6(Self.number(of: long, in: &v6)) + run.suffix(tail))[...]
    }

    private static func number(of address: [UInt8], in known: inout [[UInt8]: Int]) -> Int {
        if let number = known[address] { return number }
        let number = min(known.count + 1, limit)
        if known.count < limit { known[address] = number }
        return number
    }

    private static func madeUpV4(_ number: Int) -> [UInt8] {
        Array("198.\(18 + number >> 16).\(number >> 8 & 0xff).\(number & 0xff)".utf8)
    }

    private static func madeUpV6(_ number: Int) -> [UInt8] {
        Array("2001:db8::\(String(number, radix: 16))".utf8)
    }

    /// Four numbers up to 255.
    private static func isV4(_ text: [UInt8]) -> Bool {
        guard (7...15).contains(text.count) else { return false }
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.count) && part.allSatisfy { (0x30...0x39).contains($0) }
                    && part.reduce(0) { $0 * 10 + Int($1 - 0x30) } <= 255
            }
    }

    private static func staysV4(_ address: [UInt8]) -> Bool {
        address.starts(with: "127.".utf8) || address.elementsEqual("0.0.0.0".utf8)
    }

    /// Groups of up to four digits: eight, or fewer with one gap.
    private static func isV6(_ text: [UInt8]) -> Bool {
        guard (2...39).contains(text.count), !text.contains(UInt8(ascii: ".")) else { return false }
        let groups = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard (3...9).contains(groups.count), groups.allSatisfy({ $0.count <= 4 }) else { return false }
        let gaps = zip(text, text.dropFirst()).count { $0 == UInt8(ascii: ":") && $1 == $0 }
        return gaps == 0 ? groups.count == 8 && groups.allSatisfy { !$0.isEmpty } : gaps == 1
    }

    /// `0::/system.slice` of /proc/PID/cgroup.
    private static func isCgroup(_ text: [UInt8], _ next: UInt8?) -> Bool {
        text.elementsEqual("0::".utf8) && next == UInt8(ascii: "/")
    }

    private static func isPart(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66, UInt8(ascii: "."), UInt8(ascii: ":"): true
        default: false
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "_"): true
        default: false
        }
    }
}
