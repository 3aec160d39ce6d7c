// SPDX-License-Identifier: Apache-2.0
import HealthEndpoint
import HealthModel
import Node

/// The logs of package managers that come with a recording, or alone. They tell no zone: their times are read as UTC, as
/// those of other lines without one are.
struct PackageLogs {
    /// Most bytes of one, and most changes of all.
    private static let (sizeLimit, changeLimit) = (64 << 20, 200_000)

    private(set) var changes: [Change] = []
    private(set) var runs: [PackageRun] = []

    /// Nothing yet.
    init() {}

    /// A text alone; nil where it is of no package manager, or has other lines, too.
    init?(_ source: ByteSource) throws(ReplayError) {
        guard PackageLog.isAlone(source.head) else { return nil }
        try take(source)
    }

    /// Whether a file of a bundle is such a log, by its name, and of which node.
    static func node(_ path: String) -> String? {
        let parts = path.split(separator: "/").map(String.init).filter { $0 != "." }
        guard let name = parts.last?.lowercased() else { return nil }
        let isOne =
            name.hasPrefix("dpkg.log") || name.hasPrefix("dnf.rpm.log")
            || name.hasPrefix("history.log") && parts.dropLast().last?.lowercased() == "apt"
        guard isOne else { return nil }
        var own = Array(parts.dropLast())
        while let last = own.last?.lowercased(), ["apt", "log", "var", "logs"].contains(last) {
            own.removeLast()
        }
        return own.joined(separator: "/")
    }

    /// Takes another text in; one of no package manager tells nothing.
    mutating func take(_ source: ByteSource) throws(ReplayError) {
        guard changes.count < Self.changeLimit, let log = PackageLog.detect(source.head) else { return }
        var bytes: [UInt8] = []
        try source.chunks { chunk throws(ReplayError) in
            if bytes.count < Self.sizeLimit { bytes.append(contentsOf: chunk) }
        }
        let content = log.read(bytes)
        changes += content.changes
        runs += content.runs
    }

    /// All of them, oldest first: where dpkg tells of a package, apt tells the command.
    var told: [Change] {
        let hasDpkg = changes.contains { $0.source == .dpkg }
        return changes.filter { !hasDpkg || $0.source != .apt }.map { $0.told(by: runs) }.sorted {
            $0.at < $1.at
        }
    }

    /// The same observations, with what is known of changes up to their end behind the first.
    func beside(_ observations: [Observation]) -> [Observation] {
        guard let first = observations.first, let end = observations.map(\.at.wall).max() else {
            return observations
        }
        let known = told.filter { $0.at <= end }.suffix(256)
        guard !known.isEmpty else { return observations }
        let report = ChangeReport(digest: 0, packages: Array(known), runs: Array(runs.suffix(32)))
        return [first, Observation(at: first.at, event: .node(.changes(report)))]
            + observations.dropFirst()
    }

    /// As it is printed where it is all that there is.
    func text(width: Int) -> String {
        ChangeText.render(told, width: width)
            + TerminalText.wrap(
                "\nA package log alone tells no incident. Beside the node's logs in one folder its changes stand on their"
                    + " incidents: crihealthd replay FOLDER", lead: "", indent: 0, columns: width)
    }

    var json: [UInt8] { ChangeText.json(told) }
}
