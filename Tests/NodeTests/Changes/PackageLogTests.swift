// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Node

/// Logs as dpkg, apt, dnf and rpm wrote them.
@Suite struct PackageLogTests {
    private static let dpkg = """
        2026-11-30 15:54:04 startup archives install
        2026-11-30 15:54:04 install crun:amd64 <none> 1.17-1
        2026-11-30 15:54:04 status half-installed crun:amd64 1.17-1
        2026-11-30 15:54:05 install figlet-x:amd64 <none> 1.17-1
        2026-11-30 15:54:05 configure crun:amd64 1.17-1 1.17-1
        2026-11-30 15:54:05 status installed crun:amd64 1.17-1
        2026-11-30 15:54:05 upgrade crun:amd64 1.17-1 1.18-1
        2026-11-30 15:54:05 upgrade figlet-x:amd64 1.17-1 1.18-1
        2026-11-30 15:54:05 remove figlet-x:amd64 1.18-1 <none>
        2026-11-30 15:54:06 upgrade crun:amd64 1.18-1 1.18-1
        2026-11-30 15:54:06 upgrade crun:amd64 1.18-1 1.17-1
        2026-11-30 15:54:06 remove crun:amd64 1.17-1 <none>
        2026-11-30 15:54:06 status not-installed crun:amd64 <none>

        """

    private static func words(_ changes: [Change]) -> [String] {
        changes.map { "\($0.at.clock) \($0.subject) \($0.action.rawValue) \($0.from ?? "-") \($0.to ?? "-")" }
    }

    @Test("dpkg's log: each package that matters, the others counted; steps say nothing")
    func dpkg() {
        let bytes = Array(Self.dpkg.utf8)
        #expect(PackageLog.detect(bytes) == .dpkg)
        let content = PackageLog.dpkg.read(bytes)
        #expect(
            Self.words(content.changes) == [
                "15:54:04 crun added - 1.17-1", "15:54:05 crun changed 1.17-1 1.18-1",
                "15:54:05 1 other package changed - -", "15:54:06 crun changed 1.18-1 1.18-1",
                "15:54:06 crun changed 1.18-1 1.17-1", "15:54:06 crun removed 1.17-1 -",
            ])
    }

    @Test("local times are the node's, and what is older than asked for is left out")
    func zone() throws {
        let earliest = try #require(WallTime(rfc3339: "2026-11-30T14:54:06Z"))
        let content = PackageLog.dpkg.read(Array(Self.dpkg.utf8), since: earliest) { $0 + .seconds(-3600) }
        #expect(content.changes.count == 3)
        #expect(content.changes.allSatisfy { $0.at == earliest })
    }

    @Test("apt's history: who asked for what, and from when to when")
    func apt() throws {
        let text = """

            Start-Date: 2026-11-30  12:45:27
            Commandline: apt-get -y install runc
            Requested-By: alice (1000)
            Install: lintian:amd64 (2.116.3+deb12u1), debhelper:amd64 (13.11.4, automatic)
            Upgrade: runc:amd64 (1.1.5+ds1-1, 1.1.5+ds1-1+b1), perl:amd64 (5.36.0-7+deb12u2, 5.36.0-7+deb12u4)
            End-Date: 2026-11-30  12:45:51

            Start-Date: 2026-11-30  15:39:43
            Commandline: /usr/bin/unattended-upgrade
            Remove: crun:amd64 (1.17-1)
            """
        #expect(PackageLog.detect(Array(text.utf8)) == .apt)
        let content = PackageLog.apt.read(Array(text.utf8))
        #expect(
            Self.words(content.changes) == [
                "12:45:27 runc changed 1.1.5+ds1-1 1.1.5+ds1-1+b1", "12:45:27 3 other packages changed - -",
                "15:39:43 crun removed 1.17-1 -",
            ])
        #expect(content.changes.first?.by == "apt-get -y install runc, by alice (1000)")
        let run = try #require(content.runs.first)
        #expect(run.covers(try #require(WallTime(rfc3339: "2026-11-30T12:45:51.9Z"))))
        #expect(!run.covers(try #require(WallTime(rfc3339: "2026-11-30T12:45:52Z"))))
        #expect(content.runs.last?.to == nil)
    }

    @Test("dnf's log: what replaced what")
    func dnf() {
        let text = """
            2026-11-30T15:54:08+0100 INFO --- logging initialized ---
            2026-11-30T15:54:08+0100 SUBDEBUG Installed: crun-1.17-1.noarch
            2026-11-30T15:54:11+0100 SUBDEBUG Upgrade: crun-1.18-1.noarch
            2026-11-30T15:54:11+0100 SUBDEBUG Upgraded: crun-1.17-1.noarch
            2026-11-30T15:54:12+0100 SUBDEBUG Erase: crun-1.18-1.noarch
            2026-11-30T15:54:12+0100 SUBDEBUG Installed: bind-libs-32:9.11.26-3.el8.x86_64
            """
        #expect(PackageLog.detect(Array(text.utf8)) == .dnf)
        #expect(
            Self.words(PackageLog.dnf.read(Array(text.utf8)).changes) == [
                "14:54:08 crun added - 1.17-1", "14:54:11 crun changed 1.17-1 1.18-1",
                "14:54:12 crun removed 1.18-1 -", "14:54:12 1 other package changed - -",
            ])
    }

    @Test(
        "rpm -qa --last: when a package came, not what was before",
        arguments: [
            "crun-1.18-1.noarch                            Mon Nov 30 15:54:21 2026",
            "crun-1.18-1.noarch                            Mon 30 Nov 2026 03:54:21 PM UTC",
        ])
    func rpmLast(_ line: String) {
        #expect(PackageLog.detect(Array(line.utf8)) == .rpmLast)
        #expect(
            Self.words(PackageLog.rpmLast.read(Array(line.utf8)).changes) == [
                "15:54:21 crun changed - 1.18-1"
            ])
    }

    @Test("no other log is taken for one of packages, and no text ends the reader")
    func others() {
        let lines = [
            "2026-11-30 15:54:04 started something else entirely",
            "2026-11-30T15:54:08.123Z stdout F Installed: crun-1.17-1.noarch",
            "2026-11-30T15:54:08Z INFO Installed: crun-1.17-1.noarch",
            "Nov 30 15:54:04 node kubelet[1]: install crun:amd64 <none> 1.17-1",
            "time=\"2026-11-30T15:54:04Z\" level=info msg=\"starting containerd\"",
        ]
        for line in lines { #expect(PackageLog.detect(Array(line.utf8)) == nil, "\(line)") }
        let odd = [
            "2026-13-30 15:54:04 install crun:amd64 <none> 1", "2026-11-30 15:54:04 install",
            "Start-Date: ", "Install: (, , (((", "Upgrade: a (",
            "2026-11-30T15:54:08+0000 SUBDEBUG Upgrade: -.",
            "--.- Mon Nov 30 15:54:21 2026", "\u{0}\u{ff}",
        ].joined(separator: "\n")
        for log in PackageLog.allCases { #expect(log.read(Array(odd.utf8)).changes.isEmpty, "\(log)") }
    }

    @Test("a command is shown without its secrets and control characters")
    func secrets() {
        let text =
            "Start-Date: 2026-11-30  12:45:27\nCommandline: apt-get --password=hunter2 \u{1b}[2J install\nInstall: runc:amd64 (1)\n"
        let by = PackageLog.apt.read(Array(text.utf8)).changes.first?.by
        #expect(by?.contains("hunter2") == false)
        #expect(by?.contains("\u{1b}") == false)
        #expect(by?.hasPrefix("apt-get --password=") == true)
    }
}
