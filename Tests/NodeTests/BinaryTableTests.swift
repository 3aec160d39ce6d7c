// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import Node

/// Which binary runs and which would be started, on a made-up node.
@Suite struct BinaryTableTests {
    private let root = FileManager.default.temporaryDirectory.appending(path: "binaries-\(UUID())")

    private func write(_ path: String, _ text: String, mode: Int = 0o755) throws {
        let file = root.appending(path: path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
    }

    private func unit(_ directory: String, _ name: String, _ text: String) throws {
        try write("\(directory)/\(name)", text, mode: 0o644)
    }

    private func execStart() -> String? {
        UnitFiles(files: Files(root: root.path)).execStart(of: "containerd.service")
    }

    @Test func theLastDropInWins() throws {
        defer { try? FileManager.default.removeItem(at: root) }
        #expect(execStart() == nil)
        try unit(
            "usr/lib/systemd/system", "containerd.service",
            "[Unit]\nExecStart=/no/such\n[Service]\nExecStartPre=/sbin/modprobe overlay\nExecStart=/usr/bin/containerd\n"
        )
        #expect(execStart() == "/usr/bin/containerd")
        try unit(
            "etc/systemd/system/containerd.service.d", "10-local.conf",
            "[Service]\nExecStart=\nExecStart=-/usr/local/bin/containerd --log-level debug\n")
        #expect(execStart() == "/usr/local/bin/containerd")
        try unit("run/systemd/system/containerd.service.d", "20-x.conf", "[Service]\nExecStart = /opt/x\n")
        #expect(execStart() == "/opt/x")
        try unit("etc/systemd/system/containerd.service.d", "20-x.conf", "[Service]\n# nothing\n")
        #expect(execStart() == "/usr/local/bin/containerd")
    }

    @Test func anotherFileOfTheSameNameInEtcHidesThePackages() throws {
        defer { try? FileManager.default.removeItem(at: root) }
        try unit("lib/systemd/system", "containerd.service", "[Service]\nExecStart=/usr/bin/containerd\n")
        try unit("etc/systemd/system", "containerd.service", "[Service]\nExecStart=/opt/bin/containerd\n")
        #expect(execStart() == "/opt/bin/containerd")
    }

    @Test(arguments: ["../etc/passwd", "", ".hidden", "a/b.service"])
    func aNameThatLeavesTheFolderIsNone(_ name: String) {
        #expect(UnitFiles(files: Files(root: "/")).execStart(of: name) == nil)
    }

    /// The real thing: this process' own binary, replaced while a child of it runs.
    @Test func aReplacedBinaryIsSeen() throws {
        defer { try? FileManager.default.removeItem(at: root) }
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        let binary = root.appending(path: "containerd-shim-test")
        try FileManager.default.copyItem(at: URL(filePath: "/usr/bin/sleep"), to: binary)
        let child = Process()
        child.executableURL = binary
        child.arguments = ["60"]
        try child.run()
        defer { child.terminate() }
        let pid = child.processIdentifier
        // Where the tests run in a mount namespace of their own, that is the node's.
        let inspector = NodeInspector(limits: .init(host: getpid()))
        let first = try #require(report(inspector, pid))
        #expect(first.running == .init(pid: pid, path: binary.path, onDisk: .same))
        #expect(!first.oldShims.contains { $0.pid == pid })
        #expect(first.shims >= 1)
        let next = root.appending(path: "next")
        try FileManager.default.copyItem(at: URL(filePath: "/usr/bin/sleep"), to: next)
        try #require(rename(next.path, binary.path) == 0)
        #expect(report(inspector, pid)?.running?.onDisk == .replaced)
        #expect(report(inspector, pid)?.oldShims.contains { $0.pid == pid } == true)
        try FileManager.default.removeItem(at: binary)
        #expect(report(inspector, pid)?.running == .init(pid: pid, path: binary.path, onDisk: .deleted))
    }

    @Test func aProcessThatIsGoneIsNotThere() throws {
        let found = try #require(report(NodeInspector(root: root.path), 1))
        #expect(found.running == nil && found.copies.isEmpty && found.shims == 0)
    }

    private func report(_ inspector: NodeInspector, _ pid: Int32) -> RuntimeBinaries? {
        let question = Inquiry.binaries(unit: "none.service", pid: pid, execStart: nil)
        guard case .binaries(let report) = inspector.answer(question) else { return nil }
        return report
    }
}
