// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import Node

/// Certificates that openssl makes, and what is none.
@Suite struct CertificateFileTests {
    /// A certificate and its key in one file, as the kubelet keeps them.
    private static func pem(_ days: Int, key: String = "ec") throws -> [UInt8] {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        let algorithm =
            key == "ec" ? ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"] : ["-newkey", "rsa:2048"]
        process.arguments =
            ["req", "-x509", "-nodes", "-subj", "/O=system:nodes/CN=system:node:node1"] + algorithm
            + ["-days", "\(days)", "-keyout", "/dev/stdout"]
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return [UInt8](data)
    }

    /// Beyond 2049 the dates are of the other form.
    @Test(arguments: [(1, "ec"), (365, "rsa"), (36500, "ec")]) func dates(_ days: Int, _ key: String) throws {
        let before = Date()
        let found = try #require(CertificateFile.validity("x", pem: Self.pem(days, key: key)))
        let from = Double(found.from.microseconds) / 1e6
        #expect(abs(from - before.timeIntervalSince1970) < 60)
        #expect(found.until - found.from == .seconds(days * 86400))
    }

    @Test func whatIsNone() throws {
        #expect(CertificateFile.validity("x", pem: []) == nil)
        #expect(
            CertificateFile.validity(
                "x", pem: Array("-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----".utf8)) == nil)
        #expect(
            CertificateFile.validity(
                "x", pem: Array("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----".utf8)) == nil)
        let key = Array("-----BEGIN PRIVATE KEY-----\nMA==\n-----END PRIVATE KEY-----".utf8)
        #expect(CertificateFile.validity("x", pem: key) == nil)
    }

    /// Whatever is cut or changed in it, it is read or refused.
    @Test func damaged() throws {
        let whole = try Self.pem(30)
        for size in stride(from: 0, to: whole.count, by: 7) {
            _ = CertificateFile.validity("x", pem: Array(whole.prefix(size)))
        }
        var state: UInt64 = 19
        for _ in 0..<5000 {
            var bytes = whole
            for _ in 0..<3 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes[Int(state >> 33) % bytes.count] = UInt8(truncatingIfNeeded: state >> 24)
            }
            if let found = CertificateFile.validity("x", pem: bytes) { #expect(found.from <= found.until) }
        }
    }

    @Test func placesOfTheNode() throws {
        let root = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: root) }
        let folder = root.appending(path: "var/lib/kubelet/pki")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(Self.pem(9)).write(to: folder.appending(path: "kubelet-client-2026.pem"))
        try FileManager.default.createSymbolicLink(
            at: folder.appending(path: "kubelet-client-current.pem"),
            withDestinationURL: folder.appending(path: "kubelet-client-2026.pem"))
        try Data("none".utf8).write(to: folder.appending(path: "kubelet-server-current.pem"))
        #expect(CertificateFile.all(root: root.path).read.isEmpty, "no kubeconfig names it")
        let kubeconfig = root.appending(path: "etc/kubernetes")
        try FileManager.default.createDirectory(at: kubeconfig, withIntermediateDirectories: true)
        try Data("    client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem\n".utf8)
            .write(to: kubeconfig.appending(path: "kubelet.conf"))
        let (read, unread) = CertificateFile.all(root: root.path)
        #expect(read.map(\.path) == ["/var/lib/kubelet/pki/kubelet-client-current.pem"])
        #expect(unread == ["/var/lib/kubelet/pki/kubelet-server-current.pem"])
    }
}
