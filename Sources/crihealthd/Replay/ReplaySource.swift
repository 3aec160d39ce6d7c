import FoundationEssentials
import Glibc
import HealthModel
import Systemd

/// Turns an input into observations, in the order of their time.
struct ReplaySource {
    /// Longest file that is taken in, in bytes.
    static let fileLimit = 1 << 30
    /// What stands for the name of a node that its recording does not tell.
    static let unnamedNode = "an unnamed node"

    /// The observations of `input`.
    static func observations(_ input: ReplayInput) throws(ReplayError) -> [Observation] {
        switch input {
        case .capture(let path): return try Capture(path).observations()
        case .export(let path): return starts(of: try export(path), capture: nil)
        case .journal(let location): return starts(of: try journal(location), capture: nil)
        case .observations(let path): return try recording(path)
        }
    }

    // MARK: Export streams

    /// Entries of an export stream; a stream that is cut off in the middle gives what came before.
    static func export(_ path: String?) throws(ReplayError) -> [JournalEntry] {
        var parser = JournalExport()
        var entries: [JournalEntry] = []
        let descriptor = path.map { open($0, O_RDONLY | O_CLOEXEC) } ?? STDIN_FILENO
        guard descriptor >= 0 else { throw .unreadable(FileError("open", path ?? "-", errno: errno)) }
        defer { if path != nil { close(descriptor) } }
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        var progress = Progress("reading \(path ?? "standard input")")
        defer { progress.end() }
        while true {
            let size = read(descriptor, &buffer, buffer.count)
            if size < 0, errno == EINTR { continue }
            guard size >= 0 else { throw .unreadable(FileError("read", path ?? "-", errno: errno)) }
            if size == 0 { break }
            progress.say { "\(entries.count) entries" }
            do {
                try buffer.withUnsafeBytes {
                    try parser.feed(UnsafeRawBufferPointer(rebasing: $0[..<size])) { entries.append($0) }
                }
            } catch {
                throw .badExport(path: path ?? "standard input", reason: "\(error)")
            }
        }
        try? parser.finish()
        if entries.isEmpty { throw .empty(path: path ?? "standard input") }
        return entries
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
                entries.append(try entry(journal))
                if entries.count % 1024 == 0 { progress.say { "\(entries.count) entries" } }
            }
        } catch {
            guard !entries.isEmpty else { throw .journal(path: path, reason: "\(error)") }
            Console.error("\(path): read up to \(entries.last?.at.wall.description ?? ""), then: \(error)")
        }
        if entries.isEmpty { throw .empty(path: path) }
        return entries
    }

    private static func entry(_ journal: Journal) throws(SystemdError) -> JournalEntry {
        var builder = JournalEntryBuilder()
        builder.set(
            cursor: try journal.cursor(),
            at: Moment(wall: try journal.wallTime(), monotonic: try journal.monotonicTime()))
        try journal.forEachField { name, value in
            builder.add(name: name, value: value)
            return true
        }
        return builder.build()
    }

    // MARK: Recordings

    private static func recording(_ path: String) throws(ReplayError) -> [Observation] {
        let bytes: [UInt8]
        do { bytes = try FileBytes.read(path, limit: fileLimit) } catch { throw .unreadable(error) }
        var observations: [Observation] = []
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
            do { observations.append(try JSONDecoder().decode(Observation.self, from: Data(line))) } catch {
                throw .badLine(path: path, line: index + 1, reason: "not an observation (\(error))")
            }
        }
        if observations.isEmpty { throw .empty(path: path) }
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
