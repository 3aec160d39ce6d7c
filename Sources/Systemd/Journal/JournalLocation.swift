// SPDX-License-Identifier: Apache-2.0

/// Where journal files are.
public enum JournalLocation: Hashable, Sendable {
    /// This host's system journal, /run and /var (`SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM`). Users' own
    /// files are left out: half the files, and no order to lose between two writers.
    case system
    /// The system journal below a directory, without a look at whose machine it is: a host's directory seen
    /// from inside a container has another machine-id than ours.
    case directory(String)
    /// These files and no others.
    case files([String])

    /// The directories whose disappearance or arrival changes what can be read.
    var roots: [String] {
        switch self {
        case .system: ["/run/log/journal", "/var/log/journal"]
        case .directory(let path): [path]
        case .files: []
        }
    }

    /// For errors.
    public var subject: String {
        switch self {
        case .system: "system journal"
        case .directory(let path): path
        case .files(let paths): paths.joined(separator: ":")
        }
    }
}
