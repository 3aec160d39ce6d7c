// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import HealthModel
import Testing

@testable import CRI

/// Root runs only what is root's.
@Suite(.enabled(if: geteuid() == 0, "only root can give files away")) struct TrustedPathTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func crictl(isRoot: Bool = true) -> Crictl {
        Crictl(path: scratch.path + "/bin/crictl", limits: .test, isRoot: isRoot)
    }

    private func install(mode: mode_t = 0o755) throws -> String {
        try scratch.write("bin/crictl", "#!/bin/sh\necho ran\n", mode: mode)
    }

    private func breakage(_ crictl: Crictl) -> ProbeBreakage? {
        do throws(ProbeBreakage) {
            _ = try crictl.run(["version"])
            return nil
        } catch {
            return error
        }
    }

    @Test func whatIsRootsRuns() throws {
        _ = try install()
        #expect(String(decoding: try crictl().run(["version"]).stdout, as: UTF8.self) == "ran\n")
    }

    @Test(
        "a file, or a directory on the way, that is another's or that others write", arguments: [0, 1, 2, 3])
    func whatOthersCanChangeDoesNot(_ way: Int) throws {
        let file = try install()
        let folder = scratch.path + "/bin"
        let remedy: ProbeBreakage.Remedy
        switch way {
        case 0:
            chown(file, 65_534, 65_534)
            remedy = .giveToRoot(path: file)
        case 1:
            chmod(file, 0o777)
            remedy = .closeToOthers(path: file)
        case 2:
            chown(folder, 65_534, 0)
            remedy = .giveToRoot(path: folder)
        default:
            chmod(folder, 0o775)
            remedy = .closeToOthers(path: folder)
        }
        let found = try #require(breakage(crictl()))
        #expect(found.reason == .crictlUnusable && found.remedy == remedy)
        #expect(found.remedy?.command.text.hasSuffix(way < 2 ? file : folder) == true)
        // A person's own stays his own.
        #expect(breakage(crictl(isRoot: false)) == nil)
    }

    @Test func aLinkIsWhatItLeadsTo() throws {
        let file = try install()
        chown(file, 65_534, 65_534)
        let link = scratch.path + "/crictl"
        try #require(symlink(file, link) == 0)
        let found = try #require(breakage(Crictl(path: link, limits: .test, isRoot: true)))
        #expect(found.remedy == .giveToRoot(path: file))
    }

    @Test func aProgramRunsByItsDescriptor() throws {
        let file = scratch.path + "/bin/crictl"
        _ = try install()
        try FileManager.default.removeItem(atPath: file)
        try FileManager.default.copyItem(atPath: "/usr/bin/readlink", toPath: file)
        let execution = try crictl().run(["/proc/self/exe"])
        #expect(String(decoding: execution.stdout, as: UTF8.self) == file + "\n")
        guard let executable = try Executable(roots: file) else {
            Issue.record("it is not there")
            return
        }
        let target = executable.target
        #expect(target.hasPrefix("/proc/"))
    }

    @Test func aStickyDirectoryKeepsRootsFiles() {
        #expect(TrustedPath.refusal(of: "/tmp") == nil)
        #expect(TrustedPath.refusal(of: "/no/such/file") == nil)
    }

    @Test func aNameIsLookedUp() throws {
        _ = try install()
        let found = Crictl(path: "sh", limits: .test)
        #expect(try found.locate().hasSuffix("/sh"))
        let inDirectories = Crictl(path: "crictl", searchDirectories: [scratch.path + "/bin"], limits: .test)
        #expect(try inDirectories.locate().hasSuffix("/crictl"))
    }
}
