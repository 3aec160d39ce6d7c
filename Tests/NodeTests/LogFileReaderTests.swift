// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import HealthModel
import Testing

@testable import Node

@Suite("Log files that are read on")
struct LogFileReaderTests {
    private static let name = "/agent/containerd/containerd.log"

    private func append(_ node: FakeNode, _ text: String, to name: String = name) throws {
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: node.path + name))
        defer { try? handle.close() }
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(text.utf8))
    }

    /// Reads on until there is no more; the lines, and what was lost before each.
    private func drain(
        _ reader: LogFileReader, _ position: inout LogFilePosition?
    ) -> (lines: [String], losses: [LogFilePiece.Loss]) {
        var (lines, losses): ([String], [LogFilePiece.Loss]) = ([], [])
        for _ in 0..<1000 {
            guard let piece = reader.read(Self.name, from: position) else { break }
            lines += piece.lines
            losses += [piece.loss].compactMap(\.self)
            position = piece.next
            if !piece.hasMore { break }
        }
        return (lines, losses)
    }

    @Test("whole lines, once each")
    func appended() throws {
        let node = try FakeNode()
        let reader = LogFileReader(root: node.path)
        #expect(reader.read(Self.name, from: nil) == nil)
        try node.write(Self.name, "one\r\n\ntwo\nthr")
        var position: LogFilePosition?
        #expect(drain(reader, &position).lines == ["one", "two"])
        #expect(drain(reader, &position).lines.isEmpty)
        try append(node, "ee\nfour\n")
        #expect(drain(reader, &position).lines == ["three", "four"])
        #expect(drain(reader, &position) == ([], []))
    }

    static let rotated = [
        "containerd-2026-11-30T12-00-00.000.log", "containerd.log.1", "containerd.log-20261130",
    ]

    @Test("renamed away: its rest comes first, then the new one", arguments: rotated)
    func renamed(_ name: String) throws {
        let node = try FakeNode()
        let reader = LogFileReader(root: node.path)
        try node.write(Self.name, "a\n")
        // Other programs' logs are no rotated ones.
        try node.write("agent/containerd/containerd-shim.log", "no\n")
        var position: LogFilePosition?
        #expect(drain(reader, &position).lines == ["a"])
        try append(node, "b\nc without end")
        rename(node.path + Self.name, node.path + "/agent/containerd/" + name)
        try node.write(Self.name, "d\n")
        #expect(drain(reader, &position) == (["b", "c without end", "d"], []))
    }

    @Test("renamed twice between two looks: all three are read, in order")
    func twice() throws {
        let node = try FakeNode()
        let reader = LogFileReader(root: node.path, limits: .init(bytes: 4))
        try node.write(Self.name, "a\n")
        var position: LogFilePosition?
        #expect(drain(reader, &position).lines == ["a"])
        try append(node, "b\n")
        rename(node.path + Self.name, node.path + "/agent/containerd/containerd-2026-01.log")
        usleep(10_000)
        try node.write(Self.name, "c\nd\n")
        rename(node.path + Self.name, node.path + "/agent/containerd/containerd-2026-02.log")
        usleep(10_000)
        try node.write(Self.name, "e\nf\n")
        #expect(drain(reader, &position) == (["b", "c", "d", "e", "f"], []))
    }

    @Test("rotated and compressed, or removed: said, and the new one is read")
    func gone() throws {
        let node = try FakeNode()
        let reader = LogFileReader(root: node.path)
        try node.write(Self.name, "a\n")
        var position: LogFilePosition?
        _ = drain(reader, &position)
        try append(node, "b\n")
        let keep = try FileHandle(forReadingFrom: URL(fileURLWithPath: node.path + Self.name))
        unlink(node.path + Self.name)
        #expect(reader.read(Self.name, from: position) == nil)
        try node.write(Self.name, "c\n")
        try node.write("agent/containerd/containerd-2026.log.gz", "zzzz\n")
        #expect(drain(reader, &position) == (["c"], [.rotatedAway]))
        try keep.close()
    }

    @Test("truncated, and written again, also beyond where it was read")
    func truncated() throws {
        let node = try FakeNode()
        let reader = LogFileReader(root: node.path)
        try node.write(Self.name, "first line\n")
        var position: LogFilePosition?
        _ = drain(reader, &position)
        truncate(node.path + Self.name, 0)
        #expect(drain(reader, &position) == ([], [.truncated]))
        try append(node, "second\n")
        #expect(drain(reader, &position) == (["second"], []))
        truncate(node.path + Self.name, 0)
        try append(node, "another head, and longer than what was read\n")
        #expect(drain(reader, &position) == (["another head, and longer than what was read"], [.truncated]))
    }

    @Test("of a file that was never read only the end, from a line's begin")
    func backlog() throws {
        let node = try FakeNode()
        try node.write(Self.name, (0..<1000).map { "line \($0)\n" }.joined())
        var position: LogFilePosition?
        let read = drain(LogFileReader(root: node.path, limits: .init(bytes: 64, backlog: 100)), &position)
        #expect(read.losses == [.skipped])
        #expect(read.lines.last == "line 999")
        #expect((9...11).contains(read.lines.count))
        #expect(read.lines.allSatisfy { $0.hasPrefix("line ") })
    }

    @Test("long lines are cut, a line without end is bounded, bytes of any kind are taken")
    func hostile() throws {
        let node = try FakeNode()
        var bytes = Data(repeating: UInt8(ascii: "x"), count: 3 << 20)
        bytes.append(contentsOf: [0x0A, 0xFF, 0x00, 0x0A])
        try node.write(Self.name, "")
        try bytes.write(to: URL(fileURLWithPath: node.path + Self.name))
        var position: LogFilePosition?
        let read = drain(LogFileReader(root: node.path), &position)
        #expect(read.lines.count == 4)
        #expect(read.lines.allSatisfy { $0.utf8.count <= JournalEntry.messageLimit })
        #expect(read.lines.last == "\u{FFFD}\0")
    }

    @Test("a link, a folder, a pipe are no log files")
    func strangers() throws {
        let node = try FakeNode()
        let reader = LogFileReader(root: node.path)
        try node.write("secret", "no\n")
        try node.link(String(Self.name.dropFirst()), to: node.path + "/secret")
        #expect(reader.read(Self.name, from: nil) == nil)
        unlink(node.path + Self.name)
        try node.write(Self.name, "no\n", mode: 0o666)
        #expect(reader.read(Self.name, from: nil) == nil)
        unlink(node.path + Self.name)
        mkfifo(node.path + Self.name, 0o644)
        #expect(reader.read(Self.name, from: nil) == nil)
        unlink(node.path + Self.name)
        mkdir(node.path + Self.name, 0o755)
        #expect(reader.read(Self.name, from: nil) == nil)
    }

    @Test(
        "a directory on the way that others can write, or own, is not believed", .enabled(if: geteuid() == 0))
    func strangersDirectory() throws {
        let node = try FakeNode()
        let reader = LogFileReader(root: node.path)
        try node.write(Self.name, "time=\"x\" level=error msg=\"a forged line\"\n")
        var position: LogFilePosition?
        #expect(drain(reader, &position).lines.count == 1)
        for folder in ["/agent", "/agent/containerd"] {
            chmod(node.path + folder, 0o777)
            #expect(reader.read(Self.name, from: nil) == nil && reader.read(Self.name, from: position) == nil)
            chmod(node.path + folder, 0o755)
            chown(node.path + folder, 1000, 1000)
            #expect(reader.read(Self.name, from: nil) == nil)
            chown(node.path + folder, 0, 0)
        }
        // A link of root's own to a place of root's is none of that.
        rename(node.path + "/agent/containerd", node.path + "/moved")
        symlink(node.path + "/moved", node.path + "/agent/containerd")
        #expect(reader.read(Self.name, from: nil)?.lines.count == 1)
        chmod(node.path + "/moved", 0o777)
        #expect(reader.read(Self.name, from: nil) == nil)
    }

    @Test("what a pod can have under such a name is no log file of the node's")
    func placesOfPods() {
        let end = "agent/containerd/containerd.log"
        for folder in ["/var/lib/rancher/k3s", "/data", "/mnt/disk1/rancher/rke2"] {
            #expect(LogFileSource.isLogFile("\(folder)/\(end)"))
        }
        for folder in [
            "/var/lib/kubelet/pods/u/volumes/kubernetes.io~empty-dir/x", "/run/containerd/t/k8s.io/c/rootfs",
            "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/5/fs",
            "/var/lib/docker/overlay2/c/merged", "/var/lib/containers/storage/overlay/c/diff",
            "/a/b/c/d/e/f/g", "/data/../etc", "/data/.", "", "data",
        ] {
            #expect(!LogFileSource.isLogFile("\(folder)/\(end)"), "\(folder)")
        }
    }
}
