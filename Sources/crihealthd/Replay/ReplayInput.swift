import HealthModel
import Systemd

/// What can be replayed.
enum ReplayInput: Equatable {
    /// A folder of `journal.export`, `index.jsonl`, `crictl/`, `proc/`.
    case capture(String)
    /// `.journal` files: one, or a folder of them (`/var/log/journal` of another machine).
    case journal(JournalLocation)
    /// `journalctl -o export`; nil: standard input.
    case export(String?)
    /// Lines as people have them; nil: standard input.
    case text(String?)
    /// One Observation a line.
    case observations(String)
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
            return .journal(.directory(path))
        }
        throw .notAnInput(path: path, hint: hint(ofDirectory: path, names))
    }

    private static func detectFile(_ path: String) throws(ReplayError) -> ReplayInput {
        let head: [UInt8]
        do { head = try FileBytes.prefix(path, 512) } catch { throw .unreadable(error) }
        if head.isEmpty { throw .empty(path: path) }
        if head.starts(with: Array("LPKSHHRH".utf8)) { return .journal(.files([path])) }
        if head.starts(with: Array("__CURSOR=".utf8)) || head.starts(with: Array("_".utf8)) {
            return .export(path)
        }
        if let hint = hint(ofFile: path, head) { throw .notAnInput(path: path, hint: hint) }
        if head.first == UInt8(ascii: "{"), isObservation(head) { return .observations(path) }
        return .text(path)
    }

    /// A line of a recording says what happened; one of the journal has its own names.
    private static func isObservation(_ head: [UInt8]) -> Bool {
        let line = head.prefix { $0 != UInt8(ascii: "\n") }
        return Array(line).contains("\"event\"") && !Array(line).contains("\"MESSAGE\"")
    }

    // MARK: What was meant

    /// The first bytes of compressed files, and what reads them.
    private static let compressed: [(magic: [UInt8], reader: String)] = [
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "xzcat"), ([0x1F, 0x8B], "zcat"),
        ([0x28, 0xB5, 0x2F, 0xFD], "zstdcat"), (Array("BZh".utf8), "bzcat"),
    ]

    private static func hint(ofFile path: String, _ head: [UInt8]) -> String? {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let isArchive = head.count > 262 && head[257..<262].elementsEqual("ustar".utf8)
        if isArchive || path.contains(".tar.") || path.hasSuffix(".tgz") {
            let unpack: ShellCommand = "tar -xf \(path)"
            return "this is an archive; unpack it (\(unpack.text)) and give the directory that is in it"
        }
        if let reader = compressed.first(where: { head.starts(with: $0.magic) })?.reader {
            let command: ShellCommand = "\(reader) \(path)"
            return "this is compressed; write `\(command.text) | crihealthd replay -`"
        }
        let line = String(decoding: head.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        if path.hasSuffix("index.jsonl") || (line.contains("\"end\"") && !line.contains("\"event\"")) {
            let command: ShellCommand = "crihealthd replay \(folder)"
            return "this is the index of a capture; give its directory: \(command.text)"
        }
        return nil
    }

    /// A folder that holds what could be replayed, one level below.
    private static func hint(ofDirectory path: String, _ names: [String]) -> String {
        for name in names.sorted() {
            guard let below = try? Directory.names(path + "/" + name),
                below.contains("journal.export") || below.contains("index.jsonl")
            else { continue }
            let command: ShellCommand = "crihealthd replay \(path + "/" + name)"
            return "it holds captures; give one of them: \(command.text)"
        }
        return "give a file of `crihealthd record` or `journalctl -o export`, a directory of .journal files,"
            + " or a capture directory (journal.export, index.jsonl)"
    }
}
