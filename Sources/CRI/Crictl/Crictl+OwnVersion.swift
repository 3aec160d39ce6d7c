// SPDX-License-Identifier: Apache-2.0
extension Crictl {
    /// The version of crictl itself, from `crictl --version`: `crictl version v1.36.0`. Nil when there is none, or when it
    /// says something else. Blocks for at most the child's limits.
    public func ownVersion() -> String? {
        guard let execution = try? run(["--version"]), execution.ending == .exited(0) else { return nil }
        return Self.ownVersion(in: String(decoding: execution.stdout, as: UTF8.self))
    }

    static func ownVersion(in output: String) -> String? {
        let words = output.prefix(256).split { $0 == " " || $0 == "\n" }
        guard words.count >= 3, words[0] == "crictl", words[1] == "version" else { return nil }
        let version = words[2]
        let isPlain = version.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        return isPlain && version.utf8.count <= 64 ? String(version) : nil
    }
}
