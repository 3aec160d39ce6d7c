// SPDX-License-Identifier: Apache-2.0
public import HealthModel

/// The runbooks that the binary carries, so that they can be read on a node without a network: plain text in Markdown, at most
/// 200 lines of at most 80 columns each. ``RunbookPage`` tells their form.
public enum Runbooks {
    /// All pages, by the name of their kind; what to do comes second.
    public static let pages: [String: String] = Dictionary(
        Catalogue.all.map { ($0.kind.rawValue, RunbookPage($0.runbook).text()) },
        uniquingKeysWith: { first, _ in first })

    /// The page of a kind; nil for kinds of rules.d.
    public static func page(_ kind: IncidentKind) -> String? { pages[kind.rawValue] }

    /// What the page of a kind says of one cause, in one paragraph; nil where it has no such entry.
    public static func entry(_ cause: Cause, of kind: IncidentKind) -> String? {
        page(kind).flatMap { RunbookPage($0).entries.first { $0.cause == cause.rawValue }?.text }
    }
}
