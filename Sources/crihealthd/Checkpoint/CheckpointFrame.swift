// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials

/// How a checkpoint lies in its file: one JSON document, whose content is covered by a checksum.
///
/// `{"format":1,"crc32":N,"content":…}`. A version that knows no checksum reads the same document, and one without a
/// checksum (crihealthd 0.1) is read, too.
enum CheckpointFrame {
    /// Deepest nesting of arrays and objects.
    static let depthLimit = 64
    /// A whole number of more magnitude is damage: sums of two that are smaller fit into 64 bits.
    static let numberLimit: UInt64 = 1 << 62

    /// The file.
    static func wrap(_ content: [UInt8], format: Int) -> [UInt8] {
        Array("{\"format\":\(format),\"crc32\":\(CRC32.of(content[...])),\"content\":".utf8) + content + [
            UInt8(ascii: "}")
        ]
    }

    /// What is wrong with a file, before anything of it is decoded; nil: nothing that can be seen.
    static func fault(in file: [UInt8]) -> String? {
        var file = file[...]
        while let last = file.last, last == 0x0A || last == 0x20 { file.removeLast() }
        return checksumFault(file) ?? numberFault(file)
    }

    private static func checksumFault(_ file: ArraySlice<UInt8>) -> String? {
        let (mark, next) = (Array(",\"crc32\":".utf8), Array(",\"content\":".utf8))
        let head = file.prefix(64)
        guard let start = find(mark, head), let end = find(next, head), start + mark.count < end else {
            return nil
        }
        let told = UInt32(String(decoding: file[(start + mark.count)..<end], as: UTF8.self))
        return told == CRC32.of(file[(end + next.count)...].dropLast()) ? nil : "its checksum is wrong"
    }

    private static func find(_ part: [UInt8], _ text: ArraySlice<UInt8>) -> Int? {
        text.indices.first { text[$0...].starts(with: part) }
    }

    /// Nesting and numbers that no decoder should meet.
    private static func numberFault(_ file: ArraySlice<UInt8>) -> String? {
        var depth = 0
        var place = file.startIndex
        while place < file.endIndex {
            switch file[place] {
            case UInt8(ascii: "\""):
                place += 1
                while place < file.endIndex, file[place] != UInt8(ascii: "\"") {
                    place += file[place] == UInt8(ascii: "\\") ? 2 : 1
                }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                if depth > depthLimit { return "it nests too deep" }
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                let start = place
                while place < file.endIndex, isOfNumber(file[place]) { place += 1 }
                let text = String(decoding: file[start..<place].prefix(64), as: UTF8.self)
                let isSmall =
                    UInt64(text).map { $0 <= numberLimit || isHash($0) } ?? Double(text).map { $0 < 1e18 }
                    ?? false
                guard isSmall, place - start <= 64 else { return "it holds the number \(text.prefix(40))" }
                continue
            default: break
            }
            place += 1
        }
        return nil
    }

    /// Identities of files and of texts are numbers of any size; what is refused is so near an end that one more would not
    /// fit.
    private static func isHash(_ number: UInt64) -> Bool {
        let room: UInt64 = 1 << 40
        let end = UInt64(Int64.max)
        return number < end - room || number > end + room && number < UInt64.max - room
    }

    private static func isOfNumber(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "+-.eE".utf8.contains(byte)
    }
}

/// CRC-32 as IEEE 802.3 has it.
enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 0 ? value >> 1 : value >> 1 ^ 0xEDB8_8320 }
    }

    static func of(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        ~bytes.reduce(~0) { crc, byte in table[Int((crc ^ UInt32(byte)) & 0xFF)] ^ crc >> 8 }
    }
}
