import Glibc

/// Standard output, unbuffered: whole texts only.
enum Output {
    /// Writes all of `text`; a reader that went away ends it silently, as `head` does. False where it could not be written.
    @discardableResult
    static func write(_ text: String) -> Bool { write(Array(text.utf8)) }

    /// Writes all of `bytes`.
    @discardableResult
    static func write(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let size = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if size < 0, errno == EINTR { continue }
            guard size > 0 else { return false }
            rest = rest.dropFirst(size)
        }
        return true
    }
}
