// SPDX-License-Identifier: Apache-2.0
import Diagnosis
import HealthModel
import Node

/// Replays a text while it is read: memory does not grow with it.
///
/// A text of at most ``heldLimit`` lines that matter is looked through first: which runtimes it names, and in which order its
/// lines were logged. Of a longer one that is learned on the way: a runtime is watched from its first line on, and lines
/// count in the order of the text.
struct TextStream {
    /// Most entries that are held: some 100 MB.
    static let heldLimit = 100_000

    private(set) var replayer: Replayer
    private(set) var survey = TextSurvey()
    private var held: [JournalEntry]? = []
    private let heldLimit: Int
    private var clock = TextOrder.Clock()
    private var endpoints: [Endpoint]?
    private var boot: String?

    private init(_ rules: SignalRules, _ heldLimit: Int) {
        replayer = Replayer(rules: rules)
        self.heldLimit = heldLimit
    }

    /// Replays all of `source`.
    static func replay(
        _ source: ByteSource, file: String?, rules: SignalRules, heldLimit: Int = heldLimit
    ) throws(ReplayError) -> TextStream {
        var stream = TextStream(rules, heldLimit)
        var journal = TextJournal(now: Moment.now().wall, file: file, wants: { rules.wants($0) })
        var progress = Progress("replaying \(source.name)")
        defer { progress.end() }
        try source.chunks { bytes throws(ReplayError) in
            progress.say { "\(source.total >> 20) MiB" }
            journal.feed(bytes) { stream.take($0) }
        }
        journal.finish { stream.take($0) }
        stream.survey.cutLines = journal.cutLines
        stream.playHeld()
        stream.end(journal.latest)
        if stream.survey.units.isEmpty, stream.replayer.last == nil { throw .empty(path: source.name) }
        if let hint = stream.survey.listHint, stream.replayer.incidents.isEmpty {
            throw .notAnInput(path: source.name, hint: hint)
        }
        let tellsNothing = stream.replayer.incidents.isEmpty && stream.replayer.engine.podFailures.isEmpty
        guard stream.replayer.last != nil, !(journal.isProse && tellsNothing) else {
            throw .nothingKnown(path: source.name)
        }
        return stream
    }

    private mutating func take(_ entry: JournalEntry) {
        survey.take(entry)
        guard held != nil else { return play(entry) }
        held?.append(entry)
        guard let held, held.count > heldLimit else { return }
        self.held = nil
        for entry in held { play(entry) }
    }

    private mutating func playHeld() {
        guard let held, !survey.isNobodys else { return }
        self.held = nil
        for observation in ReplaySource.starts(of: TextOrder.arrange(held), capture: survey.endpoints) {
            replayer.receive(observation)
        }
    }

    /// Lets time pass to the last line, which need not have been one that matters.
    private mutating func end(_ latest: WallTime?) {
        guard let latest, let last = replayer.last, latest > last.wall,
            last.wall.microseconds >= TextClock.epochs
        else { return }
        let end = Moment(wall: latest, monotonic: last.monotonic + (latest - last.wall))
        replayer.receive(Observation(at: end, event: .tick))
    }

    private mutating func play(_ entry: JournalEntry) {
        var entry = entry
        clock.set(&entry)
        let found = survey.endpoints
        if found != endpoints || boot != entry.bootID { begin(entry, found) }
        replayer.receive(Observation(at: entry.at, event: .journal(entry)))
    }

    private mutating func begin(_ entry: JournalEntry, _ found: [Endpoint]) {
        endpoints = found
        boot = entry.bootID
        let start = DaemonStart(
            bootID: boot ?? "unknown", version: Release.version, hostname: ReplaySource.unnamedNode,
            endpoints: found)
        replayer.receive(Observation(at: entry.at, event: .started(start)))
        replayer.receive(Observation(at: entry.at, event: .daemon(.journal(.following))))
    }
}
