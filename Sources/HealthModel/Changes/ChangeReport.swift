// SPDX-License-Identifier: Apache-2.0

/// One look at what can have changed on the node.
public struct ChangeReport: Hashable, Codable, Sendable {
    /// Of the stamps of all that was looked at: the same again means that nothing changed.
    public var digest: UInt64
    /// What the package managers' logs tell of the last day, in the order of time.
    public var packages: [Change]
    /// Their runs.
    public var runs: [PackageRun]
    /// The files that matter, at most ``fileLimit``; nil: they were not looked at (a pasted log).
    public var files: [FileStamp]?
    /// `uname -r`; nil: not known.
    public var kernel: String?
    /// When the node booted; nil: not known.
    public var bootedAt: WallTime?

    /// Most files in a look.
    public static let fileLimit = 256

    /// Makes a report.
    public init(
        digest: UInt64, packages: [Change], runs: [PackageRun] = [], files: [FileStamp]? = nil,
        kernel: String? = nil, bootedAt: WallTime? = nil
    ) {
        self.digest = digest
        self.packages = packages
        self.runs = runs
        self.files = files
        self.kernel = kernel
        self.bootedAt = bootedAt
    }
}
