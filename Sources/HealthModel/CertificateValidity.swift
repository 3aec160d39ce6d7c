// SPDX-License-Identifier: Apache-2.0

/// From when to when a certificate in a file is valid.
public struct CertificateValidity: Hashable, Sendable {
    /// The file.
    public var path: String
    /// `notBefore`.
    public var from: WallTime
    /// `notAfter`.
    public var until: WallTime

    /// Makes one.
    public init(path: String, from: WallTime, until: WallTime) {
        self.path = path
        self.from = from
        self.until = until
    }
}
