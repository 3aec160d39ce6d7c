// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Keys of a component's files, or flags of the kubelet, that some of its versions refuse, ignore or are to drop.
struct SettingRule: Hashable, Sendable {
    /// What such a version does with the key.
    enum Effect: String, Hashable, Sendable {
        /// It does not start, or serves nothing.
        case refused
        /// It goes on as if the key were not there.
        case ignored
        /// It reads it; a later one is to drop it.
        case deprecated
    }

    var id: String
    var component: String
    /// Patterns: `*` stands for any text.
    var keys: [String]
    /// ``FileStamp/digest(ofValue:)`` of the values that are meant; nil: any that is set to something.
    var values: [UInt32]?
    /// The same of texts that are meant as elements of a list, beside whatever else is in it.
    var elements: [UInt32]
    /// Only where one of these is set, too; empty: always.
    var beside: [String]
    /// The first version that does so; nil: every one before ``until``.
    var since: SoftwareVersion?
    /// The first version that does so no more; nil: none.
    var until: SoftwareVersion?
    var effect: Effect
    /// Only where the component serves CRI now: nobody else misses it.
    var servesCRI: Bool
    var sentence: String
    /// What to do first.
    var first: String
    var source: String

    func concerns(_ version: SoftwareVersion) -> Bool {
        since.map { version >= $0 } ?? true && until.map { version < $0 } ?? true
    }

    /// What `containerd config default` writes for a key that is not used.
    static let unset = Set(
        ["string(\"\")", "boolean(false)", "integer(0)", "array([])"].map(FileStamp.digest(ofValue:)))

    /// The keys of a file that the rule is about, sorted; `all` are those of all files.
    func hits(_ keys: [String: UInt32], among all: [String: UInt32]) -> [String] {
        let others = all.filter { !Self.unset.contains($0.value) }.keys
        guard beside.isEmpty || others.contains(where: { key in beside.contains { Self.matches(key, $0) } })
        else { return [] }
        let set = keys.filter { !Self.unset.contains($0.value) }
        let found = set.filter { key, value in
            let (list, isElement) = FileStamp.list(ofKey: key)
            let isMeant =
                isElement
                ? elements.contains(value) : values?.contains(value) ?? elements.isEmpty
            return isMeant && self.keys.contains { Self.matches(list, $0) }
        }
        return Set(found.keys.map { FileStamp.list(ofKey: $0).name }).sorted()
    }

    /// In time that grows with the product of both lengths.
    static func matches(_ key: String, _ pattern: String) -> Bool {
        let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard parts.count > 1, let first = parts.first, let last = parts.last else { return key == pattern }
        guard key.hasPrefix(first), key.hasSuffix(last), key.utf8.count >= first.utf8.count + last.utf8.count
        else { return false }
        var rest = key.dropFirst(first.count).dropLast(last.count)
        for part in parts.dropFirst().dropLast() {
            guard let range = rest.firstRange(of: part) else { return false }
            rest = rest[range.upperBound...]
        }
        return true
    }
}

/// The containerd versions that upstream lists for a kubelet.
struct SupportedPair: Hashable, Sendable {
    /// The line that the row begins with.
    var kubelet: SoftwareVersion
    /// The first of each line that is listed.
    var versions: [SoftwareVersion]
    var source: String

    /// Whether the list has it; one of a line that came later is not spoken against.
    func lists(_ version: SoftwareVersion) -> Bool {
        if let own = versions.first(where: { $0.line == version.line }) { return version >= own }
        guard let newest = versions.max() else { return true }
        return newest.line.lexicographicallyPrecedes(version.line)
    }
}

/// What a version does anew.
struct UpgradeStep: Hashable, Sendable {
    var id: String
    var component: String
    /// The first version of each line that does so.
    var at: [SoftwareVersion]
    var sentence: String
    var source: String

    /// Whether that version does so: as with a fix.
    func isIn(_ version: SoftwareVersion) -> Bool {
        if let own = at.first(where: { $0.line == version.line }) { return version >= own }
        guard let newest = at.max() else { return false }
        return newest.line.lexicographicallyPrecedes(version.line)
    }
}
