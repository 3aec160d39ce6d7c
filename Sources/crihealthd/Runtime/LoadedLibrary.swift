// SPDX-License-Identifier: Apache-2.0

/// Shared libraries of this process.
enum LoadedLibrary {
    /// The number in the name of the libsystemd that is mapped (`libsystemd.so.0.35.0`), by /proc/self/maps (proc(5)):
    /// which one runs, not which one is installed. Read once.
    static let libsystemd = version(of: "libsystemd.so.", in: maps)

    private static var maps: String {
        guard let bytes = try? FileBytes.read("/proc/self/maps", limit: 1 << 20) else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func version(of prefix: String, in maps: String) -> String? {
        for line in maps.split(separator: "\n") {
            guard let name = line.split(separator: "/").last, name.hasPrefix(prefix) else { continue }
            let version = name.dropFirst(prefix.count).prefix { $0 == "." || $0.isASCII && $0.isNumber }
            return version.isEmpty ? nil : String(version)
        }
        return nil
    }
}
