// SPDX-License-Identifier: Apache-2.0

/// Takes credentials out of text that leaves: the journal is root's and systemd-journal's, what is shown is everybody's.
///
/// Known forms: the user's part of a URL, `Authorization` and what follows `Bearer` or `Basic`, JSON web tokens, and the value
/// of a name that says it is a secret (`password=`, `"token":"…"`, `--secret …`). Linear in the text.
public enum Secrets {
    private static let mark = Array("***".utf8)

    /// Names of secrets, in small letters; a name that contains one is one (`AWS_SECRET_ACCESS_KEY`).
    private static let names = [
        "password", "passwd", "passphrase", "secret", "token", "apikey", "api_key", "api-key", "access_key",
        "accesskey",
        "private_key", "privatekey", "credential", "authorization", "signature", "registry-auth",
    ].map { Array($0.utf8) }

    /// The text without them.
    public static func mask(_ text: String) -> String {
        mask(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) } ?? text
    }

    /// The bytes without them; nil where there are none.
    public static func mask(_ text: [UInt8]) -> [UInt8]? {
        var scanner = Scanner(text: text)
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
            case UInt8(ascii: ":") where has("://", at: place): url()
            case UInt8(ascii: "="), UInt8(ascii: ":"): assignment()
            case UInt8(ascii: " "): word()
            case UInt8(ascii: "e") where has("eyJ", at: place) && !isWord(before: place): webToken()
            default: place += 1
            }
            return true
        }

        mutating func finish() -> [UInt8]? {
            guard taken > 0 else { return nil }
            for index in taken..<text.count { out.append(text[index]) }
            return out
        }

        /// `scheme://user:password@host`
        private mutating func url() {
            let start = place + 3
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
            guard let known = Secrets.names.first(where: { contains(name, $0) }) else {
                place += 1
                return
            }
            // "token: unexpected status" is a sentence, {"token":"x"} is not.
            let isSure = ["password", "passwd", "passphrase", "authorization"].contains {
                known.elementsEqual($0.utf8)
            }
            guard !isColon || isQuoted || isSure else {
                place += 1
                return
            }
            var value = place + 1
            while value < text.count, "\"'\\ ".utf8.contains(text[value]) { value += 1 }
            for scheme in ["Basic ", "Bearer ", "basic ", "bearer "] where has(scheme, at: value) {
                value += scheme.utf8.count
            }
            hide(value, self.end(of: value))
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
