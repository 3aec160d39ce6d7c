// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

/// What a package file at hand adds to its version.
@Suite("Preflight of packages") struct PreflightPackageTests {
    private static func severities(_ report: PreflightReport) -> [String: PreflightFinding.Severity] {
        Dictionary(report.findings.map { ($0.id, $0.severity) }) { first, _ in first }
    }

    private static func package(
        _ name: String, _ version: String, _ paths: [String], _ texts: [String: String] = [:]
    ) -> UpgradePackage {
        var package = UpgradePackage(file: name + ".deb", manager: .dpkg, name: name, version: version)
        package.paths = paths + texts.keys.sorted()
        package.texts = texts
        return package
    }

    @Test(
        arguments: [
            ("containerd.io", "1.7.24", "containerd"), ("runc", "1.1.5+ds1-1+deb12u1", "runc"),
            ("cri-o", "1.30.6-1.1", "cri-o"), ("cri-o1.30", "1.30.6", "cri-o"),
            ("cri-o-1.24", "1.24.6", "cri-o"),
            ("cri-o-runc", "1.1.12", "runc"), ("kubelet", "1.30.4-1.1", "kubelet"), ("vim", "9.0", nil),
            ("cri-o-doc", "1.30.6", nil), ("containerd", "git-2026", nil),
        ] as [(String, String, String?)])
    func components(_ name: String, _ version: String, _ component: String?) {
        #expect(Self.package(name, version, []).target?.component == component)
    }

    @Test func aPackageIsJudgedAsItsVersion() throws {
        let report = try Scene().engine.preflight(
            PreflightPlan(packages: [
                Self.package("containerd", "2.0.1~ds1-1", []), Self.package("vim", "9", []),
            ]))
        #expect(Self.severities(report)["containerd-go-cni-deadlock"] == .warning)
        #expect(report.components.first { $0.name == "containerd" }?.target == "2.0.1~ds1-1")
        #expect(report.unread.contains { $0.hasPrefix("vim.deb: vim 9, of which the tables know nothing") })
    }

    // MARK: CRI-O's default

    private static let dropIn = "/etc/crio/crio.conf.d/10-crio.conf"
    private static let crun = """
        [crio.runtime]
        default_runtime = "crun"
        [crio.runtime.runtimes.crun]
        runtime_path = "/usr/libexec/crio/crun"
        runtime_root = "/run/crun"
        """

    /// Containers that runc made, and files that set the default.
    private static func crio(_ files: [RuntimeConfiguration.File]) throws -> Scene {
        var node = try ContainerScene()
        node.run(1)
        node.scan()
        let handler = RuntimeConfiguration.Handler(name: "runc", path: "/usr/bin/runc", root: "/run/runc")
        node.scene.feed(
            .node(
                .runtimeConfiguration(
                    RuntimeConfiguration(
                        defaultRuntime: files.last { $0.defaultRuntime != nil }?.defaultRuntime,
                        handlers: [handler], files: files))))
        return node.scene
    }

    @Test(
        "the drop-in of the package at hand, where it comes to lie",
        arguments: [
            ("/etc/crio/crio.conf.d/01-runc.conf", false, .blocker),
            ("/etc/crio/crio.conf.d/99-runc.conf", false, nil),
            (dropIn, false, .blocker), (dropIn, true, .warning),
        ] as [(String, Bool, PreflightFinding.Severity?)])
    func theDropIn(_ path: String, _ isKept: Bool, _ severity: PreflightFinding.Severity?) throws {
        var package = Self.package("cri-o", "1.30.6-1.1", [], [Self.dropIn: Self.crun])
        if isKept { package.configurations = [.init(path: Self.dropIn, size: 1, isKept: true)] }
        let scene = try Self.crio([.init(path: path, defaultRuntime: "runc")])
        let report = scene.engine.preflight(PreflightPlan(packages: [package]))
        #expect(Self.severities(report)["default-runtime-package"] == severity)
    }

    /// dpkg does not put a deleted conffile back; whether it was ever there is not known.
    @Test(
        "a drop-in that is not there",
        arguments: [(.dpkg, true), (.dpkg, false), (.rpm, true)]
            as [(UpgradePackage.Manager, Bool)])
    func aDropInThatIsNotThere(
        _ manager: UpgradePackage.Manager, _ isKept: Bool
    ) throws {
        var package = Self.package("cri-o", "1.30.6-1.1", [], [Self.dropIn: Self.crun])
        package.manager = manager
        if isKept { package.configurations = [.init(path: Self.dropIn, size: 1, isKept: true)] }
        let scene = try Self.crio([
            .init(path: "/etc/crio/crio.conf.d/01-runc.conf", defaultRuntime: "runc")
        ])
        let report = scene.engine.preflight(PreflightPlan(packages: [package]))
        let finding = try #require(report.findings.first { $0.id == "default-runtime-package" })
        #expect(finding.severity == .blocker)
        let mayBeDeleted = finding.evidence.contains { $0.contains("somebody deleted it") }
        #expect(mayBeDeleted == (isKept && manager == .dpkg))
    }

    @Test func aPackageWithoutADropInSetsNoDefault() throws {
        let scene = try Self.crio([.init(path: "/etc/crio/crio.conf", defaultRuntime: "runc")])
        let bare = Self.package("cri-o", "1.30.6", ["/usr/bin/crio"])
        let report = scene.engine.preflight(PreflightPlan(packages: [bare]))
        #expect(Self.severities(report)["default-runtime-package"] == nil)
        let assumed = scene.engine.preflight([UpgradeTarget("cri-o=1.30.6")].compactMap(\.self))
        #expect(Self.severities(assumed)["default-runtime-package"] == .warning)
    }

    // MARK: What is started and used

    @Test(
        "what has a program's name is one only where programs are",
        arguments: [
            ("/usr/bin/kubelet", true), ("/sbin/runc", true), ("/usr/local/bin/containerd", true),
            ("/usr/libexec/crio/crun", true), ("/usr/lib/cri-o-runc/sbin/runc", true),
            ("/etc/sysconfig/kubelet", false), ("/etc/default/bin/kubelet", false),
            ("/usr/share/bash-completion/completions/crio", false), ("/usr/share/x/bin/runc", false),
            ("/usr/lib/systemd/kubelet", false), ("/usr/libexec/other", false),
        ])
    func programs(_ path: String, _ isOne: Bool) {
        #expect(UpgradePackage.wants(path) == isOne)
    }

    @Test func aKubeletsSettingsAreNotStarted() {
        let package = Self.package(
            "kubelet", "1.30.4", ["/etc/sysconfig/kubelet", "/usr/bin/kubelet"])
        #expect(package.programs(named: "kubelet") == ["/usr/bin/kubelet"])
    }

    private static func containerd(starts path: String, files: [FileStamp] = []) throws -> Scene {
        var scene = try Scene()
        scene.starts()
        let file = RuntimeBinaries.File(path: path, device: 1, inode: 10)
        scene.feed(
            .node(
                .binaries(
                    RuntimeBinaries(
                        unit: Scene.unit, running: .init(pid: 58, path: path, onDisk: .same),
                        configured: file, copies: [file], oldShims: [], shims: 1))))
        scene.feed(.node(.changes(ChangeReport(digest: 1, packages: [], files: files))))
        return scene
    }

    private static func stamp(_ path: String, size: UInt64 = 10) -> FileStamp {
        FileStamp(
            path: path, size: size, inode: 1, modifiedAt: WallTime(microseconds: 0),
            changedAt: WallTime(microseconds: 0))
    }

    @Test func theUnitStartsAnotherFile() throws {
        let unit = "/lib/systemd/system/containerd.service"
        let package = Self.package(
            "containerd", "1.7.24", ["/usr/bin/containerd"],
            [unit: "[Service]\nExecStart=/usr/bin/containerd\n"])
        func found(_ scene: Scene) -> PreflightFinding? {
            scene.engine.preflight(PreflightPlan(packages: [package])).findings.first {
                $0.id == "package-other-path"
            }
        }
        #expect(found(try Self.containerd(starts: "/usr/bin/containerd")) == nil)
        #expect(found(try Self.containerd(starts: "/bin/containerd")) == nil, "a link to /usr/bin")
        let local = try #require(found(try Self.containerd(starts: "/usr/local/bin/containerd")))
        #expect(local.sentence.hasPrefix("its unit file starts another binary"))
        let override = Self.stamp("/etc/systemd/system/containerd.service.d/local.conf")
        let kept = try #require(
            found(try Self.containerd(starts: "/usr/local/bin/containerd", files: [override])))
        #expect(kept.sentence == "containerd.service does not start the binary that the package brings")
        #expect(kept.evidence.contains(override.path))
    }

    @Test func anOCIRuntimeThatNobodyCalls() throws {
        var node = try ContainerScene()
        node.run(1, runtime: "/usr/libexec/crio/runc")
        node.scan()
        func found(_ paths: [String]) -> [PreflightFinding] {
            node.scene.engine.preflight(
                PreflightPlan(packages: [Self.package("runc", "1.1.15", paths)])
            ).findings.filter { $0.id == "package-not-used" }
        }
        #expect(found(["/usr/bin/runc"]).first?.sentence.hasPrefix("nothing here is known") == true)
        #expect(found(["/usr/libexec/crio/runc"]).isEmpty)
        node.run(2, runtime: "/usr/bin/runc")
        node.scan()
        #expect(found(["/usr/bin/runc"]).first?.sentence.hasPrefix("not everything here") == true)
    }

    @Test func whoUsesAnOCIRuntimeIsNotGuessed() throws {
        let package = Self.package("runc", "1.1.15", ["/usr/sbin/runc"])
        var scene = try Scene()
        scene.starts()
        func report() -> PreflightReport { scene.engine.preflight(PreflightPlan(packages: [package])) }
        #expect(report().unread.contains("whether anything here uses the runc of runc.deb"))
        scene.feed(.node(.binary(name: "runc", path: "/usr/local/sbin/runc")))
        let other = report().findings.first { $0.id == "package-not-used" }
        #expect(other?.evidence.contains("containerd finds /usr/local/sbin/runc by its PATH") == true)
        scene.feed(.node(.binary(name: "runc", path: "/sbin/runc")))
        #expect(Self.severities(report())["package-not-used"] == nil, "a link to /usr/sbin")
    }

    @Test func aUnitThatStartsAShellIsNotJudged() throws {
        let package = Self.package("containerd", "1.7.24", ["/usr/bin/containerd"])
        let report = try Self.containerd(starts: "/bin/sh").engine.preflight(
            PreflightPlan(packages: [package]))
        #expect(Self.severities(report)["package-other-path"] == nil)
    }

    @Test func configurationFiles() throws {
        let path = "/etc/containerd/config.toml"
        let scene = try Self.containerd(starts: "/usr/bin/containerd", files: [Self.stamp(path, size: 300)])
        func found(_ manager: UpgradePackage.Manager, _ size: Int, isKept: Bool) -> PreflightFinding? {
            var package = UpgradePackage(
                file: "c", manager: manager, name: "containerd.io", version: "1.7.24")
            package.configurations = [.init(path: path, size: size, isKept: isKept)]
            return scene.engine.preflight(PreflightPlan(packages: [package])).findings.first {
                $0.id == "package-configuration"
            }
        }
        #expect(found(.dpkg, 255, isKept: true)?.severity == .note)
        // Only sizes are compared: who made the difference is not known.
        for manager in [UpgradePackage.Manager.dpkg, .rpm] {
            let told = try #require(found(manager, 255, isKept: true)).consequence
            #expect(told.hasPrefix("Where it was edited here, that one is kept ("))
            #expect(told.hasSuffix("; where not, the package's takes its place."))
        }
        #expect(found(.rpm, 255, isKept: true)?.consequence.contains(".rpmnew") == true)
        #expect(found(.rpm, 255, isKept: false)?.severity == .warning)
        #expect(found(.rpm, 300, isKept: false) == nil)
    }

    @Test(
        "a network that comes first by its name",
        arguments: [
            ("11-crio.conflist", true), ("11-crio.conflist.disabled", false), ("99-crio.conflist", false),
            ("50-cluster.conflist", false),
        ])
    func networks(_ name: String, _ isTold: Bool) throws {
        let package = Self.package("cri-o", "1.30.6", ["/etc/cni/net.d/" + name])
        var scene = try Self.crio([])
        let blind = scene.engine.preflight(PreflightPlan(packages: [package]))
        let isRead = !name.hasSuffix(".disabled")
        #expect(
            blind.unread.contains { $0.hasPrefix("the CNI directory, where cri-o.deb brings") } == isRead)
        let file = CNIConfiguration.File(
            name: "50-cluster.conflist", modifiedAt: WallTime(microseconds: 0), problem: nil,
            plugins: ["bridge"])
        scene.feed(
            .node(.cni(CNIConfiguration(directory: "/etc/cni/net.d", files: [file], missingPlugins: []))))
        let report = scene.engine.preflight(PreflightPlan(packages: [package]))
        #expect((Self.severities(report)["package-network"] == .warning) == isTold)
    }

    @Test func whatAPackageHasBesideItsOwnIsNotKnown() throws {
        var package = Self.package(
            "cri-o", "1.30.6", ["/usr/bin/crio", "/usr/bin/crio-crun", "/usr/bin/crio-conmon"])
        package.restarts = ["crio.service"]
        let report = try Self.crio([]).engine.preflight(PreflightPlan(packages: [package]))
        #expect(report.unread.contains("the versions of crun, conmon in cri-o.deb"))
        #expect(Self.severities(report)["package-restarts"] == .note)
    }
}
