// SPDX-License-Identifier: Apache-2.0

/// Something worth knowing about the versions that run. It is no incident: it never changes the verdict.
public struct Advice: Hashable, Codable, Sendable, Identifiable {
    /// What kind of advice, worst first.
    public enum Category: String, Hashable, Codable, Sendable, CaseIterable, Comparable {
        /// A bug that is known to break nodes.
        case defect
        /// A published vulnerability.
        case vulnerability
        /// No fixes come any more.
        case endOfLife
        /// Configuration or an API that a later version drops.
        case deprecation

        /// Worse comes first.
        public static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }

        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    /// Stable: `CVE-2024-21626`, `containerd-1.6-end-of-life`.
    public var id: String
    /// What kind.
    public var category: Category
    /// `containerd`, `cri-o`, `runc`, `crun`.
    public var component: String
    /// The version that runs, as it names itself.
    public var version: String
    /// What is known, one sentence.
    public var sentence: String
    /// First versions without it, one for each line that got it; empty: none is known.
    public var fixedIn: [String]
    /// Where that is published.
    public var source: String

    /// Makes a piece of advice.
    public init(
        id: String, category: Category, component: String, version: String, sentence: String,
        fixedIn: [String] = [], source: String
    ) {
        self.id = id
        self.category = category
        self.component = component
        self.version = version
        self.sentence = sentence
        self.fixedIn = fixedIn
        self.source = source
    }
}
