// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import HealthModel
import Node
import Systemd

/// What an input gives: observations in the order of their time, and of a text what it is about.
struct ReplayMaterial {
    var observations: [Observation]
    var survey: TextSurvey?
}

/// Turns an input into observations.
struct ReplaySource {
    /// Longest line of a recording, in bytes: what one look at all containers takes is far below it.
    private static let lineLimit = 64 << 20
    /// What stands for the name of a node that its recording does not tell.
    static let unnamedNode = "an unnamed node"

    /// The observations of `input`.
    static func observations(_ input: ReplayInput) throws(ReplayError) -> [Observation] {
        try material(input).observations
    }

    /// The observations of `input`, and what is to be said of it.
    static func material(_ input: ReplayInput) throws(ReplayError) -> ReplayMaterial {
        switch input {
        case .capture(let path): return ReplayMaterial(observations: try Capture(path).observations())
        case .journal(let location):
            return ReplayMaterial(observations: starts(of: try journal(location), capture: nil))
        case .export(let path): return try material(.export, try ByteSource(path))
        case .text(let path): return try material(.text, try ByteSource(path), unit: TextFiles.unit(path))
        case .observations(let path): return try material(.observations, try ByteSource(path))
        case .bundle(let path), .archive(let path):
            throw .notAnInput(
                path: path, hint: "an archive can be of several nodes: unpack it, and give one node's folder")
        case .standardInput:
            let source = try ByteSource(nil)
            return try material(try ReplayInput.form(source), source)
        }
    }

    /// The observations of a stream of lines; `unit` is whose log it is, where that is known.
    static func material(
        _ form: ReplayInput.Form, _ source: ByteSource, unit: String? = nil
    ) throws(ReplayError) -> ReplayMaterial {
        switch form {
        case .export: ReplayMaterial(observations: starts(of: try export(source), capture: nil))
        case .observations: ReplayMaterial(observations: try recording(source))
        case .text: try text(source, file: unit)
        }
    }

    // MARK: Export streams

    /// Entries of a file in the export format.
    static func export(_ path: String) throws(ReplayError) -> [JournalEntry] {
        try export(try ByteSource(path))
    }

    /// Entries of an export stream; a stream that is cut off in the middle gives what came before.
    static func export(_ source: ByteSource) throws(ReplayError) -> [JournalEntry] {
        var parser = JournalExport()
        var entries: [JournalEntry] = []
        var progress = Progress("reading \(source.name)")
        defer { progress.end() }
        try source.chunks { bytes throws(ReplayError) in
            progress.say { "\(entries.count) entries" }
            do { try parser.feed(bytes) { entries.append($0) } } catch {
                throw .badExport(path: source.name, reason: "\(error)")
            }
        }
        try? parser.finish()
        entries = joined(entries)
        if entries.isEmpty { throw .empty(path: source.name) }
        return entries
    }

    // MARK: Text

    /// What a text gives: entries in the order of their time, and what it is about.
    private static func text(_ source: ByteSource, file: String?) throws(ReplayError) -> ReplayMaterial {
        var journal = TextJournal(now: Moment.now().wall, file: file)
        var entries: [JournalEntry] = []
        var survey = TextSurvey()
        func keep(_ entry: JournalEntry) {
            survey.take(entry)
            entries.append(entry)
        }
        var progress = Progress("reading \(source.name)")
        defer { progress.end() }
        try source.chunks { bytes throws(ReplayError) in
            progress.say { "\(entries.count) lines" }
            journal.feed(bytes, keep)
        }
        journal.finish(keep)
        if entries.isEmpty { throw .empty(path: source.name) }
        guard !survey.isNobodys else {
            throw .notAnInput(
                path: source.name,
                hint:
                    "no line in it says when it was logged, or by whom; journalctl's and kubectl's output does"
            )
        }
        survey.cutLines = journal.cutLines
        let observations = starts(of: TextOrder.arrange(entries), capture: survey.endpoints)
        return ReplayMaterial(observations: observations, survey: survey)
    }

    // MARK: Journal files

    /// Entries of journal files, up to where they can be read.
    private static func journal(_ location: JournalLocation) throws(ReplayError) -> [JournalEntry] {
        var entries: [JournalEntry] = []
        let path = location.subject
        var progress = Progress("reading \(path)")
        defer { progress.end() }
        do throws(SystemdError) {
            let journal = try Journal(location)
            try journal.seekHead()
            while try journal.next() {
                entries.append(try journal.entry())
                if entries.count % 1024 == 0 { progress.say { "\(entries.count) entries" } }
            }
        } catch {
            guard !entries.isEmpty else { throw .journal(path: path, reason: "\(error)") }
            Console.error("\(path): read up to \(entries.last?.at.wall.description ?? ""), then: \(error)")
        }
        if entries.isEmpty { throw .empty(path: path) }
        return joined(entries)
    }

    /// The entries, those of one message as one.
    private static func joined(_ entries: [JournalEntry]) -> [JournalEntry] {
        guard entries.contains(where: { MessageBlocks.opens($0.message.utf8.span) }) else { return entries }
        var blocks = MessageBlocks()
        return entries.flatMap { blocks.take($0) } + blocks.flush()
    }

    // MARK: Recordings

    private static func recording(_ source: ByteSource) throws(ReplayError) -> [Observation] {
        var observations: [Observation] = []
        var number = 0
        try source.lines(limit: lineLimit) { line throws(ReplayError) in
            number += 1
            guard !line.isEmpty else { return }
            do { observations.append(try JSONDecoder().decode(Observation.self, from: Data(line))) } catch {
                throw .badLine(path: source.name, line: number, reason: "not an observation (\(error))")
            }
        }
        if observations.isEmpty { throw .empty(path: source.name) }
        return ordered(observations)
    }

    /// In the order of time. A live daemon starts, and reads then what the journal has of the time before: here its start
    /// comes first, as it does in any other input. What holds several starts stays as it is.
    private static func ordered(_ observations: [Observation]) -> [Observation] {
        let starts = observations.indices.filter {
            if case .started = observations[$0].event { true } else { false }
        }
        guard starts == [0], let first = observations.map(\.at).min(by: { $0.monotonic < $1.monotonic })
        else {
            return observations
        }
        let rest = observations.dropFirst().enumerated().sorted {
            ($0.element.at.monotonic, $0.offset) < ($1.element.at.monotonic, $1.offset)
        }
        return [Observation(at: first, event: observations[0].event)] + rest.map(\.element)
    }

    // MARK: Boots

    /// Puts a start before the first entry of each boot: the endpoints are those whose runtimes speak in the entries.
    static func starts(of entries: [JournalEntry], capture endpoints: [Endpoint]?) -> [Observation] {
        let units = Set(entries.compactMap(\.unit))
        let found = endpoints ?? Endpoint.wellKnown(servedBy: units)
        var boot: String?
        var observations: [Observation] = []
        for entry in entries {
            let id = entry.bootID ?? boot ?? "unknown"
            if id != boot {
                boot = id
                observations.append(
                    Observation(
                        at: entry.at,
                        event: .started(
                            DaemonStart(
                                bootID: id, version: Release.version, hostname: unnamedNode, endpoints: found)
                        )
                    ))
                observations.append(Observation(at: entry.at, event: .daemon(.journal(.following))))
            }
            // As the follower of a live journal does.
            if let window = BlindWindow(notice: entry) {
                observations.append(Observation(at: entry.at, event: .daemon(.blind(window))))
            }
            observations.append(Observation(at: entry.at, event: .journal(entry)))
        }
        return observations
    }
}
