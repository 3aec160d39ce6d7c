// SPDX-License-Identifier: Apache-2.0
import Glibc
import HealthModel
import Testing

@testable import Node

@Suite struct ChangeReaderTests {
    private static let now = WallTime(microseconds: Files.microsecondsNow)

    private func reader(_ node: FakeNode) -> ChangeReader { ChangeReader(files: Files(root: node.path)) }

    /// A local time of a minute ago, as dpkg writes it.
    private static func stamp(_ time: WallTime) -> String {
        var seconds = time_t(time.microseconds / 1_000_000)
        var fields = tm()
        localtime_r(&seconds, &fields)
        func pad(_ n: Int32) -> String { n < 10 ? "0\(n)" : "\(n)" }
        return "\(fields.tm_year + 1900)-\(pad(fields.tm_mon + 1))-\(pad(fields.tm_mday))"
            + " \(pad(fields.tm_hour)):\(pad(fields.tm_min)):\(pad(fields.tm_sec))"
    }

    @Test("the same stamps again are no news; another file is")
    func digest() throws {
        let node = try FakeNode()
        try node.write("etc/containerd/config.toml", "version = 2\n[plugins.cri]\nsandbox_image = \"a\"\n")
        let first = try #require(reader(node).read(known: nil))
        #expect(first.files?.map(\.path) == ["/etc/containerd/config.toml"])
        #expect(reader(node).read(known: first.digest) == nil)
        try node.write("etc/containerd/config.toml", "version = 2\n[plugins.cri]\nsandbox_image = \"b\"\n")
        let second = try #require(reader(node).read(known: first.digest))
        let (before, after) = (try #require(first.files?.first), try #require(second.files?.first))
        #expect(after.differs(from: before))
        #expect(before.keys?.keys.sorted() == ["plugins.cri.sandbox_image", "version"])
        #expect(before.keys?["version"] == after.keys?["version"])
        #expect(before.keys?["plugins.cri.sandbox_image"] != after.keys?["plugins.cri.sandbox_image"])
    }

    @Test(
        "a log that others than root can write, and a link's target that is none of root's, are not believed")
    func trust() throws {
        let node = try FakeNode()
        let line = "\(Self.stamp(Self.now)) upgrade crun:amd64 1.17 1.18\n"
        try node.write("var/log/dpkg.log", line, mode: 0o664)
        #expect(reader(node).read(known: nil)?.packages == [])
        try node.write("var/log/dpkg.log", line)
        let changes = try #require(reader(node).read(known: nil)?.packages)
        #expect(changes.map(\.subject) == ["crun"])
        #expect(abs(((changes.first?.at ?? Self.now) - Self.now).microseconds) < 2_000_000)
    }

    @Test("apt tells who asked for what dpkg did, and is not heard twice")
    func command() throws {
        let node = try FakeNode()
        let stamp = Self.stamp(Self.now)
        try node.write("var/log/dpkg.log", "\(stamp) upgrade crun:amd64 1.17 1.18\n")
        let date = stamp.replacing(" ", with: "  ")
        try node.write(
            "var/log/apt/history.log",
            "Start-Date: \(date)\nCommandline: apt-get upgrade\nUpgrade: crun:amd64 (1.17, 1.18)\nEnd-Date: \(date)\n"
        )
        let report = try #require(reader(node).read(known: nil))
        #expect(report.packages.map(\.by) == ["apt-get upgrade"])
        #expect(report.packages.map(\.source) == [.dpkg])
        #expect(report.runs.count == 1)
    }

    @Test("a secret's value leaves no hash; a YAML file has keys too")
    func keys() {
        let toml = "user = \"x\"\npassword = \"hunter2\"\n[a.b]\ntoken = \"t\"\nn = 1\n"
        #expect(
            FileInventory.keys("/etc/crio/crio.conf", Array(toml.utf8))?.keys.sorted() == ["a.b.n", "user"])
        let yaml = "cgroupDriver: systemd\nclusterDNS:\n- 10.0.0.10\n"
        #expect(
            FileInventory.keys("/var/lib/kubelet/config.yaml", Array(yaml.utf8))?.keys.sorted() == [
                "cgroupDriver", "clusterDNS",
            ])
        #expect(FileInventory.keys("/etc/default/kubelet", Array("A=b\n".utf8)) == nil)
        #expect(FileInventory.keys("/etc/containerd/config.toml", Array("= broken".utf8)) == nil)
        let list = "disabled_plugins = [\"aufs\", 3, \"cri\"]\n"
        let keys = FileInventory.keys("/etc/containerd/config.toml", Array(list.utf8))
        #expect(keys?["disabled_plugins[2]"] == FileStamp.digest(ofValue: "string(\"cri\")"))
        #expect(keys?.keys.sorted() == ["disabled_plugins", "disabled_plugins[0]", "disabled_plugins[2]"])
    }

    @Test("no hash is made of a secret: that its file was written again stands for it")
    func secrets() {
        func hash(_ text: String, _ second: Int64 = 1) -> UInt64 {
            FileInventory.hash(Array(text.utf8), writtenAt: WallTime(microseconds: second * 1_000_000))
        }
        #expect(hash("a = 1\npassword = \"hunter2\"\n") == hash("a = 1\npassword = \"hunter3\"\n"))
        #expect(hash("a = 1\npassword = \"hunter2\"\n") != hash("a = 1\npassword = \"hunter2\"\n", 2))
        #expect(hash("a = 1\npassword = \"hunter2\"\n") != hash("a = 2\npassword = \"hunter2\"\n"))
        for secret in ["token: ", "client_secret =  '", "\"password\" : \""] {
            #expect(hash("a: 1\n\(secret)hunter2\n") == hash("a: 1\n\(secret)hunter3\n"), "\(secret)")
        }
        #expect(hash("a = 1\n") == hash("a = 1\n", 2))
        #expect(hash("a = 1\n") != hash("a = 2\n"))
    }

    @Test("only the end of a long log is read, from a whole line on")
    func tail() throws {
        let node = try FakeNode()
        try node.write("log", "first line\nsecond line\nthird\n")
        let bytes = try Files(root: node.path).trustedTail("/log", limit: 12)
        #expect(String(decoding: bytes, as: UTF8.self) == "third\n")
        #expect(try Files(root: node.path).trustedTail("/log", limit: 1000).count == 29)
    }
}
