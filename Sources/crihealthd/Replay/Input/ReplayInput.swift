// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Systemd

/// What can be replayed.
enum ReplayInput: Equatable {
    /// A folder of `journal.export`, `index.jsonl`, `crictl/`, `proc/`.
    case capture(String)
    /// `.journal` files: one, or a folder of them (`/var/log/journal` of another machine).
    case journal(JournalLocation)
    /// `journalctl -o export`.
    case export(String)
    /// Lines as people have them.
    case text(String)
    /// One Observation a line.
    case observations(String)
    /// A folder of logs of one or several nodes.
    case bundle(String)
    /// The same in a tar archive.
    case archive(String)
    /// An export stream, text or a recording.
    case standardInput
}

extension ReplayInput {
    /// Finds out what `path` is; `-` is standard input.
    static func detect(_ path: String) throws(ReplayError) -> ReplayInput {
        if path == "-" { return .standardInput }
        let names: [String]
        do { names = try Directory.names(path) } catch {
            if error.errno == FileError.noSuchFile {
                throw .unreadable(FileError(path: path, reason: "no such file or directory"))
            }
            guard error.errno == FileError.notADirectory else { throw .unreadable(error) }
            return try detectFile(path)
        }
        if names.contains("journal.export") || names.contains("index.jsonl") { return .capture(path) }
        let files = names.filter(isJournal).map { path + "/" + $0 }
        if names.contains(where: isMachine) { return .journal(.directory(path)) }
        if !files.isEmpty { return .journal(.files(files)) }
        if !holdsCaptures(path, names), Bundle.isOne(path) { return .bundle(path) }
        throw .notAnInput(path: path, hint: hint(ofDirectory: path, names))
    }

    /// Also what journald set aside as damaged.
    private static func isJournal(_ name: String) -> Bool {
        name.hasSuffix(".journal") || name.hasSuffix(".journal~")
    }

    /// A machine's directory below /var/log/journal; a namespace's has that behind a full stop.
    private static func isMachine(_ name: String) -> Bool {
        let id = name.prefix { $0 != "." }
        return id.count == 32 && id.allSatisfy(\.isHexDigit)
    }

    private static func detectFile(_ path: String) throws(ReplayError) -> ReplayInput {
        let source = try ByteSource(path)
        if source.head.isEmpty { throw .empty(path: path) }
        if source.head.starts(with: Array("LPKSHHRH".utf8)) {
            guard source.compression == nil else {
                throw .notAnInput(path: path, hint: "a compressed .journal file must be unpacked first")
            }
            return .journal(.files([path]))
        }
        if TarReader.isArchive(source.head) { return .archive(path) }
        if let hint = hint(ofFile: path, source.head) { throw .notAnInput(path: path, hint: hint) }
        return switch try form(source) {
        case .export: .export(path)
        case .observations: .observations(path)
        case .text: .text(path)
        }
    }

    /// What a stream of lines is.
    enum Form { case export, observations, text }

    /// By its beginning.
    static func form(_ source: ByteSource) throws(ReplayError) -> Form {
        let head = source.head
        if head.isEmpty { throw .empty(path: source.name) }
        if isExport(head) { return .export }
        let line = head.prefix { $0 != UInt8(ascii: "\n") }
        if line.first == UInt8(ascii: "{"), isObservation(Array(line)) { return .observations }
        if let problem = Sniffer.problem(head) { throw .notAnInput(path: source.name, hint: problem) }
        return .text
    }

    /// The export format begins with one of the journal's own fields.
    static func isExport(_ head: some Collection<UInt8>) -> Bool {
        let name = head.prefix(64).prefix { $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: "\n") }
        guard name.first == UInt8(ascii: "_"), name.count < 64 else { return false }
        return name.allSatisfy { $0 == UInt8(ascii: "_") || (0x41...0x5A).contains($0) || $0.isASCIIDigit }
    }

    /// A line of a recording says what happened; one of the journal has its own names.
    private static func isObservation(_ line: [UInt8]) -> Bool {
        line.contains("\"event\"") && !line.contains("\"MESSAGE\"")
    }

    // MARK: What was meant

    private static func hint(ofFile path: String, _ head: [UInt8]) -> String? {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let line = String(decoding: head.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        if path.hasSuffix("index.jsonl") || (line.contains("\"end\"") && !line.contains("\"event\"")) {
            let command: ShellCommand = "crihealthd replay \(folder)"
            return "this is the index of a capture; give its directory: \(command.text)"
        }
        return nil
    }

    private static func holdsCaptures(_ path: String, _ names: [String]) -> Bool {
        capture(in: path, names) != nil
    }

    /// The first capture one level below.
    private static func capture(in path: String, _ names: [String]) -> String? {
        names.sorted().map { path + "/" + $0 }.first { folder in
            let below = (try? Directory.names(folder)) ?? []
            return below.contains("journal.export") || below.contains("index.jsonl")
        }
    }

    /// A folder that holds what could be replayed, one level below.
    private static func hint(ofDirectory path: String, _ names: [String]) -> String {
        if let capture = capture(in: path, names) {
            let command: ShellCommand = "crihealthd replay \(capture)"
            return "it holds captures; give one of them: \(command.text)"
        }
        return
            "no log of a kubelet or a runtime is in it; give a log, a directory of .journal files, a support bundle,"
            + " or a capture directory (journal.export, index.jsonl)"
    }
}
