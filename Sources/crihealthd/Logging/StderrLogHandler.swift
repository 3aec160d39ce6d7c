// SPDX-License-Identifier: Apache-2.0
import Glibc
import HealthModel
import Logging
import Node
import Synchronization

/// Logs to stderr: for the journal with sd-daemon(3) priorities, else for a person with the time in front.
struct StderrLogHandler: LogHandler {
    /// How a line begins.
    enum Style: Sendable {
        /// `<4>`: journald takes the priority from it.
        case journal
        /// `2026-11-22T01:42:28.642373Z warning `.
        case terminal
    }

    var metadataProvider: Logger.MetadataProvider?
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level {
        get { threshold.level }
        set { threshold.level = newValue }
    }

    private let threshold: LogThreshold
    private let style: Style
    private let descriptor: Int32

    /// Logs to `descriptor`, 2 but for tests.
    init(threshold: LogThreshold, style: Style = .detected, descriptor: Int32 = 2) {
        self.threshold = threshold
        self.style = style
        self.descriptor = descriptor
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes the line with one call, so that lines of several threads do not mix. A journald that does not
    /// read its stream loses the line: it must not stop the daemon.
    func log(event: LogEvent) {
        var merged = metadata
        if let extra = event.metadata { merged.merge(extra) { $1 } }
        var fields = merged.mapValues { $0.description }
        if let error = event.error { fields["error"] = String(describing: error) }
        let text = LogLine.text(event.message.description, fields)
        let line =
            switch style {
            case .journal: "<\(LogLine.priority(event.level))>\(text)\n"
            case .terminal: "\(Moment.now().wall) \(event.level.rawValue) \(text)\n"
            }
        let bytes = line.utf8.span
        switch style {
        case .journal: _ = bytes.send(to: descriptor, Int32(MSG_DONTWAIT))
        case .terminal: _ = bytes.write(to: descriptor)
        }
    }
}

extension StderrLogHandler.Style {
    /// ``journal`` when stderr is the stream that systemd connected to the journal (systemd.exec(5),
    /// JOURNAL_STREAM).
    static var detected: Self {
        guard let named = getenv("JOURNAL_STREAM") else { return .terminal }
        var status = stat()
        guard fstat(2, &status) == 0 else { return .terminal }
        return String(cString: named) == "\(status.st_dev):\(status.st_ino)" ? .journal : .terminal
    }
}

/// The least severe level that is logged, shared by all loggers: a reload changes it for all of them.
final class LogThreshold: Sendable {
    private let value: Mutex<Logger.Level>

    /// Starts at a level.
    init(_ level: Logger.Level) { value = Mutex(level) }

    /// The level now.
    var level: Logger.Level {
        get { value.withLock { $0 } }
        set { value.withLock { $0 = newValue } }
    }
}
