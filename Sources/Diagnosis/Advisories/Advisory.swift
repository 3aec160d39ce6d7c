// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// A defect or a vulnerability of some versions of one component.
struct Advisory: Hashable, Sendable {
    var id: String
    var component: String
    var category: Advice.Category
    var sentence: String
    /// The first version that has it; nil: all before the fix.
    var since: SoftwareVersion?
    /// The first version without it of each line that got the fix; empty: none did.
    var fixedIn: [SoftwareVersion]
    /// The kinds of incidents that it causes.
    var explains: [IncidentKind]
    var source: String

    /// Whether that version has it: it is not older than ``since``, and older than the fix of its own line, or of a line
    /// that got no fix and is older than the newest that did.
    func affects(_ version: SoftwareVersion) -> Bool {
        if let since, version < since { return false }
        if let fix = fixedIn.first(where: { $0.line == version.line }) { return version < fix }
        guard let newest = fixedIn.max() else { return true }
        return version.line.lexicographicallyPrecedes(newest.line)
    }
}

/// How long one line of a component gets fixes.
struct SupportedLine: Hashable, Sendable {
    var component: String
    /// Major and minor.
    var line: [Int]
    /// The last day with fixes.
    var end: WallTime
    var source: String

    var title: String { line.map(String.init).joined(separator: ".") }
}
