// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import crihealthd

/// Support bundles, in the layouts that their collectors make.
@Suite struct BundleTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private static let kill = """
        Nov 22 01:42:28 %H systemd[1]: containerd.service: Main process exited, code=killed, status=9/KILL
        Nov 22 01:42:28 %H systemd[1]: containerd.service: Failed with result 'signal'.

        """
    private static let quiet = "Nov 22 01:42:28 %H kubelet[1]: I1122 01:42:28.000000 1 x.go:1] all is well\n"

    private func write(_ path: String, _ text: String, host: String = "node1") throws {
        let file = directory.path + "/bundle/" + path
        try FileManager.default.createDirectory(
            atPath: file.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 },
            withIntermediateDirectories: true)
        try Data(text.replacing("%H", with: host).utf8).write(to: URL(fileURLWithPath: file))
    }

    private func replayed(_ path: String? = nil) throws -> (
        names: [String], page: String, json: [String: Any]
    ) {
        let path = path ?? directory.path + "/bundle"
        let bundle =
            switch try ReplayInput.detect(path) {
            case .bundle(let folder): try Bundle.folder(folder, rules: Recordings.rules)
            case .archive(let file): try Bundle.archive(file, rules: Recordings.rules)
            case let other: throw ReplayError.notAnInput(path: path, hint: "\(other)")
            }
        let replay = try BundleReplay(bundle, path, rules: Recordings.rules)
        let json = try JSONSerialization.jsonObject(with: Data(replay.json)) as? [String: Any] ?? [:]
        return (bundle.logs.map(\.name), replay.text(width: 80), json)
    }

    private func incidents(_ json: [String: Any], _ node: String) -> [String] {
        let nodes = json["nodes"] as? [[String: Any]] ?? []
        let incidents = nodes.first { $0["node"] as? String == node }?["incidents"] as? [[String: Any]] ?? []
        return incidents.compactMap { one in
            (one["kind"] as? String).map { "\($0)/\(one["cause"] as? String ?? "")" }
        }
    }

    /// `kind export logs`: a folder for each node.
    @Test func kindsExport() throws {
        try write("kind-worker/journal.log", Self.kill, host: "kind-worker")
        try write("kind-worker/kubelet.log", Self.quiet, host: "kind-worker")
        try write("kind-worker2/kubelet.log", Self.quiet, host: "kind-worker2")
        try write("kind-worker2/images.log", "containerd\n")
        try write("kind-worker2/inspect.json", "{}")
        let found = try replayed()
        #expect(found.names == ["kind-worker", "kind-worker2"])
        #expect(incidents(found.json, "kind-worker") == ["RuntimeDown/Killed"])
        #expect(incidents(found.json, "kind-worker2") == [])
        #expect(found.page.hasPrefix("2 nodes, 3 logs\n  kind-worker: containerd was killed"))
        #expect(found.page.contains("==== kind-worker2 ===="))
    }

    /// OpenShift's must-gather: a file for each service, in which every node speaks.
    @Test func mustGather() throws {
        let both =
            (Self.kill.replacing("%H", with: "master-0") + Self.quiet.replacing("%H", with: "master-1"))
        try write("quay-io-x/host_service_logs/masters/kubelet_service.log", both)
        try write("quay-io-x/namespaces/kube-system/pods/etcd/etcd/logs/current.log", Self.kill)
        let found = try replayed()
        #expect(found.names == ["master-0", "master-1"])
        #expect(incidents(found.json, "master-0") == ["RuntimeDown/Killed"])
        #expect(incidents(found.json, "master-1") == [])
    }

    /// sos report, and EKS' collector: a folder for each component of the one node.
    @Test(arguments: [
        ["sos_commands/logs/journalctl_--no-pager_--boot", "var/log/messages"],
        ["containerd/containerd-log.txt", "kubelet/kubelet.log"],
        ["var_log/messages", "journald/kubelet"],
    ])
    func oneNode(_ files: [String]) throws {
        try write("sosreport-x/" + files[0], Self.kill)
        try write("sosreport-x/" + files[1], Self.quiet)
        let found = try replayed()
        #expect(found.names == ["sosreport-x"])
        #expect(incidents(found.json, "sosreport-x") == ["RuntimeDown/Killed"])
        #expect(!found.page.contains("===="))
    }

    private func archive(_ options: [String]) throws -> String {
        let path = directory.path + "/bundle.tar"
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/tar")
        process.arguments = ["-C", directory.path] + options + ["-cf", path, "bundle"]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return path
    }

    @Test(arguments: [["-z"], ["-J"], ["--zstd"], ["--format=ustar"], ["--format=pax"], ["--format=gnu"]])
    func anArchiveTellsTheSame(_ options: [String]) throws {
        let long = String(repeating: "a-folder-of-a-long-name/", count: 5)
        try write(long + "journal.log", Self.kill)
        try write(long + "kubelet.log", Self.quiet)
        let found = try replayed(try archive(options))
        #expect(found.names.count == 1)
        #expect(incidents(found.json, found.names[0]) == ["RuntimeDown/Killed"])
    }

    /// Names that lead out of it, links and devices do nothing: nothing is unpacked.
    /// Whatever its file is called, and whatever it lies in.
    @Test func anExportStreamIsReadAsOne() throws {
        let export = """
            __CURSOR=s=1;i=1
            __REALTIME_TIMESTAMP=1763775748000000
            __MONOTONIC_TIMESTAMP=1000000
            _TRANSPORT=journal
            _PID=1
            _UID=0
            _SYSTEMD_CGROUP=/init.scope
            SYSLOG_IDENTIFIER=systemd
            UNIT=containerd.service
            MESSAGE_ID=98e322203f7a4ed290d09fe03c09fe15
            EXIT_CODE=killed
            EXIT_STATUS=9
            COMMAND=ExecStart
            MESSAGE=containerd.service: Main process exited, code=killed, status=9/KILL


            """
        try write("node1/journal.log", export)
        #expect(incidents(try replayed().json, "node1") == ["RuntimeDown/Killed"])
        let packed = try archive(["-z"])
        #expect(try replayed(packed).page.contains("RuntimeDown/Killed"))
    }

    @Test func aPackedCaptureIsRefused() throws {
        try write("outage/journal.export", "__CURSOR=s=1;i=1\n")
        try write("outage/kubelet.log", Self.quiet)
        let path = try archive(["-z"])
        let error = #expect(throws: ReplayError.self) { try replayed(path) }
        #expect(error?.description.contains("unpack it") == true)
    }

    @Test func aHostileArchiveIsOnlyRead() throws {
        try write("node/journal.log", Self.kill)
        symlink("/etc/passwd", directory.path + "/bundle/node/kubelet.log")
        mkfifo(directory.path + "/bundle/node/containerd.log", 0o600)
        let found = try replayed(try archive(["--transform=s,^bundle/node/journal,../../node/../journal,"]))
        #expect(found.names.count == 1)
        #expect(!found.page.contains("root:"))
        let folder = try replayed()
        #expect(incidents(folder.json, "node") == ["RuntimeDown/Killed"])
    }

    @Test func anArchiveThatIsCutOffGivesWhatCameBefore() throws {
        try write("a/journal.log", Self.kill)
        try write("b/journal.log", String(repeating: Self.quiet, count: 10_000))
        let path = try archive(["--sort=name"])
        truncate(path, 100_000)
        #expect(incidents(try replayed(path).json, "bundle/a") == ["RuntimeDown/Killed"])
    }

    @Test func anArchiveOfNothing() throws {
        try write("readme.md", "hello\n")
        #expect(throws: ReplayError.self) { try replayed(try archive([])) }
        #expect(throws: ReplayError.self) { try ReplayInput.detect(directory.path + "/bundle") }
    }

    private func run(_ program: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/" + program)
        process.arguments = arguments
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }

    @Test(arguments: ["gzip", "xz", "bzip2"])
    func compressedLogsAreRead(_ tool: String) throws {
        try write("node/journal.log", Self.kill)
        try run(tool, [directory.path + "/bundle/node/journal.log"])
        #expect(incidents(try replayed().json, "node") == ["RuntimeDown/Killed"])
        try write("node/kubelet.log", Self.quiet)
        let packed = try replayed(try archive(["-z"]))
        #expect(incidents(packed.json, "bundle/node") == ["RuntimeDown/Killed"])
        #expect(!packed.page.contains("not read:"))
    }

    /// In a folder and in an archive: it is told by its name, and what else is there is read.
    @Test func aBombInABundleIsPassedOver() throws {
        try write("node/journal.log", Self.kill)
        try write("node/kubelet.log", Self.quiet)
        truncate(directory.path + "/bundle/node/kubelet.log", 1 << 30)
        try run("gzip", ["-9", directory.path + "/bundle/node/kubelet.log"])
        for path in [nil, try archive([])] {
            let found = try replayed(path)
            #expect(incidents(found.json, found.names[0]) == ["RuntimeDown/Killed"])
            #expect(found.page.contains("not read:") && found.page.contains("kubelet.log.gz"))
        }
    }

    /// It is another node's, or another time's; its own bytes are no lines of a log.
    @Test func anArchiveWithinIsPassedOver() throws {
        try write("node/journal.log", Self.quiet)
        let inner = try archive([])
        try write("node/journal.log", Self.kill)
        let place = directory.path + "/bundle/node/kubelet.log"
        try FileManager.default.copyItem(atPath: inner, toPath: place)
        for path in [nil, try archive([])] {
            let found = try replayed(path)
            #expect(incidents(found.json, found.names[0]) == ["RuntimeDown/Killed"])
            #expect(found.page.contains("not read:") && !found.page.contains("ustar"))
        }
        try FileManager.default.removeItem(atPath: directory.path + "/bundle/node/journal.log")
        let refusal = #expect(throws: ReplayError.self) { _ = try replayed(nil) }
        #expect(refusal.map { "\($0)" }?.contains("kubelet.log: an archive among the logs") == true)
    }

    /// `sos report` has the whole journal, that of this boot with its catalog, that of each unit, and syslog's.
    @Test func whatSeveralFilesSayCountsOnce() throws {
        let line =
            "Nov 22 01:4%M:2%S node1 kubelet[7]: E1122 01:4%M:2%S.1 7 pod_workers.go:1300] \"Error syncing pod, skipping\" "
            + "err=\"network is not ready: container runtime network not ready: NetworkReady=false "
            + "reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized\" "
            + "pod=\"default/web\" podUID=\"0a1b\"\n"
        let journal = (0..<9).map { line.replacing("%M", with: "1").replacing("%S", with: "\($0)") }.joined()
        let started =
            "Nov 22 01:40:28 node1 systemd[1]: Started containerd.service - containerd container runtime.\n"
        let catalog =
            "░░ Subject: A start job for unit containerd.service has finished successfully\n░░ Defined-By: systemd\n"
        func lines(_ files: [String: String]) throws -> [String] {
            try? FileManager.default.removeItem(atPath: directory.path + "/bundle")
            for (name, text) in files { try write("sosreport-x/" + name, text) }
            let bundle = try Bundle.folder(directory.path + "/bundle", rules: Recordings.rules)
            return bundle.logs[0].material.observations.compactMap {
                if case .journal(let entry) = $0.event {
                    "\(entry.at.wall.clock) \(entry.unit ?? ""): \(entry.message)"
                } else {
                    nil
                }
            }
        }
        let once = try lines(["sos_commands/logs/journalctl_--no-pager": started + journal])
        #expect(once.count == 10)
        let thrice = try lines([
            "sos_commands/logs/journalctl_--no-pager": started + journal,
            "sos_commands/logs/journalctl_--no-pager_--catalog_--boot": started + catalog + journal,
            "sos_commands/kubernetes/journalctl_--no-pager_--unit_kubelet": journal,
            "var/log/syslog": started + journal,
        ])
        #expect(thrice == once)
        // Later lines in a file that is read earlier.
        let halves = journal.split(separator: "\n").map { $0 + "\n" }
        let mixed = try lines([
            "sos_commands/logs/journalctl_--no-pager": halves[5...].joined(),
            "var/log/syslog": started + halves[..<7].joined(),
        ])
        #expect(mixed == once)
    }

    /// What the real one wrote on a Debian 12 node (sosreport 4.0, `-o logs,kernel,systemd,process`).
    @Test func ofARealSosReportTheLogsAreRead() {
        let root = "sosreport-node1-2026-11-30-xcoaohw/"
        let logs = [
            "sos_commands/kernel/dmesg", "sos_commands/logs/journalctl_--no-pager",
            "sos_commands/logs/journalctl_--no-pager_--catalog_--boot",
            "sos_commands/logs/journalctl_--no-pager_--catalog_--boot_-1",
        ]
        let others = [
            "etc/systemd/journald.conf", "proc/sys/kernel/random/boot_id", "sos_commands/kernel/sysctl_-a",
            "sos_commands/kernel/ls_-lt_.sys.kernel.slab", "sos_commands/logs/journalctl_--disk-usage",
            "sos_commands/logs/ls_-alRh_.var.log", "sos_commands/systemd/journalctl_--list-boots",
            "sos_logs/sos.log",
            "sos_logs/ui.log", "usr/lib/systemd/system/sys-kernel-config.mount",
            "usr/lib/systemd/system/systemd-journald.socket",
        ]
        for name in logs {
            #expect(BundleMember(root + name)?.node == String(root.dropLast()), "\(name)")
        }
        for name in others { #expect(BundleMember(root + name) == nil, "\(name)") }
    }

    /// Of files that `journalctl -o export` was written to, each is a node's, or a unit's where its name says so.
    @Test func exportStreamsAreLogs() {
        #expect(BundleMember("x/node1.export")?.node == "x/node1")
        #expect(BundleMember("x/node1.export.gz")?.node == "x/node1")
        #expect(BundleMember("x/kubelet.export")?.node == "x")
        #expect(BundleMember("x/journal.export")?.node == "x")
    }

    /// A container's own log is no daemon's, whatever it is called.
    @Test(arguments: [
        "x/pods/default_web_1/containerd/0.log", "x/containers/kubelet_default_kubelet-0a.log",
        "x/sos_commands/docker/docker_logs_-t_kubelet",
        "x/sos_commands/crio/containers/crictl_logs_-t_containerd",
    ])
    func whatContainersWriteIsNotRead(_ path: String) throws {
        #expect(BundleMember(path) == nil)
    }
}
