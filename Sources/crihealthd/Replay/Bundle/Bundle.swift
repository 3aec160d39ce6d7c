// SPDX-License-Identifier: Apache-2.0
import Diagnosis
import Glibc
import HealthModel
import Node

/// A support bundle: a folder or a tar archive with logs of one node or of several.
struct Bundle {
    /// What is known of one node.
    struct NodeLog {
        /// Its name in the bundle.
        var name: String
        var material: ReplayMaterial
    }

    /// Bounds of what is looked at: entries are those of all nodes, some 500 MB.
    private static let (fileLimit, depthLimit, entryLimit, nodeLimit) = (50_000, 12, 500_000, 256)
    /// Most files that are told as passed over.
    private static let problemLimit = 16

    private let wants: (Span<UInt8>) -> Bool
    private var nodes: [String: Collector] = [:]
    /// Files that were read.
    private(set) var files = 0
    /// Files that would have been, and why they were not.
    private(set) var passedOver: [String] = []
    private var kept = 0
    /// Files of the archive.
    private var members = 0

    private init(_ rules: SignalRules) { wants = { rules.wants($0) } }

    /// Whether a folder holds a log that would be read.
    static func isOne(_ path: String) -> Bool {
        var left = fileLimit
        return hasLog(path, "", depthLimit, &left)
    }

    private static func hasLog(_ root: String, _ below: String, _ depth: Int, _ left: inout Int) -> Bool {
        for name in (try? Directory.names(root + below)) ?? [] where left > 0 {
            left -= 1
            let path = below + "/" + name
            if BundleMember(path) != nil { return true }
            var status = stat()
            guard depth > 0, lstat(root + path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
                continue
            }
            if hasLog(root, path, depth - 1, &left) { return true }
        }
        return false
    }

    /// Reads a folder.
    static func folder(_ path: String, rules: SignalRules) throws(ReplayError) -> Bundle {
        var bundle = Bundle(rules)
        var left = fileLimit
        try bundle.walk(path, "", depthLimit, &left)
        return bundle
    }

    /// Reads an archive.
    static func archive(_ path: String, rules: SignalRules) throws(ReplayError) -> Bundle {
        var bundle = Bundle(rules)
        let source = try ByteSource(path)
        var reader = TarReader()
        var member: ArchiveMember?
        var holdsCapture = false
        try source.chunks { bytes throws(ReplayError) in
            _ = reader.feed(bytes) { event, bytes in
                switch event {
                case .file(let name):
                    if isCapture(name) { holdsCapture = true }
                    bundle.members += 1
                    guard bundle.members <= fileLimit else {
                        if bundle.members == fileLimit + 1 {
                            bundle.passOver("what is behind the first \(fileLimit) files of the archive")
                        }
                        return
                    }
                    member = ArchiveMember(name)
                case .data: member?.take(bytes, &bundle)
                case .end:
                    member?.end(&bundle)
                    member = nil
                }
            }
        }
        // Of one that is cut off.
        member?.end(&bundle)
        if holdsCapture {
            throw .notAnInput(
                path: path, hint: "it holds a capture; unpack it, and give the folder that has journal.export"
            )
        }
        return bundle
    }

    private static func isCapture(_ name: String) -> Bool {
        ["journal.export", "index.jsonl"].contains(name.split(separator: "/").last.map(String.init) ?? "")
    }

    /// The nodes that say something, by name.
    var logs: [NodeLog] {
        nodes.sorted { $0.key < $1.key }.compactMap { name, collector in
            collector.survey.isNobodys || collector.lines.isEmpty
                ? nil : NodeLog(name: name.isEmpty ? "the node" : name, material: collector.material)
        }
    }

    // MARK: Reading

    private struct Collector {
        var lines = NodeLines()
        var survey = TextSurvey()
        var packages = PackageLogs()

        var material: ReplayMaterial {
            ReplayMaterial(
                observations: packages.beside(
                    ReplaySource.starts(of: lines.arranged, capture: survey.endpoints)),
                survey: survey)
        }
    }

    private mutating func keep(_ entry: JournalEntry, _ host: String?, _ member: BundleMember) {
        let node = member.isOfManyNodes ? host ?? "" : member.node
        guard nodes[node] != nil || nodes.count < Self.nodeLimit else {
            return passOver("nodes beyond the first \(Self.nodeLimit)")
        }
        guard kept < Self.entryLimit else {
            return passOver("lines that matter beyond the first \(Self.entryLimit): replay one node's alone")
        }
        kept += 1
        nodes[node, default: Collector()].survey.take(entry)
        nodes[node]?.lines.take(entry, file: files)
    }

    /// Tells why something was not read: once each, and not without a bound.
    mutating func passOver(_ problem: String) {
        guard passedOver.count < Self.problemLimit, passedOver.last != problem, !passedOver.contains(problem)
        else { return }
        passedOver.append(problem)
    }

    mutating func passOverArchive(_ name: String) {
        passOver("\(name): an archive among the logs; unpack it, or give it alone")
    }

    private mutating func walk(_ root: String, _ below: String, _ depth: Int, _ left: inout Int)
        throws(ReplayError)
    {
        let names: [String]
        do { names = try Directory.names(root + below) } catch { throw .unreadable(error) }
        for name in names {
            guard left > 0 else { return }
            left -= 1
            let path = below + "/" + name
            var status = stat()
            guard lstat(root + path, &status) == 0 else { continue }
            switch status.st_mode & S_IFMT {
            case S_IFDIR where depth > 0: try walk(root, path, depth - 1, &left)
            case S_IFREG: file(root + path, path)
            default: continue
            }
        }
    }

    /// A log of packages; one that cannot be read is told as others are.
    mutating func packages(_ path: String, as name: String, of node: String) {
        guard nodes[node] != nil || nodes.count < Self.nodeLimit else { return }
        do throws(ReplayError) {
            try nodes[node, default: Collector()].packages.take(ByteSource(path, name: name))
        } catch {
            passOver("\(error)")
        }
    }

    /// One file; what cannot be read is told at the end, and is no reason to lose the rest.
    private mutating func file(_ path: String, _ name: String) {
        if let node = PackageLogs.node(name) { return packages(path, as: name, of: node) }
        guard let member = BundleMember(name) else { return }
        read(path, as: name, member)
    }

    /// Reads a log, unpacked where it is compressed; `name` is what it is called to people.
    mutating func read(_ path: String, as name: String, _ member: BundleMember) {
        do throws(ReplayError) {
            let source = try ByteSource(path, name: name)
            if ReplayInput.isExport(source.head) { return keep(try ReplaySource.export(source), member) }
            if TarReader.isArchive(source.head) {
                return passOverArchive(name)
            }
            guard !source.head.isEmpty, Sniffer.problem(source.head) == nil else { return }
            var journal = begin(member)
            try source.chunks { bytes throws(ReplayError) in feed(bytes, &journal, member) }
            finish(&journal, member)
        } catch {
            passOver("\(error)")
        }
    }

    /// Takes in a log in the journal's export format: what matters, and the first line of each unit.
    private mutating func keep(_ entries: [JournalEntry], _ member: BundleMember) {
        var introduced: Set<String> = []
        for entry in entries {
            let isNew = entry.unit.map { introduced.insert($0).inserted } ?? false
            guard isNew || entry.source != .unit || wants(entry.message.utf8.span) else {
                continue
            }
            keep(entry, nil, member)
        }
        files += 1
    }

    /// A reader of a log of the bundle.
    func begin(_ member: BundleMember) -> TextJournal {
        TextJournal(now: Moment.now().wall, file: member.unit, wants: wants)
    }

    /// Takes in some bytes of it.
    mutating func feed(_ bytes: Span<UInt8>, _ journal: inout TextJournal, _ member: BundleMember) {
        journal.feed(bytes, hosts: { keep($0, $1, member) })
    }

    /// It is over.
    mutating func finish(_ journal: inout TextJournal, _ member: BundleMember) {
        journal.finish(hosts: { keep($0, $1, member) })
        files += 1
    }
}
