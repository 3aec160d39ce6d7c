// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import Diagnosis

/// What each finding rests on, and what looks alike and is none.
@Suite("Preflight") struct PreflightTests {
    private static func targets(_ texts: [String]) -> [UpgradeTarget] {
        texts.compactMap { UpgradeTarget($0) }
    }

    private static func severities(_ report: PreflightReport) -> [String: PreflightFinding.Severity] {
        Dictionary(report.findings.map { ($0.id, $0.severity) }) { first, _ in first }
    }

    /// A containerd node of that version, with what the node tells.
    private static func node(_ version: String = "2.1.9", _ reports: [NodeReport] = []) throws -> Scene {
        var scene = try Scene()
        scene.probe(
            .version, .version(RuntimeVersion(name: "containerd", version: version, apiVersion: "v1")))
        for report in reports { scene.feed(.node(report)) }
        return scene
    }

    private static func file(_ path: String, _ values: [String: String]) -> NodeReport {
        let stamp = FileStamp(
            path: path, size: 10, inode: 1, modifiedAt: WallTime(microseconds: 0),
            changedAt: WallTime(microseconds: 0), keys: values.mapValues(FileStamp.digest(ofValue:)))
        return .changes(ChangeReport(digest: 1, packages: [], files: [stamp]))
    }

    private static func containerdFile(_ values: [String: String]) -> NodeReport {
        file("/etc/containerd/config.toml", values)
    }

    private static let kubelet = NodeReport.kubelet(
        KubeletProcess(pid: 7, program: "kubelet", unit: "kubelet.service", flags: ["config", "v"]))

    // MARK: Targets

    @Test(arguments: [
        ("containerd=2.0.3", "containerd"), ("crio=1.36.0", "cri-o"), ("kubelet=v1.34.2", "kubelet"),
    ])
    func targetsAreRead(_ text: String, _ component: String) {
        #expect(UpgradeTarget(text)?.component == component)
    }

    @Test func aLineIsItsFirstRelease() {
        #expect(UpgradeTarget("cri-o=1.36")?.version == "1.36.0")
        #expect(UpgradeTarget("crun=1.17")?.version == "1.17")
        #expect(UpgradeTarget("containerd=1.7.24~ds1-1+deb13u1")?.version == "1.7.24~ds1-1+deb13u1")
    }

    @Test(arguments: [
        "containerd", "containerd=", "containerd=new", "docker=27.0", "=1.0", "kubelet=1",
        "containerd=2.0.1,kubelet=1.36.2", "containerd=2.1.x",
        "containerd=2.1.4.1", "containerd=1.x.2", "containerd=2.1.4 ", "containerd=2..1",
    ])
    func whatIsNoTargetIsRefused(_ text: String) { #expect(UpgradeTarget(text) == nil) }

    // MARK: Words

    @Test func everyFindingCanBeExplained() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Sources/Diagnosis/Preflight")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        let text = try files.map { try String(contentsOf: $0, encoding: .utf8) }.joined()
        let ids = Set(
            text.matches(of: /(?:blocker|warning|note|severity),\s+"([a-z0-9-]+)"/).map { String($0.1) })
        #expect(ids.count >= 19 && ids.contains("cri-v1"))
        for id in ids { #expect(AdvisoryTable.embedded.row(id)?.table == "finding", "\(id)") }
        let rows = AdvisoryTable.embedded.rows.filter { $0.table == "finding" }
        #expect(Set(rows.map(\.id)) == ids, "a row that nothing finds")
    }

    // MARK: Settings

    private static let cri = "plugins.io.containerd.grpc.v1.cri"

    @Test(
        arguments: [
            (
                ["\(cri).registry.mirrors.docker.io.endpoint": "x", "\(cri).registry.config_path": "y"],
                "1.7.24", "containerd-mirrors-beside-config-path", true
            ),
            (
                [
                    "\(cri).registry.mirrors.docker.io.endpoint": "x",
                    "\(cri).registry.config_path": "string(\"\")",
                ], "1.7.24", "containerd-mirrors-beside-config-path", false
            ),
            (
                ["\(cri).registry.mirrors.docker.io.endpoint": "x"], "2.3.0", "containerd-registry-tables",
                true
            ),
            (["\(cri).systemd_cgroup": "boolean(true)"], "2.0.3", "containerd-systemd-cgroup", true),
            (["\(cri).systemd_cgroup": "boolean(false)"], "2.0.3", "containerd-systemd-cgroup", false),
            (["\(cri).systemd_cgroup": "boolean(true)"], "1.7.24", "containerd-systemd-cgroup", false),
            (
                ["\(cri).containerd.runtimes.runc.runtime_type": "string(\"io.containerd.runc.v1\")"],
                "2.0.3", "containerd-runtime-types", true
            ),
            (
                ["\(cri).containerd.runtimes.runc.runtime_type": "string(\"io.containerd.runc.v2\")"],
                "2.0.3", "containerd-runtime-types", false
            ),
            (
                ["\(cri).containerd.runtimes.runc.runtime_root": "string(\"/x\")"], "2.0.3",
                "containerd-runtime-keys", true
            ),
            (
                ["\(cri).containerd.runtimes.runc.runtime_root": "string(\"\")"], "2.0.3",
                "containerd-runtime-keys", false
            ),
            (["\(cri).containerd.snapshotter": "string(\"aufs\")"], "2.0.3", "containerd-aufs", true),
            (["\(cri).containerd.snapshotter": "string(\"overlayfs\")"], "2.0.3", "containerd-aufs", false),
            (["version": "integer(3)"], "1.7.24", "containerd-config-version-3", true),
            (["version": "integer(2)"], "1.7.24", "containerd-config-version-3", false),
            (["version": "integer(4)"], "2.2.0", "containerd-config-version-4", true),
            (["version": "integer(4)"], "2.3.0", "containerd-config-version-4", false),
            (["version": "integer(2)"], "2.0.3", "containerd-config-converted", true),
            (["version": "integer(3)"], "2.0.3", "containerd-config-converted", false),
            (
                ["disabled_plugins": "array([TOML.TOMLValue.string(\"cri\")])"], "2.1.9",
                "containerd-cri-disabled", true
            ),
            (["disabled_plugins": "array([])"], "2.1.9", "containerd-cri-disabled", false),
            (
                ["disabled_plugins": "array(x)", "disabled_plugins[1]": "string(\"cri\")"], "2.1.9",
                "containerd-cri-disabled", true
            ),
            (
                ["disabled_plugins": "array(x)", "disabled_plugins[0]": "string(\"aufs\")"], "2.1.9",
                "containerd-cri-disabled", false
            ),
            (
                ["disabled_plugins[0]": "string(\"io.containerd.cri.v1.images\")"], "2.1.9",
                "containerd-cri-services-disabled", true
            ),
            (
                ["disabled_plugins[0]": "string(\"io.containerd.cri.v1.images\")"], "1.7.24",
                "containerd-cri-services-disabled", false
            ),
        ] as [([String: String], String, String, Bool)])
    func settings(_ values: [String: String], _ version: String, _ id: String, _ isTold: Bool) throws {
        let scene = try Self.node("2.1.9", [Self.containerdFile(values)])
        let report = scene.engine.preflight(Self.targets(["containerd=\(version)"]))
        #expect((Self.severities(report)[id] != nil) == isTold)
        if isTold {
            let finding = try #require(report.findings.first { $0.id == id })
            #expect(finding.evidence.first?.hasPrefix("/etc/containerd/config.toml sets ") == true)
        }
    }

    @Test func aCRIThatNobodyIsServedMayBeOff() throws {
        var scene = try Scene()
        scene.fails(.unimplemented)
        scene.feed(
            .node(Self.containerdFile(["disabled_plugins": "array([TOML.TOMLValue.string(\"cri\")])"])))
        let report = scene.engine.preflight(Self.targets(["containerd=2.1.9"]))
        #expect(Self.severities(report)["containerd-cri-disabled"] == nil)
    }

    @Test(arguments: [
        ("pod-infra-container-image", "1.35.0", "kubelet-pod-infra-flag"),
        ("container-runtime", "1.27.1", "kubelet-container-runtime-flag"),
        ("logtostderr", "1.26.0", "kubelet-klog-flags"),
        ("network-plugin", "1.24.0", "kubelet-dockershim-flags"),
    ])
    func flags(_ flag: String, _ version: String, _ id: String) throws {
        let process = KubeletProcess(pid: 7, program: "kubelet", unit: nil, flags: ["config", flag])
        let scene = try Self.node("2.1.9", [.kubelet(process)])
        #expect(
            Self.severities(scene.engine.preflight(Self.targets(["kubelet=\(version)"])))[id] == .blocker)
        #expect(Self.severities(scene.engine.preflight(Self.targets(["kubelet=1.23.9"])))[id] == nil)
        let clean = try Self.node("2.1.9", [Self.kubelet])
        let report = clean.engine.preflight(Self.targets(["kubelet=\(version)"]))
        #expect(Self.severities(report)[id] == nil)
        #expect(report.examined.contains("2 flags of kubelet"))
        #expect(
            report.examined.contains {
                $0.hasPrefix("known defects and vulnerabilities of containerd 2.1.9, as of")
            })
    }

    @Test func cRIOsRemovedKey() throws {
        var node = try ContainerScene()
        node.scene.feed(.node(Self.file("/etc/crio/crio.conf", ["crio.image.registries": "array([x])"])))
        let engine = node.scene.engine
        #expect(
            Self.severities(engine.preflight(Self.targets(["cri-o=1.31.0"])))["crio-registries"] == .warning)
        #expect(Self.severities(engine.preflight([]))["crio-registries"] == nil)
    }

    // MARK: Versions

    @Test(arguments: [
        ("1.36.0", "2.1.9", true), ("1.36.0", "2.2.1", false), ("1.35.0", "1.7.27", true),
        ("1.35.0", "1.7.28", false), ("1.30.0", "1.6.14", true), ("1.30.0", "1.6.20", false),
        ("1.37.0", "1.6.20", false), ("1.25.0", "1.5.2", false),
    ])
    func pairs(_ kubelet: String, _ containerd: String, _ isTold: Bool) throws {
        let report = try Self.node().engine.preflight(
            Self.targets(["kubelet=\(kubelet)", "containerd=\(containerd)"]))
        #expect((Self.severities(report)["kubelet-containerd"] != nil) == isTold)
    }

    @Test(
        arguments: [
            ("kubelet=1.26.0", "1.5.18", PreflightFinding.Severity.blocker),
            ("kubelet=1.25.9", "1.5.18", nil),
            ("kubelet=1.26.0", "1.6.20", nil), ("runc=1.1.12", "1.5.18", .warning),
        ] as [(String, String, PreflightFinding.Severity?)])
    func v1(_ target: String, _ containerd: String, _ severity: PreflightFinding.Severity?) throws {
        let report = try Self.node(containerd).engine.preflight(Self.targets([target]))
        #expect(Self.severities(report)["cri-v1"] == severity)
    }

    @Test(arguments: [
        ("kubelet=1.22.17", "containerd=2.0.3", true), ("kubelet=1.23.0", "containerd=2.0.3", false),
        ("kubelet=1.22.17", "containerd=1.7.24", false),
    ])
    func v1alpha2(_ kubelet: String, _ containerd: String, _ isTold: Bool) throws {
        let report = try Self.node().engine.preflight(Self.targets([kubelet, containerd]))
        #expect((Self.severities(report)["cri-v1alpha2"] != nil) == isTold)
    }

    @Test func theWayThereAndBack() throws {
        let old = try Self.node("1.6.20").engine
        let up = Self.severities(old.preflight(Self.targets(["containerd=1.7.24"])))
        #expect(up["containerd-ready-after-recovery"] == .note && up["containerd-2.0"] == nil)
        #expect(up["downgrade"] == nil)
        let new = try Self.node("2.1.9").engine
        #expect(Self.severities(new.preflight(Self.targets(["containerd=2.2.5"])))["containerd-2.0"] == nil)
        #expect(Self.severities(new.preflight(Self.targets(["containerd=2.1.1"])))["downgrade"] == .warning)
    }

    @Test func cRIOGoesWithItsKubelet() throws {
        var node = try ContainerScene()
        node.list()
        let other = Self.severities(
            node.scene.engine.preflight(Self.targets(["cri-o=1.31.2", "kubelet=1.30.1"])))
        #expect(other["kubelet-crio"] == .warning && other["crio-wipe"] == .warning)
        let same = Self.severities(
            node.scene.engine.preflight(Self.targets(["cri-o=1.30.9", "kubelet=1.30.1"])))
        #expect(same["kubelet-crio"] == nil && same["crio-wipe"] == nil)
    }

    @Test func severalNetworksMakeTheDeadlockATrap() throws {
        func cni(_ plugins: [String]) -> NodeReport {
            .cni(
                CNIConfiguration(
                    directory: "/etc/cni/net.d",
                    files: [
                        .init(
                            name: "00.conf", modifiedAt: WallTime(microseconds: 0), problem: nil,
                            plugins: plugins)
                    ],
                    missingPlugins: []))
        }
        let id = "containerd-go-cni-deadlock"
        let multus = try Self.node("2.0.0", [cni(["multus"])]).engine
        #expect(Self.severities(multus.preflight(Self.targets(["containerd=2.0.1"])))[id] == .blocker)
        #expect(Self.severities(multus.preflight(Self.targets(["containerd=2.0.3"])))[id] == nil)
        let plain = try Self.node("2.0.0", [cni(["bridge"])]).engine
        #expect(Self.severities(plain.preflight(Self.targets(["containerd=2.0.1"])))[id] == .warning)
    }

    // MARK: The node

    @Test func cgroupV1() throws {
        func mount(_ type: String) -> NodeReport {
            .resources(
                NodeResources(mounts: [
                    .init(
                        path: "/sys/fs/cgroup", mountPoint: "/sys/fs/cgroup", source: type, type: type,
                        isReadOnly: false)
                ]))
        }
        let targets = Self.targets(["kubelet=1.35.0"])
        func found(_ reports: [NodeReport]) throws -> PreflightFinding.Severity? {
            Self.severities(try Self.node("2.2.1", reports).engine.preflight(targets))["cgroup-v1"]
        }
        #expect(try found([mount("tmpfs")]) == .blocker)
        #expect(try found([mount("cgroup2")]) == nil)
        var said = KubeletProcess(
            pid: 7, program: "kubelet", unit: nil, configFile: "/var/lib/kubelet/config.yaml")
        #expect(
            try found([
                mount("tmpfs"), .kubelet(said),
                Self.file("/var/lib/kubelet/config.yaml", ["failCgroupV1": "false"]),
            ]) == nil)
        #expect(
            try found([
                mount("tmpfs"), .kubelet(said),
                Self.file("/var/lib/kubelet/config.yaml", ["failCgroupV1": "true"]),
            ]) == .blocker)
        // The file was not read: it may say that it is wanted so.
        #expect(try found([mount("tmpfs"), .kubelet(said)]) == .warning)
        said.flags = ["fail-cgroupv1"]
        #expect(try found([mount("tmpfs"), .kubelet(said)]) == nil)
        said.flags = []
        said.configFile = nil
        #expect(try found([mount("tmpfs"), .kubelet(said)]) == .blocker)
        #expect(
            try Self.node().engine.preflight(targets).unread.contains("whether the node has cgroup v1"))
    }

    @Test(
        arguments: [(9, PreflightFinding.Severity.warning), (11, nil)]
            as [(UInt64, PreflightFinding.Severity?)])
    func space(_ percent: UInt64, _ severity: PreflightFinding.Severity?) throws {
        let usage = FileSystemUsage(
            path: "/var/lib/containerd", totalBytes: 1000, availableBytes: percent * 10)
        let report = try Self.node("2.1.9", [.fileSystems([usage])]).engine.preflight([])
        #expect(Self.severities(report)["disk"] == severity)
    }

    @Test func whatIsWrongAlreadyIsSaid() throws {
        var scene = try Self.node()
        #expect(Self.severities(scene.engine.preflight([]))["open-incident"] == nil)
        scene.starts()
        scene.killed()
        scene.wait(.seconds(60))
        let report = scene.engine.preflight([])
        #expect(Self.severities(report)["open-incident"] == .blocker && report.verdict == .blockers)
    }

    @Test func aSuspicionWarns() throws {
        var scene = try Self.node()
        scene.starts()
        scene.wait(.seconds(4))
        scene.fails(.timedOut, at: .version)
        #expect(scene.engine.snapshot(at: scene.now).open.map(\.status) == [.suspected])
        #expect(Self.severities(scene.engine.preflight([]))["open-incident"] == .warning)
    }

    @Test func whatTheTablesDoNotReachIsNotExamined() throws {
        let report = try Self.node("2.1.9").engine.preflight(Self.targets(["containerd=99.0.0"]))
        #expect(report.unread.contains { $0.hasPrefix("containerd 99.0.0: its line is later") })
        #expect(!report.examined.contains { $0.hasPrefix("known defects") })
        let pair = try Self.node("2.1.9").engine.preflight(Self.targets(["kubelet=1.99.0"]))
        #expect(pair.unread.contains { $0.hasPrefix("kubelet 1.99.0 with containerd") })
        let known = try Self.node("2.1.9").engine.preflight(Self.targets(["containerd=2.1.10"]))
        #expect(known.examined.contains { $0.hasPrefix("known defects") })
    }

    /// Nothing of it is in force, unless the main file imports it.
    @Test func whatNobodyImportsIsNotJudged() throws {
        let rest = Self.file("/etc/containerd/conf.d/old.toml", ["version": "integer(2)"])
        let report = try Self.node("2.1.9", [rest]).engine.preflight([])
        #expect(!report.examined.contains { $0.contains("conf.d") })
    }

    @Test(
        "a file that the main one imports, and one that it does not",
        arguments: [
            ("/opt/site/cri.toml", "/opt/site/*.toml", true),
            ("/etc/containerd/conf.d/x.toml", "/etc/containerd/conf.d/*.toml", true),
            ("/etc/containerd/conf.d/x.toml", "conf.d/*.toml", true),
            ("/etc/containerd/conf.d/x.toml", "/opt/site/*.toml", false),
            ("/etc/containerd/certs.d/docker.io/hosts.toml", "/opt/site/*.toml", false),
        ])
    func imports(_ path: String, _ pattern: String, _ isJudged: Bool) throws {
        func stamp(_ path: String, _ keys: [String: String]) -> FileStamp {
            FileStamp(
                path: path, size: 10, inode: 1, modifiedAt: WallTime(microseconds: 0),
                changedAt: WallTime(microseconds: 0), keys: keys.mapValues(FileStamp.digest(ofValue:)))
        }
        let main = stamp(
            "/etc/containerd/config.toml",
            ["imports": "array(x)", "imports[0]": "string(\"\(pattern)\")", "version": "integer(2)"])
        let other = stamp(path, ["plugins.cri.systemd_cgroup": "boolean(true)"])
        let report = try Self.node(
            "2.1.9", [.changes(ChangeReport(digest: 1, packages: [], files: [main, other]))]
        ).engine.preflight([])
        #expect((Self.severities(report)["containerd-systemd-cgroup"] != nil) == isJudged)
        let alone = try Self.node(
            "2.1.9", [.changes(ChangeReport(digest: 1, packages: [], files: [main]))]
        ).engine.preflight([])
        #expect(alone.unread.contains { $0.hasPrefix("what /etc/containerd/config.toml imports") })
    }

    @Test func binaries() throws {
        let packaged = RuntimeBinaries.File(path: "/usr/bin/containerd", device: 1, inode: 10)
        let other = RuntimeBinaries.File(path: "/usr/local/bin/containerd", device: 1, inode: 11)
        func found(
            _ onDisk: RuntimeBinaries.OnDisk, _ configured: RuntimeBinaries.File?,
            _ copies: [RuntimeBinaries.File]
        ) throws -> Set<String> {
            var scene = try Scene()
            scene.starts()
            scene.feed(
                .node(
                    .binaries(
                        RuntimeBinaries(
                            unit: Scene.unit, running: .init(pid: 58, path: packaged.path, onDisk: onDisk),
                            configured: configured, copies: copies, oldShims: [], shims: 3))))
            let ids = Set(scene.engine.preflight(Self.targets(["containerd=1.7.24"])).findings.map(\.id))
            return ids.intersection([
                "binary-replaced", "binary-missing", "unit-starts-another", "two-installs", "shims-stay",
            ])
        }
        #expect(try found(.same, packaged, [packaged]) == ["shims-stay"])
        #expect(try found(.replaced, packaged, [packaged]) == ["shims-stay", "binary-replaced"])
        #expect(try found(.deleted, nil, []) == ["shims-stay", "binary-replaced", "binary-missing"])
        #expect(
            try found(.same, other, [other, packaged]) == [
                "shims-stay", "unit-starts-another", "two-installs",
            ])
    }

    // MARK: OCI runtimes

    @Test func theDefaultOnDisk() throws {
        var node = try ContainerScene()
        node.run(1)
        node.list()
        node.scan()
        node.configure("runc", path: "/usr/bin/runc", root: "/run/runc")
        #expect(Self.severities(node.scene.engine.preflight([]))["default-runtime"] == nil)
        node.configure("crun")
        let report = node.scene.engine.preflight([])
        #expect(Self.severities(report)["default-runtime"] == .blocker && report.verdict == .blockers)
    }

    @Test(
        arguments: [
            ("/etc/crio/crio.conf.d/01-runc.conf", "1.30.6", PreflightFinding.Severity.warning),
            ("/etc/crio/crio.conf.d/99-runc.conf", "1.30.6", nil),
            ("/etc/crio/crio.conf.d/10-crio.conf", "1.30.6", .warning),
            ("/etc/crio/crio.conf.d/01-runc.conf", "1.27.8", nil),
        ] as [(String, String, PreflightFinding.Severity?)])
    func thePackagesDropIn(_ path: String, _ version: String, _ severity: PreflightFinding.Severity?) throws {
        var node = try ContainerScene()
        node.run(1)
        node.scan()
        node.scene.feed(
            .node(
                .runtimeConfiguration(
                    RuntimeConfiguration(
                        defaultRuntime: "runc",
                        handlers: [.init(name: "runc", path: "/usr/bin/runc", root: "/run/runc")],
                        files: [.init(path: path, defaultRuntime: "runc")]))))
        let report = node.scene.engine.preflight(Self.targets(["cri-o=\(version)"]))
        #expect(Self.severities(report)["default-runtime-package"] == severity)
        #expect(Self.severities(node.scene.engine.preflight([]))["default-runtime-package"] == nil)
    }

    @Test func theBuiltInDefault() throws {
        var node = try ContainerScene()
        node.run(1)
        node.scan()
        node.scene.feed(
            .node(.runtimeConfiguration(RuntimeConfiguration(defaultRuntime: nil, handlers: [], files: []))))
        let engine = node.scene.engine
        let id = "default-runtime-built-in"
        #expect(Self.severities(engine.preflight(Self.targets(["cri-o=1.31.0"])))[id] == .blocker)
        #expect(Self.severities(engine.preflight(Self.targets(["cri-o=1.30.9"])))[id] == nil)
    }

    @Test(
        arguments: [(false, PreflightFinding.Severity.warning), (true, nil)]
            as [(Bool, PreflightFinding.Severity?)])
    func scopes(_ dependencies: Bool, _ severity: PreflightFinding.Severity?) throws {
        var node = try ContainerScene()
        node.run(1)
        node.scan()
        node.scene.feed(
            .node(
                .scopes([
                    ScopeState(
                        name: "crio-\(ContainerScene.id(1)).scope", description: "libcrun container",
                        defaultDependencies: dependencies)
                ])))
        #expect(Self.severities(node.scene.engine.preflight([]))["scopes-exposed"] == severity)
    }

    // MARK: What is not known

    @Test func whatCouldNotBeReadIsNoGoodNews() throws {
        let report = try Scene().engine.preflight(Self.targets(["containerd=2.1.9"]))
        #expect(report.verdict != .clear)
        for part in [
            "containerd: which version runs now", "the configuration files of containerd", "free space",
        ] {
            #expect(report.unread.contains(part))
        }
        let none = try Scene(endpoints: []).engine.preflight([])
        #expect(none.verdict == .unknown && none.unread.contains("container runtimes: none was found"))
    }

    /// systemd mounts the tmpfs above the controllers of v1 read-only.
    @Test(arguments: ["tmpfs", "cgroup2"])
    func whereTheControlGroupsAreNothingIsWritten(_ type: String) throws {
        func mount(_ path: String, _ type: String, isReadOnly: Bool) -> NodeResources.Mount {
            .init(path: path, mountPoint: path, source: type, type: type, isReadOnly: isReadOnly)
        }
        let groups = mount("/sys/fs/cgroup", type, isReadOnly: type == "tmpfs")
        let engine = try Self.node("2.2.1", [.resources(NodeResources(mounts: [groups]))]).engine
        #expect(engine.preflight([]).findings.filter { $0.severity == .blocker }.isEmpty)
        let state = mount("/var/lib/containerd", "ext4", isReadOnly: true)
        var scene = try Self.node("2.2.1", [.resources(NodeResources(mounts: [state]))])
        scene.wait(.seconds(1))
        scene.feed(.node(.resources(NodeResources(mounts: [state, groups]))))
        #expect(Self.severities(scene.engine.preflight([]))["open-incident"] == .blocker)
    }

    @Test func clearIsWhatWasExamined() throws {
        var scene = try Self.node(
            "2.3.4",
            [
                Self.containerdFile(["version": "integer(4)"]), Self.kubelet,
                .fileSystems([FileSystemUsage(path: "/", totalBytes: 100, availableBytes: 50)]),
                .resources(
                    NodeResources(mounts: [
                        .init(
                            path: "/sys/fs/cgroup", mountPoint: "/", source: "c", type: "cgroup2",
                            isReadOnly: false)
                    ])),
            ])
        scene.starts()
        scene.probe(
            .version, .version(RuntimeVersion(name: "containerd", version: "2.3.4", apiVersion: "v1")))
        let file = RuntimeBinaries.File(path: "/usr/bin/containerd", device: 1, inode: 10)
        scene.feed(
            .node(
                .binaries(
                    RuntimeBinaries(
                        unit: Scene.unit, running: .init(pid: 58, path: file.path, onDisk: .same),
                        configured: file, copies: [file], oldShims: [], shims: 0))))
        let kubelet = RuntimeBinaries.File(path: "/usr/bin/kubelet", device: 1, inode: 11)
        scene.feed(
            .node(
                .binaries(
                    RuntimeBinaries(
                        unit: "kubelet.service", running: .init(pid: 7, path: kubelet.path, onDisk: .same),
                        configured: kubelet, copies: [kubelet], oldShims: [], shims: 0))))
        let report = scene.engine.preflight(Self.targets(["kubelet=1.36.0"]), told: ["kubelet": "1.35.2"])
        #expect(report.unread.isEmpty)
        #expect(report.findings.filter { $0.severity != .note }.isEmpty)
        #expect(report.verdict == .clear)
    }

    // MARK: The tables

    @Test func theRowsAreWhole() {
        let table = AdvisoryTable.embedded
        #expect(table.settings.count >= 15 && table.pairs.count >= 6 && table.steps.count >= 2)
        let ids = table.settings.map(\.id) + table.steps.map(\.id)
        #expect(Set(ids).count == ids.count)
        let sources = table.settings.map(\.source) + table.pairs.map(\.source) + table.steps.map(\.source)
        #expect(sources.allSatisfy { $0.hasPrefix("https://") })
        for component in table.settings.map(\.component) + table.steps.map(\.component) {
            #expect(UpgradeTarget.components.contains(component))
        }
    }

    @Test func aRowIsReplacedAndSwitchedOff() throws {
        let text = """
            [[setting]]
            id = "kubelet-klog-flags"
            enabled = false
            [[pair]]
            kubelet = "1.36"
            versions = ["2.9.0"]
            source = "https://example.com"
            """
        let table = try AdvisoryTable.embedded.adding([RuleDocument(name: "own.toml", text: text)])
        #expect(!table.settings.contains { $0.id == "kubelet-klog-flags" })
        #expect(table.pairs.filter { $0.kubelet.line == [1, 36] }.map(\.source) == ["https://example.com"])
    }

    @Test(arguments: [
        "[[setting]]\nid = \"a\"\ncomponent = \"kubelet\"\nkeys = [\"x\"]\neffect = \"worse\"\nsentence = \"s\"\ndo = \"d\"\nsource = \"u\"",
        "[[setting]]\nid = \"a\"\ncomponent = \"kubelet\"\nkeys = [\"x\"]\neffect = \"ignored\"\nvalues = 3\nsentence = \"s\"\ndo = \"d\"\nsource = \"u\"",
        "[[setting]]\nid = \"a\"\ncomponent = \"kubelet\"\nkeys = [\"x\"]\neffect = \"ignored\"\nsince = 2\nsentence = \"s\"\ndo = \"d\"\nsource = \"u\"",
        "[[setting]]\nid = \"a\"\ncomponent = \"kubelet\"\nkeys = [\"x\"]\neffect = \"ignored\"\nserves-cri = \"yes\"\nsentence = \"s\"\ndo = \"d\"\nsource = \"u\"",
        "[[setting]]\nid = \"a\"\nkey = \"x\"", "[[pair]]\nkubelet = \"new\"",
        "[[step]]\nid = \"a\"\nat = []",
    ])
    func aWrongRowIsRefused(_ text: String) {
        #expect(throws: RuleError.self) {
            try AdvisoryTable().adding([RuleDocument(name: "own.toml", text: text)])
        }
    }

    @Test(arguments: [
        ("a.b", "a.b", true), ("a.b", "a.c", false), ("a.x.b", "a.*.b", true), ("a.b", "a.*.b", false),
        ("a.x.y.z", "a.*.y.*", true), ("a.y", "a.*.y", false), ("ab", "ab*b", false),
    ])
    func patterns(_ key: String, _ pattern: String, _ isHit: Bool) {
        #expect(SettingRule.matches(key, pattern) == isHit)
    }
}
