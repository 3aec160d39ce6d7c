// SPDX-License-Identifier: Apache-2.0
import Glibc
public import HealthModel

/// Whether root may run or believe a file: the file and every directory on the way to it are root's, and nobody else can
/// write there. Links are followed first. Others may add names in a directory with the sticky bit (`/tmp`), but replace
/// none of root's.
public enum TrustedPath {
    /// What is wrong with a path, and what to type.
    public struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        /// `/usr/local/bin/crictl is owned by uid 1001`
        public var text: String
        /// `chown root:root /usr/local/bin/crictl`; nil where no command mends it.
        public var remedy: ProbeBreakage.Remedy?

        /// Both.
        public var description: String { text + (remedy.map { ": " + $0.command.text } ?? "") }
    }

    /// An open file and its path without links.
    struct Opened: ~Copyable {
        let file: Descriptor
        let path: String

        consuming func takeFile() -> Descriptor { file }
    }

    /// Longest path that is looked at, in components.
    private static let depthLimit = 64

    /// Why root may not use the file, or nil. Nil also for a file that is not there: who opens it will say so.
    public static func refusal(of path: String) -> Refusal? {
        guard let real = System.realPath(path) else { return nil }
        do throws(Refusal) {
            try check(real)
            return nil
        } catch {
            return error
        }
    }

    /// Opens an executable that root may run; what is checked is what was opened, whatever the path is by now.
    static func open(_ path: String) throws(Refusal) -> Opened? {
        guard let real = System.realPath(path), let file = System.open(real) else { return nil }
        try check(real)
        guard let opened = System.ownership(of: file), let named = System.ownership(real),
            opened.isSame(as: named)
        else {
            throw Refusal(text: "\(real) changed while it was looked at", remedy: nil)
        }
        try check(opened, real)
        return Opened(file: file, path: real)
    }

    private static func check(_ real: String) throws(Refusal) {
        var components = real.split(separator: "/")
        guard components.count <= depthLimit else { throw Refusal(text: "\(real) is too deep", remedy: nil) }
        while true {
            let place = "/" + components.joined(separator: "/")
            guard let found = System.ownership(place) else {
                throw Refusal(text: "\(place) cannot be looked at", remedy: nil)
            }
            try check(found, place)
            guard components.popLast() != nil else { return }
        }
    }

    private static func check(_ found: System.Ownership, _ place: String) throws(Refusal) {
        guard found.user == 0 else {
            throw Refusal(
                text: "\(place) is owned by uid \(found.user)", remedy: .giveToRoot(path: place))
        }
        guard !found.othersWrite || found.isDirectory && found.isSticky else {
            throw Refusal(
                text: "\(place) can be written by others than root", remedy: .closeToOthers(path: place))
        }
    }
}
