// SPDX-License-Identifier: Apache-2.0

/// Content negotiation by the `Accept` header (RFC 9110 §12.5.1).
enum Accept {
    /// Most media ranges that are read; the rest is ignored.
    private static let limit = 16

    /// The one of `offers` (`type/subtype` or `type/subtype; version=…`) that the header likes best; of equals the
    /// earlier one. Without a header, or when none is acceptable, the first: a reader of a health page is better off
    /// with some answer than with 406.
    static func choose(_ offers: [String], header: String) -> String {
        let ranges = header.split(separator: ",", maxSplits: limit).prefix(limit).compactMap(Range.init)
        var best = offers.first ?? ""
        var bestQuality = -1
        guard !ranges.isEmpty else { return best }
        for offer in offers {
            let matches = ranges.filter { $0.matches(offer) }
            let mostSpecific = matches.max { $0.specificity < $1.specificity }
            let quality = mostSpecific?.quality ?? 0
            if quality > max(bestQuality, 0) {
                best = offer
                bestQuality = quality
            }
        }
        return best
    }

    /// One media range.
    private struct Range {
        var type: String
        var version: String?
        /// 0 to 1000.
        var quality = 1000

        init?(_ text: Substring) {
            let parts = text.split(separator: ";").map { $0.trimmed.lowercased() }
            guard let type = parts.first, type.contains("/") else { return nil }
            self.type = type
            for part in parts.dropFirst() {
                if part.hasPrefix("version=") { version = part.dropFirst(8).filter { $0 != "\"" } }
                if part.hasPrefix("q=") {
                    guard let q = Double(part.dropFirst(2)), (0...1).contains(q) else { return nil }
                    quality = Int(q * 1000)
                }
            }
        }

        var specificity: Int {
            if type == "*/*" { return 0 }
            if type.hasSuffix("/*") { return 1 }
            return version == nil ? 2 : 3
        }

        func matches(_ offer: String) -> Bool {
            let parts = offer.split(separator: ";").map { $0.trimmed }
            let name = parts.first ?? ""
            let offered = parts.first { $0.hasPrefix("version=") }.map { $0.dropFirst(8) }
            if let version, let offered, version != offered { return false }
            if type == "*/*" { return true }
            if type.hasSuffix("/*") { return name.hasPrefix(type.dropLast()) }
            return type == name
        }
    }
}

extension Substring {
    /// Without blanks and tabs at both ends.
    var trimmed: Substring {
        var text = self
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
