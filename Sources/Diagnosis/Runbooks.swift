public import HealthModel

/// The runbooks that the binary carries, so that they can be read on a node without a network: plain text in Markdown, at most
/// 200 lines of at most 80 columns each. Under "Causes" each cause of the kind has an entry: a line that begins with its name,
/// and indented lines that go on.
public enum Runbooks {
    /// All pages, by the name of their kind.
    public static let pages: [String: String] = Dictionary(
        Catalogue.all.map { ($0.kind.rawValue, $0.runbook) }, uniquingKeysWith: { first, _ in first })

    /// The page of a kind; nil for kinds of rules.d.
    public static func page(_ kind: IncidentKind) -> String? { pages[kind.rawValue] }

    /// What the page of a kind says of one cause, in one paragraph; nil where it has no such entry.
    public static func entry(_ cause: Cause, of kind: IncidentKind) -> String? {
        guard let page = page(kind) else { return nil }
        let lines = page.split(separator: "\n", omittingEmptySubsequences: false)
            .drop { $0 != "## Causes" }.dropFirst().prefix { !$0.hasPrefix("## ") }
        let entry = lines.drop { !$0.hasPrefix(cause.rawValue + "  ") }
        guard let first = entry.first else { return nil }
        let rest = entry.dropFirst().prefix { $0.hasPrefix("  ") }
        return ([first.dropFirst(cause.rawValue.utf8.count)] + rest)
            .map { String($0.drop { $0 == " " }) }.joined(separator: " ")
    }
}
