// SPDX-License-Identifier: Apache-2.0

/// Takes credentials out of text that leaves: the journal is root's and systemd-journal's, what is shown is everybody's.
///
/// Known forms: the user's part of a URL, `Authorization` and what follows `Bearer` or `Basic`, JSON web tokens, the value of
/// a name that says it is a secret (`password=`, `"token":"…"`, `--secret …`), tokens that are known by how they begin (AWS,
/// GitHub, GitLab, Slack), and private keys in PEM. Names of pods, addresses and paths stay. Plain text and JSON alike: no
/// quote and no backslash is taken, so that what was JSON stays JSON. Linear in the text.
public enum Secrets {
    private static let mark = Array("***".utf8)

    /// Names of secrets, in small letters; a name that contains one is one (`AWS_SECRET_ACCESS_KEY`).
    static let names = [
        "password", "passwd", "passphrase", "secret", "token", "apikey", "api_key", "api-key", "access_key",
        "accesskey",
        "private_key", "privatekey", "private-key", "access-key", "key-data", "credential", "authorization",
        "signature", "registry-auth", "cookie",
    ].map { Array($0.utf8) }

    /// The text without them.
    public static func mask(_ text: String) -> String {
        mask(text.utf8.span).map { String(decoding: $0, as: UTF8.self) } ?? text
    }

    /// The bytes without them; nil where there are none. Allocates nothing where no word of theirs is in the text.
    public static func mask(_ text: Span<UInt8>) -> [UInt8]? {
        SecretWords.areNamed(in: text) ? scan(text) : nil
    }

    /// The same by a look at all of the text.
    static func scan(_ text: Span<UInt8>) -> [UInt8]? {
        var scanner = Scanner(text: text.bytes)
        while scanner.step() {}
        return scanner.finish()
    }

    /// One pass over a text: what is kept so far, and where the rest begins.
    private struct Scanner {
        let text: [UInt8]
        private var place = 0
        private var taken = 0
        private var out: [UInt8] = []

        init(text: [UInt8]) { self.text = text }

        /// Looks at the next byte; false at the end.
        mutating func step() -> Bool {
            guard place < text.count else { return false }
            switch text[place] {
            case UInt8(ascii: ":") where has("://", at: place): url(place + 3)
            case UInt8(ascii: ":") where has(#":\/\/"#, at: place): url(place + 5)
            case UInt8(ascii: "="), UInt8(ascii: ":"): assignment()
            case UInt8(ascii: " "): word()
            case UInt8(ascii: ",") where has("\",\"", at: place - 1): element()
            case UInt8(ascii: "-") where has("-----BEGIN ", at: place): privateKey()
            case UInt8(ascii: "e") where has("eyJ", at: place) && !isWord(before: place): webToken()
            case UInt8(ascii: "A"), UInt8(ascii: "g"), UInt8(ascii: "x"):
                if isWord(before: place) { place += 1 } else { knownToken() }
            default: place += 1
            }
            return true
        }

        mutating func finish() -> [UInt8]? {
            guard taken > 0 else { return nil }
            for index in taken..<text.count { out.append(text[index]) }
            return out
        }

        /// `scheme://user:password@host`, from behind the slashes, which JSON may escape.
        private mutating func url(_ start: Int) {
            var end = start
            while end < text.count, end - start < 512, !isEnd(text[end]), !"/?#@".utf8.contains(text[end]) {
                end += 1
            }
            if end < text.count, text[end] == UInt8(ascii: "@") { hide(start, end) } else { place = start }
        }

        /// `name=value`, `"name":"value"`, `password: value`
        private mutating func assignment() {
            let isColon = text[place] == UInt8(ascii: ":")
            var end = place
            var isQuoted = false
            while end > 0, "\"'\\".utf8.contains(text[end - 1]) {
                end -= 1
                isQuoted = true
            }
            var start = end
            while start > 0, end - start < 64, isNamed(text[start - 1]) { start -= 1 }
            let name = (start..<end).map { text[$0] | (text[$0] >= 0x41 && text[$0] <= 0x5A ? 0x20 : 0) }
            let isShort =
                name.elementsEqual("auth".utf8) && isQuoted || name.elementsEqual("sig".utf8) && !isColon
            let known = Secrets.names.first { contains(name, $0) }
            guard known != nil || isShort else {
                place += 1
                return
            }
            // "token: unexpected status" is a sentence, {"token":"x"} and "token: abcdef123456" are not.
            let isSure = ["password", "passwd", "passphrase", "authorization", "cookie"].contains {
                known?.elementsEqual($0.utf8) == true
            }
            var value = place + 1
            while value < text.count, "\"'\\ ".utf8.contains(text[value]) { value += 1 }
            for scheme in ["Basic ", "Bearer ", "basic ", "bearer "] where has(scheme, at: value) {
                value += scheme.utf8.count
            }
            // An object or an array of JSON is looked into.
            guard value < text.count, !"{[".utf8.contains(text[value]) else {
                place += 1
                return
            }
            let isNamed = !isShort && (!isColon || isQuoted || isSure)
            if isNamed || isRandom(value, atLeast: isShort ? 8 : 12) {
                hide(value, "\"'".utf8.contains(text[value - 1]) ? endOfQuoted(value) : self.end(of: value))
            } else {
                place += 1
            }
        }

        /// `Bearer xyz`, `--password xyz`
        private mutating func word() {
            let isScheme = ["Bearer", "bearer", "Basic", "basic"].contains {
                has($0, at: place - $0.utf8.count)
            }
            let start = place + 1
            guard isScheme || isFlag(before: place) else {
                place += 1
                return
            }
            let end = end(of: start)
            let isCredential =
                end - start >= 8
                && (start..<end).contains { index in
                    (0x30...0x39).contains(text[index]) || (0x41...0x5A).contains(text[index])
                }
            if isCredential || !isScheme && end > start { hide(start, end) } else { place += 1 }
        }

        private func isFlag(before end: Int) -> Bool {
            var start = end
            while start > 0, end - start < 64, isNamed(text[start - 1]) { start -= 1 }
            guard start + 2 < end, has("--", at: start) else { return false }
            let name = (start..<end).map { text[$0] | 0x20 }
            return Secrets.names.contains { contains(name, $0) }
        }

        /// `"--password","xyz"`, arguments in JSON.
        private mutating func element() {
            if isFlag(before: place - 1) { hide(place + 2, end(of: place + 2)) } else { place += 1 }
        }

        /// What no word, name or path looks like: letters and digits, of some length, without dot, slash and colon.
        private func isRandom(_ start: Int, atLeast length: Int) -> Bool {
            var end = start
            while end < text.count, end - start < 64, !isEnd(text[end]), !":/.".utf8.contains(text[end]) {
                end += 1
            }
            let isWhole = end == text.count || end - start == 64 || isEnd(text[end])
            guard end - start >= length, isWhole else { return false }
            return (start..<end).contains { (0x30...0x39).contains(text[$0]) }
                && (start..<end).contains { (0x61...0x7A).contains(text[$0] | 0x20) }
        }

        /// AWS access key ids (IAM User Guide, "Unique identifiers"), tokens of GitHub, GitLab and Slack by their prefixes.
        private mutating func knownToken() {
            var end = place
            while end < text.count, isNamed(text[end]) { end += 1 }
            let isKnown =
                end - place == 20 && (has("AKIA", at: place) || has("ASIA", at: place))
                || end - place >= 20
                    && ["ghp_", "gho_", "ghs_", "ghu_", "github_pat_", "glpat-", "xoxb-", "xoxp-"]
                        .contains { has($0, at: place) }
            if isKnown { hide(place, end) } else { place += 1 }
        }

        /// From `-----BEGIN … PRIVATE KEY-----` to its end, or to the end of what holds it.
        private mutating func privateKey() {
            let label = "PRIVATE KEY-----"
            guard let head = (place..<min(text.count, place + 64)).first(where: { has(label, at: $0) }) else {
                place += 1
                return
            }
            let start = head + label.utf8.count
            var end = start
            while end < text.count, text[end] != UInt8(ascii: "\""), !has("-----END", at: end) { end += 1 }
            // A quote that is escaped keeps its backslashes.
            while end > start, end < text.count, text[end - 1] == UInt8(ascii: "\\") { end -= 1 }
            hide(start, end)
        }

        /// `eyJ….eyJ….sig` (RFC 7519)
        private mutating func webToken() {
            var end = place
            var dots = 0
            while end < text.count, isNamed(text[end]) || text[end] == UInt8(ascii: ".") {
                if text[end] == UInt8(ascii: ".") { dots += 1 }
                end += 1
            }
            if dots >= 1, end - place >= 20 { hide(place, end) } else { place = max(end, place + 1) }
        }

        private mutating func hide(_ start: Int, _ end: Int) {
            guard start < end else {
                place += 1
                return
            }
            for index in taken..<start { out.append(text[index]) }
            out += Secrets.mark
            (taken, place) = (end, end)
        }

        private func end(of start: Int) -> Int {
            var end = start
            while end < text.count, !isEnd(text[end]) { end += 1 }
            return end
        }

        /// Where what is in quotes ends.
        private func endOfQuoted(_ start: Int) -> Int {
            var end = start
            while end < text.count, text[end] >= 0x20, !"\"'\\".utf8.contains(text[end]) { end += 1 }
            return end
        }

        private func isEnd(_ byte: UInt8) -> Bool { byte <= 0x20 || "\"'\\,;&)]}>`".utf8.contains(byte) }

        private func isNamed(_ byte: UInt8) -> Bool {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"): true
            default: false
            }
        }

        private func isWord(before place: Int) -> Bool { place > 0 && isNamed(text[place - 1]) }

        private func has(_ word: String, at start: Int) -> Bool {
            guard start >= 0, start + word.utf8.count <= text.count else { return false }
            return word.utf8.enumerated().allSatisfy { text[start + $0.offset] == $0.element }
        }

        private func contains(_ name: [UInt8], _ part: [UInt8]) -> Bool {
            name.count >= part.count
                && (0...(name.count - part.count)).contains { name[$0...].starts(with: part) }
        }
    }
}
