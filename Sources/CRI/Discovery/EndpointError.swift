// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Why an address cannot be watched.
public enum EndpointError: Error, Hashable, Sendable {
    /// A scheme other than `unix`: `tcp`, `npipe`, … CRI is watched on unix sockets only.
    case unsupportedScheme(scheme: String, address: String)
    /// No absolute path.
    case notAbsolute(address: String)
    /// Longer than the 107 bytes of `sun_path` (unix(7)), or with control characters.
    case unusablePath(address: String)
}

extension EndpointError: CustomStringConvertible {
    /// For people.
    public var description: String {
        switch self {
        case .unsupportedScheme(let scheme, let address):
            "\(Text.excerpt(address)): \(Text.excerpt(scheme, limit: 32)) endpoints are not supported, "
                + "only unix sockets are"
        case .notAbsolute(let address): "\(Text.excerpt(address)): not an absolute path of a socket"
        case .unusablePath(let address): "\(Text.excerpt(address)): no usable path of a unix socket"
        }
    }
}
