// SPDX-License-Identifier: Apache-2.0
import Glibc
public import HealthModel

/// Which boot of which node this is.
public struct BootIdentity: Hashable, Sendable {
    /// `/proc/sys/kernel/random/boot_id` without dashes: 32 hex digits; empty when it cannot be read.
    public var bootID: String
    /// gethostname(2).
    public var hostname: String

    /// Makes an identity.
    public init(bootID: String, hostname: String) {
        self.bootID = bootID
        self.hostname = hostname
    }

    /// Reads it from the kernel.
    public static func current(root: String = "/") -> BootIdentity {
        let id = Files(root: root).text("/proc/sys/kernel/random/boot_id", limit: 64) ?? ""
        return BootIdentity(
            bootID: String(id.filter(\.isHexDigit)), hostname: Text.excerpt(Files.hostname(), limit: 64))
    }
}

extension Moment {
    /// CLOCK_REALTIME and CLOCK_MONOTONIC now, the journal's two clocks.
    public static func now() -> Moment {
        Moment(
            wall: WallTime(microseconds: Files.microseconds(of: CLOCK_REALTIME)),
            monotonic: MonotonicTime(microseconds: Files.microseconds(of: CLOCK_MONOTONIC)))
    }
}
