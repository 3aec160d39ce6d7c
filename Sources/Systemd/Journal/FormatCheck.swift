// SPDX-License-Identifier: Apache-2.0
import Glibc
import HealthModel

/// Finds files in a format newer than this libsystemd, which it leaves out without a word: a host's files seen
/// by an older library in a container, mostly.
struct FormatCheck {
    private var examined: Set<FileIdentity> = []
    /// What libsystemd said about files with these flags.
    private var readable: [UInt32: Bool] = [:]

    /// Headers of files that cannot be read and were not reported before.
    mutating func unreadable(in location: JournalLocation) -> [JournalHeader] {
        var found: [JournalHeader] = []
        var present: Set<FileIdentity> = []
        for path in JournalListing.files(of: location) {
            guard let identity = FileIdentity(path: path) else { continue }
            present.insert(identity)
            guard !examined.contains(identity), let header = JournalHeader(path: path) else { continue }
            examined.insert(header.identity)
            if !isReadable(header, path) { found.append(header) }
        }
        examined.formIntersection(present)
        return found
    }

    private mutating func isReadable(_ header: JournalHeader, _ path: String) -> Bool {
        if let known = readable[header.incompatibleFlags] { return known }
        do throws(SystemdError) {
            _ = try Journal(.files([path]))
            readable[header.incompatibleFlags] = true
        } catch {
            guard error.errno == EPROTONOSUPPORT else { return true }
            readable[header.incompatibleFlags] = false
        }
        return readable[header.incompatibleFlags] ?? true
    }
}
