// SPDX-License-Identifier: Apache-2.0
import Glibc

extension SignalRules {
    /// The rules that the binary carries, read once.
    public static func shipped() throws(RuleError) -> SignalRules { try embedded.get() }

    private static let embedded = Result<SignalRules, RuleError> { () throws(RuleError) in
        try SignalRules(documents: ShippedRules.documents)
    }

    /// The rules of these documents; a later rule replaces an earlier one with its id.
    public init(documents: [RuleDocument]) throws(RuleError) {
        let merged = try Self.merge(documents, into: ([], []))
        try self.init(rules: merged.rules, classes: merged.classes)
    }

    /// These rules and those of the documents: a rule with a known id replaces that one, `enabled = false`
    /// drops it.
    public func adding(_ documents: [RuleDocument]) throws(RuleError) -> SignalRules {
        if documents.isEmpty { return self }
        let merged = try Self.merge(documents, into: (rules, classes))
        return try SignalRules(rules: merged.rules, classes: merged.classes)
    }

    /// `base` and what the directory's `*.toml` files say, by name. A directory that is not there says
    /// nothing.
    public static func load(directory: String, over base: SignalRules) throws(RuleError) -> SignalRules {
        try base.adding(RuleDirectory.documents(directory))
    }

    /// As ``load(directory:over:)``, without the files that cannot be used, and why not: one bad file is no reason to go
    /// without the others. `distrust` says why a file may not be believed, or nil.
    public static func loadUsable(
        directory: String, over base: SignalRules, distrust: (String) -> String? = { _ in nil }
    ) -> (rules: SignalRules, refused: [RuleError]) {
        var (rules, refused): (SignalRules, [RuleError]) = (base, [])
        var documents: [RuleDocument] = []
        do throws(RuleError) {
            for path in try RuleDirectory.paths(directory) {
                do throws(RuleError) {
                    if let problem = distrust(path) { throw RuleError(file: path, problem: problem) }
                    documents.append(try RuleDirectory.document(path))
                } catch {
                    refused.append(error)
                }
            }
        } catch {
            return (base, [error])
        }
        if let all = try? base.adding(documents) { return (all, refused) }
        for document in documents {
            do throws(RuleError) {
                rules = try rules.adding([document])
            } catch {
                refused.append(error)
            }
        }
        return (rules, refused)
    }

    private typealias Parts = (rules: [SignalRule], classes: [SignalClass])

    private static func merge(_ documents: [RuleDocument], into base: Parts) throws(RuleError) -> Parts {
        var parts = base
        for document in documents {
            for entry in try RuleReader.read(document) {
                switch entry {
                case .rule(let rule):
                    if let index = parts.rules.firstIndex(where: { $0.id == rule.id }) {
                        parts.rules[index] = rule
                    } else {
                        parts.rules.append(rule)
                    }
                case .classed(let one):
                    if let index = parts.classes.firstIndex(where: { $0.id == one.id }) {
                        parts.classes[index] = one
                    } else {
                        parts.classes.append(one)
                    }
                case .disabled(let id):
                    parts.rules.removeAll { $0.id == id }
                    parts.classes.removeAll { $0.id == id }
                }
            }
        }
        return parts
    }
}

/// Reads the files of a rules.d.
enum RuleDirectory {
    /// More files are refused.
    static let fileLimit = 500

    static func documents(_ directory: String) throws(RuleError) -> [RuleDocument] {
        var documents: [RuleDocument] = []
        for path in try paths(directory) { documents.append(try document(path)) }
        return documents
    }

    /// The files, by name.
    static func paths(_ directory: String) throws(RuleError) -> [String] {
        let names = try names(in: directory).filter { $0.hasSuffix(".toml") && !$0.hasPrefix(".") }.sorted()
        guard names.count <= fileLimit else {
            throw RuleError(file: directory, problem: "more than \(fileLimit) files")
        }
        return names.map { directory + "/" + $0 }
    }

    static func document(_ path: String) throws(RuleError) -> RuleDocument {
        RuleDocument(name: path, text: try text(path))
    }

    private static func names(in directory: String) throws(RuleError) -> [String] {
        guard let stream = opendir(directory) else {
            if errno == ENOENT { return [] }
            throw RuleError(file: directory, problem: "cannot be listed", errno: errno)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(entryName(entry))
        }
        return names
    }

    private static func text(_ path: String) throws(RuleError) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw RuleError(file: path, problem: "cannot be opened", errno: errno) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while bytes.count <= RuleReader.sizeLimit {
            let count = read(file, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw RuleError(file: path, problem: "cannot be read", errno: errno) }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw RuleError(file: path, problem: "is not UTF-8")
        }
        return text
    }
}
