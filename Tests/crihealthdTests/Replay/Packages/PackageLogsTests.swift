// SPDX-License-Identifier: Apache-2.0
import Diagnosis
import Foundation
import HealthModel
import Testing

@testable import crihealthd

/// Logs of package managers, alone and beside the logs of an outage.
@Suite struct PackageLogsTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private static let dpkg = """
        2025-01-02 01:30:04 startup archives unpack
        2025-01-02 01:30:04 upgrade runc:amd64 1.1.5 1.1.12
        2025-01-02 01:30:05 status installed runc:amd64 1.1.12
        2025-01-02 02:30:05 upgrade crun:amd64 1.17 1.18

        """
    private static let apt = """

        Start-Date: 2025-01-02  01:30:01
        Commandline: apt-get upgrade
        Requested-By: alice (1000)
        Upgrade: runc:amd64 (1.1.5, 1.1.12)
        End-Date: 2025-01-02  01:30:09

        """
    private static let kill = """
        2025-01-02T01:42:28+0000 node1 systemd[1]: containerd.service: Main process exited, code=killed, status=9/KILL
        2025-01-02T01:42:28+0000 node1 systemd[1]: containerd.service: Failed with result 'signal'.

        """

    private func write(_ name: String, _ text: String) throws -> String {
        let file = URL(fileURLWithPath: directory.path).appending(path: name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        return file.path
    }

    @Test("a line of a package log among those of an outage hides nothing", arguments: [true, false])
    func mixed(_ isFirst: Bool) throws {
        for log in [Self.dpkg, Self.apt] {
            let path = try write("paste.txt", isFirst ? log + Self.kill : Self.kill + log)
            #expect(try PackageLogs(ByteSource(path)) == nil)
        }
    }

    @Test("a pasted dpkg.log is a list of changes")
    func alone() throws {
        let path = try write("dpkg.log", Self.dpkg)
        let logs = try #require(try PackageLogs(ByteSource(path)))
        let text = logs.text(width: 80)
        #expect(text.hasPrefix("2025-01-02 UTC\n  01:30:04  package  runc 1.1.5 -> 1.1.12\n"))
        #expect(text.contains("  02:30:05  package  crun 1.17 -> 1.18\n"))
        let json = try JSONSerialization.jsonObject(with: Data(logs.json)) as? [[String: Any]]
        #expect(json?.map { $0["subject"] as? String } == ["runc", "crun"])
        #expect(try PackageLogs(ByteSource(try write("kubelet.log", Self.kill))) == nil)
    }

    @Test("beside the node's logs its changes stand on the incident that they came before")
    func beside() throws {
        _ = try write("node/var/log/dpkg.log", Self.dpkg)
        _ = try write("node/var/log/apt/history.log", Self.apt)
        _ = try write("node/journal.log", Self.kill)
        let bundle = try Bundle.folder(directory.path, rules: Recordings.rules)
        #expect(bundle.logs.map(\.name) == ["node"])
        let page = try BundleReplay(bundle, directory.path, rules: Recordings.rules).text(width: 100)
        #expect(
            page.contains("  changed 01:30:04 runc 1.1.5 -> 1.1.12 (apt-get upgrade, by alice (1000))\n"),
            "\(page)")
        #expect(!page.contains("crun"), "that came later")
    }

    @Test("in an archive, too", .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/tar")))
    func archive() throws {
        _ = try write("node/var/log/dpkg.log", Self.dpkg)
        _ = try write("node/journal.log", Self.kill)
        let archive = directory.path + "/sos.tar"
        let tar = Process()
        tar.executableURL = URL(fileURLWithPath: "/usr/bin/tar")
        tar.arguments = ["-C", directory.path, "-cf", archive, "node"]
        try tar.run()
        tar.waitUntilExit()
        let bundle = try Bundle.archive(archive, rules: Recordings.rules)
        let page = try BundleReplay(bundle, archive, rules: Recordings.rules).text(width: 100)
        #expect(page.contains("  changed 01:30:04 runc 1.1.5 -> 1.1.12\n"), "\(page)")
        #expect(bundle.passedOver.isEmpty)
    }

    @Test("files of other names, and history.log of others, are no such log")
    func names() {
        #expect(PackageLogs.node("sos/var/log/dpkg.log") == "sos")
        #expect(PackageLogs.node("sos/var/log/apt/history.log.1.gz") == "sos")
        #expect(PackageLogs.node("var/log/dnf.rpm.log") == "")
        #expect(PackageLogs.node("sos/var/log/history.log") == nil)
        #expect(PackageLogs.node("sos/var/log/kubelet.log") == nil)
    }

    @Test("an upgrade of the corpus is told with what changed: the version that answers, and the restart")
    func corpus() throws {
        let replayer = Replayer.replay(
            try Recordings.observations("S2-containerd-1.6.20-to-1.7.24"), rules: Recordings.rules)
        let end = try #require(replayer.last)
        let changes = replayer.engine.snapshot(at: end).changes
        let version = try #require(changes.first { $0.what == .version })
        #expect(version.subject == "containerd")
        #expect(version.from?.hasPrefix("1.6.20") == true)
        #expect(version.to?.hasPrefix("1.7.24") == true)
        #expect(changes.contains { $0.what == .unit && $0.subject == "containerd.service" })
        #expect(changes == changes.sorted { $0.at < $1.at })
    }
}
