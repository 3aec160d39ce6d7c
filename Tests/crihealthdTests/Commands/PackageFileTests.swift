// SPDX-License-Identifier: Apache-2.0
import Diagnosis
import Foundation
import HealthModel
import Testing

@testable import crihealthd

/// Packages that Debian's own tools make, and files that are none or mean no good.
@Suite("Package files") struct PackageFileTests {
    /// Runs a tool, and fails the test with what it says.
    private static func run(_ tool: String, _ arguments: [String], in directory: String) throws {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: tool)
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: directory)
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let said = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(tool): \(String(decoding: said, as: UTF8.self))")
    }

    private static let dropIn = "[crio.runtime]\ndefault_runtime = \"crun\"\n"
    private static let unit = "[Service]\nExecStart=/usr/bin/crio\n"

    /// A tree as CRI-O's packages have it.
    private static func tree(_ directory: TemporaryDirectory) throws -> String {
        let root = directory.path + "/tree"
        for (path, text) in [
            ("usr/bin/crio", "\u{7F}ELF"), ("usr/libexec/crio/crun", "\u{7F}ELF"),
            ("etc/crio/crio.conf.d/10-crio.conf", dropIn), ("usr/lib/systemd/system/crio.service", unit),
            ("etc/cni/net.d/11-crio-ipv4-bridge.conflist", "{}"), ("usr/share/doc/cri-o/README", "text"),
        ] {
            let file = URL(filePath: root + "/" + path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        return root
    }

    private static func deb(_ directory: TemporaryDirectory, _ compression: String = "xz") throws -> String {
        let root = try tree(directory)
        try FileManager.default.createDirectory(
            atPath: root + "/DEBIAN", withIntermediateDirectories: true)
        try directory.write(
            "tree/DEBIAN/control",
            "Package: cri-o\nVersion: 1:1.30.6-1.1\nArchitecture: amd64\nMaintainer: a <a@example.org>\nDescription: x\n Version: 9\n"
        )
        try directory.write("tree/DEBIAN/conffiles", "/etc/crio/crio.conf.d/10-crio.conf\n")
        try directory.write(
            "tree/DEBIAN/postinst",
            "#!/bin/sh\n# restarts nothing.service\n\t_dh_action=restart\n\tdeb-systemd-invoke $_dh_action 'crio.service' >/dev/null\n",
            mode: 0o755)
        let path = directory.path + "/cri-o.deb"
        try run("/usr/bin/dpkg-deb", ["-Z" + compression, "--build", "tree", path], in: directory.path)
        return path
    }

    private static func rpm(_ directory: TemporaryDirectory, _ payload: String) throws -> String {
        let root = try tree(directory)
        let spec = """
            Name: cri-o
            Epoch: 1
            Version: 1.30.6
            Release: 1.1
            Summary: x
            License: Apache-2.0
            BuildArch: noarch
            AutoReqProv: no
            %define _binary_payload \(payload)
            %description
            x
            %install
            mkdir -p %{buildroot}
            cp -a \(root)/. %{buildroot}/
            %files
            /usr/bin/crio
            /usr/libexec/crio/crun
            /usr/lib/systemd/system/crio.service
            /usr/share/doc/cri-o/README
            %config(noreplace) /etc/cni/net.d/11-crio-ipv4-bridge.conflist
            %config /etc/crio/crio.conf.d/10-crio.conf
            """
        let file = try directory.write("cri-o.spec", spec)
        try run(
            "/usr/bin/rpmbuild",
            [
                "-bb", "--define", "_topdir \(directory.path)/rpm", "--define",
                "_build_name_fmt cri-o.rpm", "--define", "_rpmdir \(directory.path)", "--define",
                "__os_install_post %{nil}", file,
            ], in: directory.path)
        return directory.path + "/cri-o.rpm"
    }

    private static func check(_ package: UpgradePackage) {
        #expect(package.name == "cri-o" && package.target?.component == "cri-o")
        #expect(
            package.paths.sorted() == [
                "/etc/cni/net.d/11-crio-ipv4-bridge.conflist", "/etc/crio/crio.conf.d/10-crio.conf",
                "/usr/bin/crio", "/usr/lib/systemd/system/crio.service", "/usr/libexec/crio/crun",
            ])
        #expect(
            package.texts == [
                "/etc/crio/crio.conf.d/10-crio.conf": dropIn, "/usr/lib/systemd/system/crio.service": unit,
            ])
    }

    @Test(arguments: ["xz", "gzip", "none"]) func aDebianPackage(_ compression: String) throws {
        let directory = try TemporaryDirectory()
        let package = try PackageFile.read(Self.deb(directory, compression))
        Self.check(package)
        #expect(package.version == "1.30.6-1.1" && package.manager == .dpkg)
        #expect(package.restarts == ["crio.service"])
        #expect(
            package.configurations == [
                .init(path: "/etc/crio/crio.conf.d/10-crio.conf", size: Self.dropIn.utf8.count, isKept: true)
            ])
    }

    @Test(
        "what a script starts anew",
        arguments: [
            (
                "_dh_action=restart\nelse\n\t_dh_action=start\nfi\n deb-systemd-invoke $_dh_action 'a.service' || true",
                ["a.service"]
            ),
            ("\t\tdeb-systemd-invoke try-restart 'b.service' 'a.service'", ["a.service", "b.service"]),
            ("deb-systemd-invoke restart a.service", ["a.service"]),
            ("deb-systemd-invoke start 'a.service' >/dev/null || true", []),
            ("_dh_action=start\ndeb-systemd-invoke $_dh_action 'a.service'", []),
            ("deb-systemd-invoke\n# _dh_action=restart", []),
        ] as [(String, [String])])
    func restarts(_ script: String, _ units: [String]) {
        #expect(DebFile.restarts(script) == units)
    }

    @Test(
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/rpmbuild")),
        arguments: ["w9.gzdio", "w3.xzdio", "w3.zstdio"])
    func anRPMPackage(_ payload: String) throws {
        let directory = try TemporaryDirectory()
        let package = try PackageFile.read(Self.rpm(directory, payload))
        Self.check(package)
        #expect(package.version == "1.30.6" && package.manager == .rpm)
        #expect(
            package.configurations.sorted { $0.path < $1.path } == [
                .init(path: "/etc/cni/net.d/11-crio-ipv4-bridge.conflist", size: 2, isKept: true),
                .init(
                    path: "/etc/crio/crio.conf.d/10-crio.conf", size: Self.dropIn.utf8.count, isKept: false),
            ])
    }

    // MARK: What is no package

    @Test(arguments: ["", "text\n", "!<arch>\n", "!<arch>\nx", "\u{1}\u{2}"]) func isNoPackage(_ text: String)
        throws
    {
        let directory = try TemporaryDirectory()
        let path = try directory.write("a.deb", text)
        #expect(throws: CommandProblem.self) { try PackageFile.read(path) }
    }

    @Test func isNoFile() throws {
        #expect(throws: FileError.self) { try PackageFile.read("/nonexistent.deb") }
        #expect(throws: FileError.self) { try PackageFile.read("/tmp") }
    }

    /// Wherever it is cut, it is told that it is cut: a half package is never judged.
    @Test func aPackageThatEndsEarly() throws {
        let directory = try TemporaryDirectory()
        let whole = try [UInt8](Data(contentsOf: URL(filePath: Self.deb(directory))))
        for part in 0..<24 {
            let path = directory.path + "/cut.deb"
            try Data(whole.prefix(whole.count * part / 24)).write(to: URL(filePath: path))
            #expect(throws: CommandProblem.self, "\(part) of 24") { try PackageFile.read(path) }
        }
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/rpmbuild")))
    func anRPMThatEndsEarly() throws {
        let directory = try TemporaryDirectory()
        let whole = try [UInt8](Data(contentsOf: URL(filePath: Self.rpm(directory, "w9.gzdio"))))
        for part in 0..<24 {
            let path = directory.path + "/cut.rpm"
            try Data(whole.prefix(whole.count * part / 24)).write(to: URL(filePath: path))
            #expect(throws: CommandProblem.self, "\(part) of 24") { try PackageFile.read(path) }
        }
    }

    /// A package of this control file and this data.
    private static func ar(_ directory: TemporaryDirectory, data: String) throws -> String {
        try directory.write("debian-binary", "2.0\n")
        try directory.write("control", "Package: runc\nVersion: 1.1.5\n")
        try run("/usr/bin/tar", ["-cf", "control.tar", "./control"], in: directory.path)
        try run("/usr/bin/ar", ["rc", "a.deb", "debian-binary", "control.tar", data], in: directory.path)
        return directory.path + "/a.deb"
    }

    @Test(
        "a path that leads out of the archive",
        arguments: ["../../etc/passwd", "./usr/../../etc/passwd", "/../etc/crio/x"])
    func leadsOut(_ name: String) throws {
        let directory = try TemporaryDirectory()
        try directory.write("file", "x")
        try Self.run(
            "/usr/bin/tar", ["-P", "--transform", "s,^file$,\(name),", "-cf", "data.tar", "file"],
            in: directory.path)
        let error = #expect(throws: CommandProblem.self) {
            try PackageFile.read(Self.ar(directory, data: "data.tar"))
        }
        #expect(error?.description.contains("a path that leads out") == true)
    }

    @Test("zeros without end take no memory and little time", arguments: ["xz", "gzip"])
    func bomb(_ tool: String) throws {
        let directory = try TemporaryDirectory()
        let form = tool == "xz" ? "-J" : "-z"
        let name = tool == "xz" ? "data.tar.xz" : "data.tar.gz"
        try Self.run("/usr/bin/truncate", ["-s", "300M", "zeros"], in: directory.path)
        try Self.run("/usr/bin/tar", [form, "-cf", name, "zeros"], in: directory.path)
        let error = #expect(throws: CommandProblem.self) {
            try PackageFile.read(Self.ar(directory, data: name))
        }
        #expect(error?.description.contains("unpack to more than 64 MiB") == true)
    }

    @Test("a problem is told, not what would come behind it")
    func aProblemBeforeTheLimit() throws {
        let directory = try TemporaryDirectory()
        try directory.write("file", "x")
        try Self.run("/usr/bin/truncate", ["-s", "80M", "zeros"], in: directory.path)
        try Self.run(
            "/usr/bin/tar",
            ["-P", "--transform", "s,^file$,../x,", "-z", "-cf", "data.tar.gz", "file", "zeros"],
            in: directory.path)
        let error = #expect(throws: CommandProblem.self) {
            try PackageFile.read(Self.ar(directory, data: "data.tar.gz"))
        }
        #expect(error?.description.contains("a path that leads out") == true)
    }

    @Test("what follows behind the end of an archive", arguments: [("512K", true), ("4M", false)])
    func padding(_ size: String, _ isRead: Bool) throws {
        let directory = try TemporaryDirectory()
        try directory.write("file", "x")
        try Self.run("/usr/bin/tar", ["-cf", "data.tar", "file"], in: directory.path)
        try Self.run("/usr/bin/truncate", ["-s", size, "data.tar"], in: directory.path)
        try Self.run("/usr/bin/gzip", ["data.tar"], in: directory.path)
        let path = try Self.ar(directory, data: "data.tar.gz")
        var problem: CommandProblem?
        do { _ = try PackageFile.read(path) } catch { problem = try #require(error as? CommandProblem) }
        #expect((problem == nil) == isRead)
        #expect(problem?.description.contains("behind the archive's end") ?? isRead)
    }

    @Test("one block of zeros is an end, too", arguments: [(1536, true), (1024, false)])
    func oneBlockOfZeros(_ size: Int, _ isRead: Bool) throws {
        let directory = try TemporaryDirectory()
        try directory.write("file", "x")
        try Self.run(
            "/usr/bin/tar", ["--format=ustar", "-b1", "-cf", "data.tar", "file"], in: directory.path)
        try Self.run("/usr/bin/truncate", ["-s", "\(size)", "data.tar"], in: directory.path)
        let path = try Self.ar(directory, data: "data.tar")
        var problem: CommandProblem?
        do { _ = try PackageFile.read(path) } catch { problem = try #require(error as? CommandProblem) }
        #expect((problem == nil) == isRead)
    }

    @Test func aPackageWithoutName() throws {
        let directory = try TemporaryDirectory()
        try directory.write("debian-binary", "2.0\n")
        try directory.write("control", "Name: runc\n")
        try Self.run("/usr/bin/tar", ["-cf", "control.tar", "control"], in: directory.path)
        try Self.run("/usr/bin/tar", ["-cf", "data.tar", "control"], in: directory.path)
        try Self.run(
            "/usr/bin/ar", ["rc", "a.deb", "debian-binary", "control.tar", "data.tar"], in: directory.path)
        let error = #expect(throws: CommandProblem.self) { try PackageFile.read(directory.path + "/a.deb") }
        #expect(error?.description.contains("names no package and version") == true)
    }

    /// Whatever is changed in it, it is read or refused.
    @Test(arguments: ["deb", "rpm"]) func aPackageThatIsDamaged(_ kind: String) throws {
        guard kind == "deb" || FileManager.default.isExecutableFile(atPath: "/usr/bin/rpmbuild") else {
            return
        }
        let directory = try TemporaryDirectory()
        let source = kind == "deb" ? try Self.deb(directory, "none") : try Self.rpm(directory, "w9.gzdio")
        let whole = try [UInt8](Data(contentsOf: URL(filePath: source)))
        var random = SplitMix64(seed: 19)
        let path = directory.path + "/damaged"
        var refused = 0
        for _ in 0..<150 {
            var bytes = whole
            for _ in 0..<4 {
                let index = Int(random.next() % UInt64(bytes.count))
                bytes[index] = UInt8(truncatingIfNeeded: random.next())
            }
            try Data(bytes).write(to: URL(filePath: path))
            do { _ = try PackageFile.read(path) } catch {
                #expect(!"\(error)".isEmpty)
                refused += 1
            }
        }
        #expect(refused > 0)
    }
}
