// SPDX-License-Identifier: Apache-2.0

/// What a file was when it was looked at.
public struct FileStamp: Hashable, Sendable {
    /// Absolute path.
    public var path: String
    /// Size in bytes.
    public var size: UInt64
    /// `st_ino`.
    public var inode: UInt64
    /// `st_mtim`: when its content was written; a package's file keeps that of its build.
    public var modifiedAt: WallTime
    /// `st_ctim`: when it came to be as and where it is.
    public var changedAt: WallTime
    /// FNV-1a of its bytes without secrets, and of ``modifiedAt`` where it has one; nil for what is too large to be read each time (programs).
    public var hash: UInt64?
    /// Of a TOML, YAML or JSON file, a hash of the value of each key; never the value.
    public var keys: [String: UInt32]?

    /// Makes a stamp.
    public init(
        path: String, size: UInt64, inode: UInt64, modifiedAt: WallTime, changedAt: WallTime,
        hash: UInt64? = nil, keys: [String: UInt32]? = nil
    ) {
        self.path = path
        self.size = size
        self.inode = inode
        self.modifiedAt = modifiedAt
        self.changedAt = changedAt
        self.hash = hash
        self.keys = keys
    }

    /// What stands for a key's value in ``keys``: FNV-1a, folded to 32 bits.
    public static func digest(ofValue text: String) -> UInt32 {
        var hash = FNV1a()
        hash.add(text.utf8.span)
        hash.add(0 as UInt8)
        return UInt32(truncatingIfNeeded: hash.value ^ (hash.value >> 32))
    }

    /// The key of an element of a list in ``keys``.
    public static func key(ofElement index: Int, in list: String) -> String { "\(list)[\(index)]" }

    /// The list that a key of ``keys`` is an element of; else the key itself.
    public static func list(ofKey key: String) -> (name: String, isElement: Bool) {
        guard key.utf8.last == UInt8(ascii: "]"), let mark = key.lastIndex(of: "["), mark > key.startIndex,
            key[mark...].dropFirst().dropLast().allSatisfy(\.isNumber)
        else { return (key, false) }
        return (String(key[..<mark]), true)
    }

    /// Whether the content is another. Without a hash a file that was only touched is the same.
    public func differs(from earlier: FileStamp) -> Bool {
        if let hash, let before = earlier.hash { return hash != before }
        return size != earlier.size || modifiedAt != earlier.modifiedAt && inode != earlier.inode
    }
}

/// A line of numbers, the path and the keys: a checkpoint has all of them every few seconds.
extension FileStamp: Codable {
    /// Reads the line.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let lines = try container.decode(String.self).split(separator: "\n")
        let words = lines.first?.split(separator: " ", maxSplits: 5) ?? []
        guard words.count == 6, let size = UInt64(words[0]), let inode = UInt64(words[1]),
            let modified = Int64(words[2]), let changed = Int64(words[3]),
            words[4] == "-" || UInt64(words[4], radix: 16) != nil
        else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a file's stamp")
        }
        var keys: [String: UInt32] = [:]
        for line in lines.dropFirst() {
            guard let mark = line.firstIndex(of: " "), let hash = UInt32(line[..<mark], radix: 16) else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a key's hash")
            }
            keys[String(line[line.index(after: mark)...])] = hash
        }
        self.init(
            path: String(words[5]), size: size, inode: inode, modifiedAt: WallTime(microseconds: modified),
            changedAt: WallTime(microseconds: changed), hash: UInt64(words[4], radix: 16),
            keys: keys.isEmpty ? nil : keys)
    }

    /// Writes the line; a key with a line end in it is left out. The inventory takes no path that has one.
    public func encode(to encoder: any Encoder) throws {
        let hash = hash.map { String($0, radix: 16) } ?? "-"
        var text = "\(size) \(inode) \(modifiedAt.microseconds) \(changedAt.microseconds) \(hash) \(path)"
        for (key, value) in (keys ?? [:]).sorted(by: { $0.key < $1.key }) where !key.contains("\n") {
            text += "\n\(String(value, radix: 16)) \(key)"
        }
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
