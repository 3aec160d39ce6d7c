// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import HealthModel

/// Reads a CNI configuration directory as libcni does (containernetworking/cni `libcni/conf.go`: files ending
/// in `.conf`, `.conflist`, `.json`, by name).
struct CNIDirectory: Sendable {
    let files: Files
    let pluginDirectories: [String]

    /// Files that are looked at; a directory of more is no configuration directory.
    private static let mostFiles = 256
    /// Bytes of one file.
    private static let largest = 1 << 20

    func read(_ directory: String) -> CNIConfiguration {
        var names: [String] = []
        do {
            try files.forEachName(directory) { name in
                if Self.isConfiguration(name) { names.append(name) }
                return names.count < Self.mostFiles
            }
        } catch {
            return CNIConfiguration(directory: directory, errno: error.code, files: [], missingPlugins: [])
        }
        var found: [CNIConfiguration.File] = []
        var needed: Set<String> = []
        for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            guard let (file, plugins) = file(name, in: directory) else { continue }
            found.append(file)
            needed.formUnion(plugins)
        }
        let missing = needed.filter { plugin in
            !pluginDirectories.contains { files.isExecutable("\($0)/\(plugin)") }
        }
        return CNIConfiguration(directory: directory, files: found, missingPlugins: missing.sorted())
    }

    private static func isConfiguration(_ name: String) -> Bool {
        [".conf", ".conflist", ".json"].contains { name.hasSuffix($0) }
    }

    /// The file and the binaries that it needs; nil when it is gone or no regular file.
    private func file(_ name: String, in directory: String) -> (CNIConfiguration.File, Set<String>)? {
        let path = "\(directory)/\(name)"
        guard let status = try? files.status(path), status.isRegular else { return nil }
        var content = Content()
        do {
            let bytes = try files.contents(path, limit: Self.largest + 1)
            content = Content(bytes, isList: name.hasSuffix(".conflist"), limit: Self.largest)
        } catch {
            content.problem = "cannot be read (errno \(error.code))"
        }
        let file = CNIConfiguration.File(
            name: Text.excerpt(name, limit: 255), modifiedAt: status.modifiedAt, problem: content.problem,
            plugins: content.plugins)
        return (file, content.binaries)
    }
}

/// What one CNI file says (CNI specification 1.1, "Network configuration format").
private struct Content {
    var plugins: [String] = []
    var binaries: Set<String> = []
    var problem: String?

    init() {}

    init(_ bytes: [UInt8], isList: Bool, limit: Int) {
        guard bytes.count <= limit else {
            problem = "larger than \(limit) bytes"
            return
        }
        guard Self.isShallow(bytes) else {
            problem = "not JSON: nested too deeply"
            return
        }
        do {
            let configuration = try JSONDecoder().decode(Configuration.self, from: Data(bytes))
            let entries = isList ? configuration.plugins ?? [] : [configuration.plugin]
            plugins = entries.compactMap(\.type).map { Text.excerpt($0, limit: 128) }
            binaries = Set(
                entries.flatMap { [$0.type, $0.ipam?.type] }.compactMap(\.self).filter(Self.isName))
            problem = Self.problem(of: configuration, entries, isList: isList)
        } catch let error as DecodingError {
            problem = Text.excerpt(Self.describe(error), limit: 256)
        } catch {
            problem = "not JSON"
        }
    }

    private static func problem(of file: Configuration, _ entries: [Plugin], isList: Bool) -> String? {
        if isList, (file.name ?? "").isEmpty { return "no name" }
        if entries.isEmpty { return "no plugins" }
        return entries.allSatisfy { !($0.type ?? "").isEmpty } ? nil : "a plugin without type"
    }

    /// Only a plain name is looked up in the plugin directories.
    private static func isName(_ type: String) -> Bool {
        !type.isEmpty && type.utf8.count <= 255 && !type.contains("/") && !type.utf8.contains(0)
            && type != ".."
            && type != "."
    }

    /// Before a decoder may recurse: at most 64 levels outside strings.
    private static func isShallow(_ bytes: [UInt8]) -> Bool {
        var depth = 0
        var inString = false
        var escaped = false
        for byte in bytes {
            switch byte {
            case _ where escaped: escaped = false
            case UInt8(ascii: "\\") where inString: escaped = true
            case UInt8(ascii: "\""): inString.toggle()
            case UInt8(ascii: "{") where !inString, UInt8(ascii: "[") where !inString: depth += 1
            case UInt8(ascii: "}") where !inString, UInt8(ascii: "]") where !inString: depth -= 1
            default: continue
            }
            if depth > 64 { return false }
        }
        return true
    }

    private static func describe(_ error: DecodingError) -> String {
        switch error {
        case .dataCorrupted(let context):
            "not JSON: \(context.underlyingError.map { "\($0)" } ?? context.debugDescription)"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context):
            "not a CNI configuration: \(context.codingPath.map(\.stringValue).joined(separator: ".")): "
                + context.debugDescription
        @unknown default: "not JSON"
        }
    }

    struct Configuration: Decodable {
        var name: String?
        var plugins: [Plugin]?
        var type: String?
        var ipam: IPAM?

        var plugin: Plugin { Plugin(type: type, ipam: ipam) }
    }

    struct Plugin: Decodable {
        var type: String?
        var ipam: IPAM?
    }

    struct IPAM: Decodable {
        var type: String?
    }
}
