// SPDX-License-Identifier: Apache-2.0

extension Span<UInt8> {
    /// Whether these bytes are there.
    @inlinable
    public func has(_ part: Span<UInt8>, at position: Int) -> Bool {
        guard position >= 0, position <= count - part.count else { return false }
        for index in 0..<part.count where self[unchecked: position + index] != part[unchecked: index] {
            return false
        }
        return true
    }

    /// A copy of them.
    public var bytes: [UInt8] {
        Array(capacity: count) { copy in
            for index in 0..<count { copy.append(self[unchecked: index]) }
        }
    }
}

/// FNV-1a, 64 bits (Fowler, Noll, Vo): the same on all nodes, in all versions; no defence against anybody.
@frozen
public struct FNV1a: Sendable {
    @usableFromInline
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325

    /// Of what was taken in so far.
    @inlinable
    public var value: UInt64 { hash }

    /// Of nothing.
    @inlinable
    public init() {}

    /// Takes in a byte.
    @inlinable
    public mutating func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }

    /// Takes in bytes.
    @inlinable
    public mutating func add(_ bytes: Span<UInt8>) { for index in bytes.indices { add(bytes[index]) } }
}
