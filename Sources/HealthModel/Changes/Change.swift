// SPDX-License-Identifier: Apache-2.0

/// Something on the node that is not as it was: a package, a file, a unit that somebody stopped or started, a version that
/// runs, a boot. A fact to be listed; that it caused anything is for a diagnosis to say.
public struct Change: Hashable, Codable, Sendable {
    /// What changed.
    public enum What: String, Hashable, Codable, Sendable, CaseIterable {
        /// A package that containers rest on.
        case package
        /// Packages that they do not, counted.
        case otherPackages = "other-packages"
        /// A configuration, a unit's file, or a program.
        case file
        /// A watched unit was stopped, started or restarted by somebody, not by its own `Restart=`.
        case unit
        /// What a runtime says that it is.
        case version
        /// The node booted.
        case boot
    }

    /// What became of it.
    public enum Action: String, Hashable, Codable, Sendable, CaseIterable {
        /// It was not there before.
        case added
        /// It is another than before.
        case changed
        /// It is not there any more.
        case removed
        /// A file was written; what was in it before is not known.
        case written
        case started
        case stopped
        case restarted
    }

    /// Who says so.
    public enum Source: String, Hashable, Codable, Sendable, CaseIterable {
        /// dpkg's log.
        case dpkg
        /// apt's history.
        case apt
        /// dnf's log of what rpm did.
        case dnf
        /// `rpm -qa --last`.
        case rpm
        /// The file system.
        case file
        /// systemd's records in the journal.
        case systemd
        /// A runtime's own answer.
        case cri
        /// The kernel.
        case kernel
    }

    /// When; of a file that is gone, when that was noticed.
    public var at: WallTime
    /// What.
    public var what: What
    /// Name of the package, path of the file, the unit, the runtime; `12 packages`.
    public var subject: String
    /// What became of it.
    public var action: Action
    /// Version before; of a boot the kernel before. Nil: there was none, or nobody says.
    public var from: String?
    /// Version after; of a boot the kernel.
    public var to: String?
    /// Keys of a configuration whose values are others than before, at most ``keyLimit``.
    public var keys: [String]?
    /// The command that did it, by its own log.
    public var by: String?
    /// The package manager's command that ran at that time. That it did this is likely, and not proven.
    public var during: String?
    /// Who says so.
    public var source: Source

    /// Most keys that are named.
    public static let keyLimit = 8
    /// Longest text of each part, in bytes.
    public static let textLimit = 200

    /// Makes a change; texts are cut to ``textLimit``, without control characters and credentials.
    public init(
        at: WallTime, what: What, subject: String, action: Action, from: String? = nil, to: String? = nil,
        keys: [String]? = nil, by: String? = nil, during: String? = nil, source: Source
    ) {
        self.at = at
        self.what = what
        self.subject = Self.plain(subject)
        self.action = action
        self.from = from.map(Self.plain)
        self.to = to.map(Self.plain)
        self.keys = keys.map { $0.prefix(Self.keyLimit).map(Self.plain) }
        self.by = by.map { Self.plain(Secrets.mask($0)) }
        self.during = during.map { Self.plain(Secrets.mask($0)) }
        self.source = source
    }

    /// The same within its bounds: one that was decoded may be anything.
    public var bounded: Change {
        Change(
            at: at, what: what, subject: subject, action: action, from: from, to: to, keys: keys, by: by,
            during: during, source: source)
    }

    /// With the command of the run that it was part of: the package managers' lock lets one work at a time.
    public func told(by runs: [PackageRun]) -> Change {
        guard by == nil, let run = runs.last(where: { $0.covers(at) }) else { return self }
        var change = self
        change.by = run.command
        return change
    }

    private static func plain(_ text: String) -> String {
        let isPlain = text.utf8.count <= textLimit && text.utf8.allSatisfy { (0x20..<0x7F).contains($0) }
        return isPlain ? text : Text.excerpt(text, limit: textLimit)
    }

    /// Whether both tell of one event; the later word on it may know more.
    public func isSameEvent(as other: Change) -> Bool {
        at == other.at && what == other.what && action == other.action
            && (subject == other.subject && to == other.to || what == .otherPackages)
    }
}

/// A run of a package manager.
public struct PackageRun: Hashable, Codable, Sendable {
    /// When it began.
    public var from: WallTime
    /// When it ended; nil: it has not, or nobody wrote it down.
    public var to: WallTime?
    /// Its command line.
    public var command: String

    /// Makes a run; the command is cut and masked as in a ``Change``.
    public init(from: WallTime, to: WallTime?, command: String) {
        self.from = from
        self.to = to
        self.command =
            Change(
                at: from, what: .package, subject: "", action: .changed, by: command, source: .apt
            ).by ?? ""
    }

    /// Whether it ran at that time; its log has whole seconds. One without an end ran for an hour at most.
    public func covers(_ time: WallTime) -> Bool {
        from <= time && time < (to ?? from + .seconds(3600)) + .seconds(1)
    }
}
