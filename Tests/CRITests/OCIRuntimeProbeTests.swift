// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import HealthModel
import Testing

@testable import CRI

@Suite struct OCIRuntimeProbeTests {
    /// A runtime that says `words`, in a directory that only root can write.
    private static func runtime(_ name: String, _ words: String, mode: mode_t = 0o755) throws -> String {
        let folder = "/var/tmp/../lib/crihealthd-oci-\(getpid())-\(UInt32.random(in: 0 ... .max))"
            .replacingOccurrences(of: "/var/tmp/..", with: "/var")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        chmod(folder, 0o755)
        let path = "\(folder)/\(name)"
        try Data("#!/bin/sh\n[ \"$1\" = --version ] || exit 1\n\(words)\n".utf8).write(
            to: URL(fileURLWithPath: path))
        chmod(path, mode)
        return path
    }

    private static func remove(_ path: String) {
        try? FileManager.default.removeItem(
            at: URL(fileURLWithPath: path).deletingLastPathComponent())
    }

    @Test(
        "a runtime tells its version, anything else is not asked",
        .enabled(if: geteuid() == 0, "only root can make a file that is trusted"),
        arguments: [
            ("crun", "echo 'crun version 1.8.1'; echo 'commit: x'", 0o755, "1.8.1"),
            ("runc", "printf 'runc version 1.1.5+ds1\\ncommit: 1'", 0o755, "1.1.5+ds1"),
            ("crun", "echo hello", 0o755, nil),
            ("crun", "exit 3", 0o755, nil),
            ("bash", "echo 'bash version 5'", 0o755, nil),
            ("crun", "echo 'crun version 1.8.1'", 0o777, nil),
        ] as [(String, String, mode_t, String?)])
    func version(_ name: String, _ words: String, _ mode: mode_t, _ expected: String?) throws {
        let path = try Self.runtime(name, words, mode: mode)
        defer { Self.remove(path) }
        let found = OCIRuntimeProbe().version(of: path)
        #expect(found?.version == expected)
    }

    @Test(
        "a place where others may write is not trusted",
        arguments: ["/tmp/crun", "crun", "/usr/bin/../../tmp/crun", "/nonexistent/crun"])
    func untrusted(_ path: String) {
        #expect(!OCIRuntimeProbe.isTrusted(path))
    }

    @Test(
        "an id that is none reaches no command line",
        arguments: ["", "--help", "a b", "../x", String(repeating: "a", count: 65)])
    func log(_ id: String) throws {
        let crictl = Crictl(path: "/bin/true")
        #expect(try crictl.log(of: id, endpoint: Endpoint.wellKnown[1]) == nil)
    }

    @Test("a log is asked for by its tail")
    func arguments() throws {
        let crictl = Crictl(path: "/bin/echo")
        let printed = try crictl.log(of: "abc123", endpoint: Endpoint.wellKnown[1], lines: 7)?.stdout ?? []
        #expect(
            String(decoding: printed, as: UTF8.self)
                == "--runtime-endpoint unix:///run/crio/crio.sock --timeout 2000ms logs --tail 7 abc123\n")
    }
}
