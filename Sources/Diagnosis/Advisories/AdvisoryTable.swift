// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What is known of versions: defects, vulnerabilities, ends of life. Data, dated, without any network.
public struct AdvisoryTable: Sendable {
    /// The latest date of the files that were read (`2026-08-31`); empty: none said.
    public private(set) var date = ""
    private(set) var advisories: [Advisory] = []
    private(set) var lines: [SupportedLine] = []
    private(set) var settings: [SettingRule] = []
    private(set) var pairs: [SupportedPair] = []
    private(set) var steps: [UpgradeStep] = []
    /// Every row, in the order in which they were read.
    public private(set) var rows: [AdvisoryRow] = []

    /// Nothing is known.
    public init() {}

    /// The table that the binary carries. A test reads it, so that it is never the empty one.
    public static let embedded: AdvisoryTable = (try? shipped()) ?? AdvisoryTable()

    /// The table that the binary carries, or why it cannot be read.
    public static func shipped() throws(RuleError) -> AdvisoryTable {
        let files = [
            ("advisories.toml", PackageResources.advisories_toml),
            ("preflight.toml", PackageResources.preflight_toml),
            ("findings.toml", PackageResources.findings_toml),
        ]
        return try AdvisoryTable().adding(
            files.map { RuleDocument(name: $0.0, text: String(decoding: $0.1, as: UTF8.self)) })
    }

    /// `base` and what the directory's `*.toml` files say, by name: an entry with a known id replaces that one, with
    /// `enabled = false` it drops it. A directory that is not there says nothing.
    public static func load(
        directory: String, over base: AdvisoryTable = .embedded
    ) throws(RuleError) -> AdvisoryTable {
        try base.adding(RuleDirectory.documents(directory))
    }

    /// This table and what the documents say.
    public func adding(_ documents: [RuleDocument]) throws(RuleError) -> AdvisoryTable {
        var table = self
        for document in documents { table.add(try AdvisoryReader.read(document)) }
        return table
    }

    private mutating func add(_ part: AdvisoryReader.Part) {
        date = max(date, part.date)
        let dropped = Set(part.dropped.map(\.id))
        advisories.removeAll { dropped.contains($0.id) }
        for advisory in part.advisories {
            if let index = advisories.firstIndex(where: { $0.id == advisory.id }) {
                advisories[index] = advisory
            } else {
                advisories.append(advisory)
            }
        }
        for line in part.lines {
            lines.removeAll { $0.component == line.component && $0.line == line.line }
            lines.append(line)
        }
        settings = settings.filter { old in
            !dropped.contains(old.id) && !part.settings.contains { $0.id == old.id }
        }
        settings += part.settings
        steps = steps.filter { old in
            !dropped.contains(old.id) && !part.steps.contains { $0.id == old.id }
        }
        steps += part.steps
        pairs = pairs.filter { old in !part.pairs.contains { $0.kubelet.line == old.kubelet.line } }
        pairs += part.pairs
        rows = rows.filter { old in
            !dropped.contains(old.id) && !part.rows.contains { $0.table == old.table && $0.id == old.id }
        }
        rows += part.rows
    }

    /// The defects of that version that cause incidents of `kind`.
    func defects(_ component: String, _ version: SoftwareVersion, explaining kind: IncidentKind) -> [Advisory]
    {
        advisories.filter {
            $0.component == component && $0.explains.contains(kind) && $0.affects(version)
        }
    }
}
