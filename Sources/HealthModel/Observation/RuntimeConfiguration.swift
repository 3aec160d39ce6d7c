// SPDX-License-Identifier: Apache-2.0

/// What CRI-O's configuration files say of OCI runtimes, as CRI-O itself reads them: `/etc/crio/crio.conf`, then
/// `/etc/crio/crio.conf.d/*` by name; a later file wins (crio.conf.d(5)).
public struct RuntimeConfiguration: Hashable, Codable, Sendable {
    /// One file that was read.
    public struct File: Hashable, Codable, Sendable {
        /// Absolute path.
        public var path: String
        /// Modification time; nil when it is not known. A package keeps the time of its build.
        public var modifiedAt: WallTime?
        /// Status change: when the file came to be here; nil when it is not known.
        public var changedAt: WallTime?
        /// Its `default_runtime`, if it sets one.
        public var defaultRuntime: String?

        /// Makes a file.
        public init(
            path: String, modifiedAt: WallTime? = nil, changedAt: WallTime? = nil,
            defaultRuntime: String? = nil
        ) {
            self.path = path
            self.modifiedAt = modifiedAt
            self.changedAt = changedAt
            self.defaultRuntime = defaultRuntime
        }
    }

    /// One `[crio.runtime.runtimes.NAME]`.
    public struct Handler: Hashable, Codable, Sendable {
        /// Its name.
        public var name: String
        /// `runtime_path`; nil: found on PATH by its name.
        public var path: String?
        /// `runtime_root`; nil: CRI-O's own default, `/run/runc`, whatever the runtime (cri-o/packaging#104).
        public var root: String?

        /// Makes a handler.
        public init(name: String, path: String? = nil, root: String? = nil) {
            self.name = name
            self.path = path
            self.root = root
        }
    }

    /// The effective `default_runtime`; nil: no file sets it, CRI-O's built-in default holds.
    public var defaultRuntime: String?
    /// The handlers, by name.
    public var handlers: [Handler]
    /// The files in the order in which they are read; those without `default_runtime` too.
    public var files: [File]

    /// Most files that are read.
    public static let fileLimit = 64
    /// Most handlers that are kept.
    public static let handlerLimit = 32

    /// Makes a configuration.
    public init(defaultRuntime: String?, handlers: [Handler], files: [File]) {
        self.defaultRuntime = defaultRuntime
        self.handlers = handlers
        self.files = files
    }

    /// The handler of that name.
    public func handler(_ name: String) -> Handler? { handlers.first { $0.name == name } }

    /// The file that decides the default.
    public var decidingFile: File? { files.last { $0.defaultRuntime != nil } }
}

extension RuntimeConfiguration {
    /// Reads the few flat keys that matter out of files in the order in which CRI-O reads them.
    ///
    /// Not a TOML parser: table headers and `key = "string"` lines are known, everything else is passed over, in time
    /// linear in the text. A file that is not TOML keeps CRI-O from starting, and that is another diagnosis.
    public init(texts: [(file: File, text: String)]) {
        self.init(defaultRuntime: nil, handlers: [], files: [])
        for (file, text) in texts.prefix(Self.fileLimit) { add(file, text) }
    }

    private mutating func add(_ file: File, _ text: String) {
        var file = file
        file.defaultRuntime = nil
        var table: Substring = ""
        for line in text.split(whereSeparator: \.isNewline).prefix(20_000) {
            let line = line.trimming(" \t")
            if line.first == "[", let end = line.lastIndex(of: "]"), !line.hasPrefix("[[") {
                table = line[line.index(after: line.startIndex)..<end].trimming(" \t")
                if let name = Self.handlerName(table), !handlers.contains(where: { $0.name == name }),
                    handlers.count < Self.handlerLimit
                {
                    handlers.append(Handler(name: name))
                }
            } else if let (key, value) = Self.pair(line) {
                set(String(value.prefix(512)), key, table, &file)
            }
        }
        if let name = file.defaultRuntime { defaultRuntime = name }
        files.append(file)
    }

    private mutating func set(_ value: String, _ key: Substring, _ table: Substring, _ file: inout File) {
        if table == "crio.runtime", key == "default_runtime" {
            file.defaultRuntime = value.isEmpty ? nil : value
        }
        guard let name = Self.handlerName(table), let index = handlers.firstIndex(where: { $0.name == name })
        else { return }
        switch key {
        case "runtime_path": handlers[index].path = value.isEmpty ? nil : value
        case "runtime_root": handlers[index].root = value.isEmpty ? nil : value
        default: break
        }
    }

    /// `crio.runtime.runtimes.NAME`, NAME bare or quoted.
    private static func handlerName(_ table: Substring) -> String? {
        let prefix = "crio.runtime.runtimes."
        guard table.hasPrefix(prefix) else { return nil }
        let name = table.dropFirst(prefix.count).trimming(" \t\"'")
        return name.isEmpty || name.utf8.count > 128 ? nil : String(name)
    }

    /// `key = "value"`, a comment after it left out.
    private static func pair(_ line: Substring) -> (key: Substring, value: Substring)? {
        guard let equals = line.firstIndex(of: "="), line.first != "#" else { return nil }
        let key = line[..<equals].trimming(" \t\"")
        let rest = line[line.index(after: equals)...].trimming(" \t")
        guard let quote = rest.first, quote == "\"" || quote == "'",
            let end = rest.dropFirst().firstIndex(of: quote)
        else { return nil }
        return (key, rest[rest.index(after: rest.startIndex)..<end])
    }
}

extension Substring {
    fileprivate func trimming(_ set: String) -> Substring {
        var text = self
        while let first = text.first, set.contains(first) { text = text.dropFirst() }
        while let last = text.last, set.contains(last) { text = text.dropLast() }
        return text
    }
}

/// An OCI runtime's own word on its version (`crun --version`).
public struct OCIRuntimeVersion: Hashable, Codable, Sendable {
    /// The binary that was asked, or its name where only that is known.
    public var path: String
    /// `crun`, `runc`, …: the first word of its answer.
    public var name: String
    /// `1.8.1`, `1.1.5+ds1`.
    public var version: String

    /// Makes a version.
    public init(path: String, name: String, version: String) {
        self.path = path
        self.name = name
        self.version = version
    }

    /// Reads the first line of `crun --version`: `crun version 1.8.1`; nil for anything else.
    public init?(path: String, output: some StringProtocol) {
        let line = output.split(whereSeparator: \.isNewline).first { !$0.isEmpty } ?? ""
        let words = line.split(separator: " ").prefix(4)
        guard words.count >= 3, words[1] == "version", words[0].utf8.count <= 64, words[2].utf8.count <= 64,
            words[2].first?.isNumber == true
        else { return nil }
        self.init(path: path, name: String(words[0]), version: String(words[2]))
    }
}

/// How the boot before this one ended, by its journal.
public struct PreviousShutdown: Hashable, Codable, Sendable {
    /// The boot that ended.
    public var bootID: String
    /// When `shutdown.target` was reached; nil: the journal does not reach that far, or the node went down hard.
    public var reachedTargetAt: WallTime?
    /// Containers whose scopes were started and did not end before that.
    public var running: [String]
    /// Containers whose scopes ended, of the time that was read.
    public var ended: [String]

    /// Makes a record.
    public init(bootID: String, reachedTargetAt: WallTime?, running: [String], ended: [String]) {
        self.bootID = bootID
        self.reachedTargetAt = reachedTargetAt
        self.running = running
        self.ended = ended
    }
}
