// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Node

@Suite("CNI configuration")
struct CNIDirectoryTests {
    private func read(_ node: FakeNode) -> CNIConfiguration? {
        guard case .cni(let configuration)? = node.inspector().answer(.cni(directory: "/etc/cni/net.d"))
        else { return nil }
        return configuration
    }

    @Test("files by name, plugins, and the binaries that are missing")
    func directory() throws {
        let node = try FakeNode()
        let conflist =
            #"{"cniVersion":"0.4.0","name":"podnet","plugins":[{"type":"bridge","ipam":{"type":"host-local"}},{"type":"portmap"}]}"#
        try node.write("etc/cni/net.d/10-bridge.conflist", conflist)
        try node.write("etc/cni/net.d/00-multus.conf", #"{"name":"multus","type":"multus"}"#)
        try node.write("etc/cni/net.d/20-x.json", #"{"name":"x","type":"../../bin/sh"}"#)
        try node.write("etc/cni/net.d/README", "x")
        try node.write("etc/cni/net.d/30-folder.conf/x", "x")
        try node.link("etc/cni/net.d/40-dangling.conf", to: "/nowhere")
        try node.write("usr/lib/cni/bridge", "", mode: 0o755)
        try node.write("opt/cni/bin/portmap", "", mode: 0o755)
        try node.write("opt/cni/bin/multus", "", mode: 0o644)
        let found = try #require(read(node))
        #expect(found.errno == nil)
        #expect(found.files.map(\.name) == ["00-multus.conf", "10-bridge.conflist", "20-x.json"])
        #expect(found.files.map(\.problem) == [nil, nil, nil])
        #expect(found.files[1].plugins == ["bridge", "portmap"])
        #expect(found.files.allSatisfy { $0.modifiedAt > WallTime(microseconds: 1_600_000_000_000_000) })
        #expect(found.missingPlugins == ["host-local", "multus"])
    }

    /// Shown without its text: some are large or not printable.
    struct Sample: Sendable, CustomTestStringConvertible {
        let name: String
        let text: String
        let problem: String
        var testDescription: String { "\(name), \(text.utf8.count) bytes: \(problem)" }

        init(_ name: String, _ text: String, _ problem: String) {
            self.name = name
            self.text = text
            self.problem = problem
        }
    }

    static let problems: [Sample] = [
        Sample("a.conflist", "{\"name\": \"x\",\n broken", "not JSON"), Sample("a.conf", "", "not JSON"),
        Sample("a.conflist", #"{"name":"x"}"#, "no plugins"),
        Sample("a.conflist", #"{"name":"x","plugins":[]}"#, "no plugins"),
        Sample("a.conflist", #"{"plugins":[{"type":"bridge"}]}"#, "no name"),
        Sample("a.conf", #"{"name":"x"}"#, "a plugin without type"),
        Sample("a.conflist", #"{"name":"x","plugins":[{"type":7}]}"#, "not a CNI configuration"),
        Sample("a.conf", "[]", "not a CNI configuration"),
        Sample("a.conf", String(repeating: "[", count: 100_000), "nested too deeply"),
        Sample("a.json", "\"" + String(repeating: "x", count: 1 << 20) + "\"", "larger than"),
        Sample("a.conf", "\u{0}\u{1}", "not JSON"),
    ]

    @Test("what is wrong with a file", arguments: problems)
    func problem(_ sample: Sample) throws {
        let node = try FakeNode()
        try node.write("etc/cni/net.d/\(sample.name)", sample.text)
        let file = try #require(read(node)?.files.first)
        #expect(file.problem?.contains(sample.problem) == true, "\(file.problem ?? "no problem")")
        #expect((file.problem ?? "").utf8.count <= 256)
    }

    @Test("a directory that is not there, and an empty one")
    func none() throws {
        let node = try FakeNode()
        #expect(read(node)?.errno == 2)
        try node.write("etc/cni/net.d/.kept", "")
        #expect(read(node) == CNIConfiguration(directory: "/etc/cni/net.d", files: [], missingPlugins: []))
    }
}
