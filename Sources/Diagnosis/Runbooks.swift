public import HealthModel

/// The runbooks that the binary carries, so that they can be read on a node without a network: plain text in Markdown, at most
/// 90 lines of at most 80 columns each. Under "Causes" each cause of the kind has an entry: a line that begins with its name,
/// and indented lines that go on.
public enum Runbooks {
    /// All pages, by the name of their kind.
    public static let pages: [String: String] = Dictionary(
        files.map { ($0.kind.rawValue, String(decoding: $0.bytes, as: UTF8.self)) },
        uniquingKeysWith: { first, _ in first })

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

    /// The pages of `Runbooks/`, embedded by the package's `embedInCode`.
    private static var files: [(kind: IncidentKind, bytes: [UInt8])] {
        [
            (.addressInUse, PackageResources.AddressInUse_md),
            (.containerStuck, PackageResources.ContainerStuck_md),
            (.createFailing, PackageResources.CreateFailing_md),
            (.criVersionUnsupported, PackageResources.CRIVersionUnsupported_md),
            (.knownDefect, PackageResources.KnownDefect_md),
            (.monitoringImpaired, PackageResources.MonitoringImpaired_md),
            (.networkNotReady, PackageResources.NetworkNotReady_md),
            (.orphanedContainers, PackageResources.OrphanedContainers_md),
            (.runtimeDown, PackageResources.RuntimeDown_md),
            (.runtimeSwitched, PackageResources.RuntimeSwitched_md),
            (.shutdownNotGraceful, PackageResources.ShutdownNotGraceful_md),
            (.statusBlocked, PackageResources.StatusBlocked_md),
            (.upgradeIncomplete, PackageResources.UpgradeIncomplete_md),
        ]
    }
}
