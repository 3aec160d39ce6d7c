import HealthModel

/// What can be replayed.
enum ReplayInput: Equatable {
    /// A folder of `journal.export`, `index.jsonl`, `crictl/`, `proc/`.
    case capture(String)
    /// A folder of `.journal` files (or `/var/log/journal` of another machine).
    case journalDirectory(String)
    /// `journalctl -o export`; nil: standard input.
    case export(String?)
    /// One Observation a line.
    case observations(String)
}

/// Why something cannot be replayed.
enum ReplayError: Error, CustomStringConvertible {
    case unreadable(FileError)
    case notAnInput(path: String)
    case tooLarge(path: String, limit: Int)
    case badLine(path: String, line: Int, reason: String)
    case badExport(path: String, reason: String)
    case journal(path: String, reason: String)
    case empty(path: String)
    case badTime(String)
    case tooEarly(path: String, begins: WallTime)

    var description: String {
        switch self {
        case .unreadable(let error): "\(error)"
        case .notAnInput(let path):
            "\(path): not something to replay. Give a capture directory (journal.export and index.jsonl), a directory of"
                + " .journal files, a file of `journalctl -o export`, or a recording of observations"
        case .tooLarge(let path, let limit): "\(path): larger than \(limit >> 20) MiB"
        case .badLine(let path, let line, let reason): "\(path):\(line): \(reason)"
        case .badExport(let path, let reason): "\(path): not a journal export stream: \(reason)"
        case .journal(let path, let reason): "\(path): \(reason)"
        case .empty(let path): "\(path): holds nothing to replay"
        case .tooEarly(let path, let begins):
            "\(path) begins at \(begins): it shows nothing of an earlier time"
        case .badTime(let text): "--at \(text): not a time; write it as 2026-11-22T01:42:30Z"
        }
    }
}

extension ReplayInput {
    /// Finds out what `path` is; `-` is an export stream on standard input.
    static func detect(_ path: String) throws(ReplayError) -> ReplayInput {
        if path == "-" { return .export(nil) }
        let names: [String]
        do { names = try Directory.names(path) } catch {
            guard error.errno == FileError.notADirectory else { throw .unreadable(error) }
            return try detectFile(path)
        }
        if names.contains("journal.export") || names.contains("index.jsonl") { return .capture(path) }
        if names.contains(where: { $0.hasSuffix(".journal") || $0.count == 32 }) {
            return .journalDirectory(path)
        }
        throw .notAnInput(path: path)
    }

    private static func detectFile(_ path: String) throws(ReplayError) -> ReplayInput {
        let head: [UInt8]
        do { head = try FileBytes.prefix(path, 64) } catch { throw .unreadable(error) }
        if head.first == UInt8(ascii: "{") { return .observations(path) }
        if head.starts(with: Array("__".utf8)) || head.starts(with: Array("_".utf8)) { return .export(path) }
        throw .notAnInput(path: path)
    }
}
