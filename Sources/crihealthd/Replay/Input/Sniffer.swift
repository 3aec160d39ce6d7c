// SPDX-License-Identifier: Apache-2.0

/// Tells text from what is none, by its beginning.
enum Sniffer {
    /// What is wrong with it; nil for text. Stray bytes are no reason: a crash leaves runs of NUL in a log, and programs log
    /// in any encoding.
    static func problem(_ head: [UInt8]) -> String? {
        if head.allSatisfy({ $0 == 0 }) { return "not a log: nothing but NUL bytes" }
        if isUTF16(head) {
            return "it is UTF-16, as PowerShell writes it; write it again as UTF-8 (iconv -f UTF-16 -t UTF-8)"
        }
        let odd = head.count { $0 < 0x09 && $0 != 0 || (0x0E...0x1A).contains($0) || $0 == 0x7F }
        let text = String(decoding: head, as: UTF8.self)
        let broken = text.unicodeScalars.count { $0 == "\u{FFFD}" }
        let isBinary =
            odd * 50 > head.count || broken * 5 > head.count || head.starts(with: [0x7F, 0x45, 0x4C, 0x46])
        return isBinary ? "not a log: binary data" : nil
    }

    private static func isUTF16(_ head: [UInt8]) -> Bool {
        head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF])
    }
}
