// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import Testing

@testable import Node

/// A node of files, removed with its test.
final class FakeNode: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/crihealthd-node-XXXXXX".utf8CString)
        path = try #require(mkdtemp(&template).map { String(cString: $0) })
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func inspector(_ limits: NodeInspector.Limits = .init()) -> NodeInspector {
        NodeInspector(root: path, limits: limits)
    }

    func write(_ name: String, _ text: String, mode: mode_t = 0o644) throws {
        let file = "\(path)/\(name)"
        try makeFolder(of: file)
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        chmod(file, mode)
    }

    func link(_ name: String, to target: String) throws {
        try makeFolder(of: "\(path)/\(name)")
        try #require(symlink(target, "\(path)/\(name)") == 0)
    }

    /// A process that holds sockets of these inodes.
    func process(_ pid: Int, comm: String, cmdline: String = "", cgroup: String = "", sockets: [Int] = [])
        throws
    {
        try write("proc/\(pid)/stat", "\(pid) (\(comm)) S 1 \(pid) \(pid) 0 -1 4194560 1 2 3\n")
        try write("proc/\(pid)/cmdline", cmdline.replacingOccurrences(of: " ", with: "\0") + "\0")
        try write("proc/\(pid)/cgroup", cgroup)
        try link("proc/\(pid)/fd/0", to: "/dev/null")
        for (index, inode) in sockets.enumerated() {
            try link("proc/\(pid)/fd/\(index + 3)", to: "socket:[\(inode)]")
        }
    }

    private func makeFolder(of file: String) throws {
        try FileManager.default.createDirectory(
            at: URL(fileURLWithPath: file).deletingLastPathComponent(), withIntermediateDirectories: true)
    }
}
