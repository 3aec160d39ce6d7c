// SPDX-License-Identifier: Apache-2.0
import Glibc
import HealthModel

/// The directories of a journal as the file system shows them.
///
/// libsystemd learns from inotify alone that files came or went, and some losses of inotify it does not report:
/// watches refused for want of memory (ENOSPC), and an overflowing event queue (systemd 252: IN_Q_OVERFLOW is
/// ignored in process_inotify_event). The time at which a directory last changed tells all the same.
struct JournalListing: Equatable {
    private struct Directory: Equatable {
        var identity: FileIdentity
        var changed: Int64
    }

    /// Which of the roots exist.
    let roots: [FileIdentity?]
    private let directories: [String: Directory]

    /// Most directories below a root that are looked at: one per machine-id and namespace.
    private static let mostDirectories = 64

    init(of location: JournalLocation) {
        roots = location.roots.map { FileIdentity(path: $0) }
        var found: [String: Directory] = [:]
        for path in Self.directories(location) { found[path] = Self.look(path) }
        directories = found
    }

    /// The journal files of a location that a reader of the system journal takes, without their order.
    static func files(of location: JournalLocation) -> [String] {
        if case .files(let paths) = location { return paths }
        return directories(location).flatMap { path in
            names(path).filter { $0 == "system.journal" || isArchived($0) }.map { path + "/" + $0 }
        }
    }

    /// Whether journald has done with a file, by its name (`system@ID-NUMBER-TIME.journal`, and `…~` after an
    /// unclean end).
    static func isArchived(_ path: String) -> Bool {
        let name = path.split(separator: "/").last ?? ""
        return name.hasPrefix("system@") && (name.hasSuffix(".journal") || name.hasSuffix(".journal~"))
    }

    private static func directories(_ location: JournalLocation) -> [String] {
        // libsystemd leaves out namespaces (`ID.NAMESPACE`), and other machines' where it is told to.
        let machine = location == .system ? machineID : nil
        return location.roots.flatMap { root in
            [root]
                + names(root).filter { name in
                    machine.map { $0 == name } ?? (name.utf8.count == 32 && JournalID(hex: name.utf8) != nil)
                }.prefix(mostDirectories).map { root + "/" + $0 }
        }
    }

    /// machine-id(5); nil when there is none.
    private static let machineID: String? = {
        guard let file = fopen("/etc/machine-id", "re") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 32)
        guard fread(&bytes, 1, 32, file) == 32 else { return nil }
        return JournalID(hex: bytes)?.hex
    }()

    private static func look(_ path: String) -> Directory? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Directory(
            identity: FileIdentity(status),
            changed: Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec))
    }

    private static func names(_ path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        return names
    }
}

/// Device and inode: whether a path still names the same thing.
struct FileIdentity: Hashable {
    let device: UInt64
    let inode: UInt64

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
    }

    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }
}
