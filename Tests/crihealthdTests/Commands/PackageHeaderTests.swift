// SPDX-License-Identifier: Apache-2.0
import Diagnosis
import Foundation
import Testing

@testable import crihealthd

/// Headers that no tool writes.
@Suite("Headers of rpm files") struct PackageHeaderTests {
    private static func number(_ value: Int) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - $0 * 8)) }
    }

    private static func header(_ texts: [Int: [String]], _ numbers: [Int: [Int]]) -> [UInt8] {
        var index: [UInt8] = []
        var store: [UInt8] = []
        for (tag, values) in texts {
            for word in [tag, 8, store.count, values.count] { index += number(word) }
            for value in values { store += Array(value.utf8) + [0] }
        }
        for (tag, values) in numbers {
            for word in [tag, 4, store.count, values.count] { index += number(word) }
            for value in values { store += number(value) }
        }
        var bytes: [UInt8] = [0x8E, 0xAD, 0xE8, 0x01, 0, 0, 0, 0]
        bytes += number(texts.count + numbers.count)
        bytes += number(store.count)
        return bytes + index + store
    }

    /// A file in a cpio archive.
    private static func member(_ name: String, _ text: String) -> [UInt8] {
        var bytes = Array("070701".utf8)
        for field in [1, 0o100644, 0, 0, 1, 0, text.utf8.count, 0, 0, 0, 0, name.utf8.count + 1, 0] {
            let digits = String(field, radix: 16)
            bytes += Array(String(repeating: "0", count: 8 - digits.utf8.count).utf8)
            bytes += Array(digits.utf8)
        }
        bytes += Array(name.utf8) + [0]
        while bytes.count % 4 != 0 { bytes.append(0) }
        bytes += Array(text.utf8)
        while bytes.count % 4 != 0 { bytes.append(0) }
        return bytes
    }

    /// Each file may name the longest folder anew.
    @Test func aNameThatIsTooLongIsPassedOver() throws {
        let folder = "/" + String(repeating: "d", count: 1 << 20) + "/"
        let count = 1000
        var file: [UInt8] = [0xED, 0xAB, 0xEE, 0xDB]
        file += [UInt8](repeating: 0, count: 92)
        file += Self.header([:], [:])
        file += Self.header(
            [
                1000: ["containerd.io"], 1001: ["1.7.24"], 1118: [folder, "/etc/containerd/"],
                1117: [String](repeating: "a", count: count) + ["config.toml"],
            ],
            [
                1116: [Int](repeating: 0, count: count) + [1],
                1037: [Int](repeating: 1, count: count) + [17],
            ])
        file += Self.member("./etc/containerd/config.toml", "a = 1")
        file += Self.member("TRAILER!!!", "")
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a.rpm"
        try Data(file).write(to: URL(filePath: path))
        let package = try PackageFile.read(path)
        #expect(package.name == "containerd.io" && package.manager == .rpm)
        #expect(
            package.configurations == [.init(path: "/etc/containerd/config.toml", size: 5, isKept: true)])
    }
}
