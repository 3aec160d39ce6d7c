// SPDX-License-Identifier: Apache-2.0
import TOML

/// Reads the configuration file over the built-in defaults.
enum ConfigurationReader {
    /// Largest file that is read.
    static let sizeLimit = 1 << 20

    /// Reads `path`. A file that is not there gives `base`, unless it was asked for by name.
    static func load(
        path: String, required: Bool, over base: Configuration = Configuration()
    ) throws(ConfigurationError) -> Configuration {
        let bytes: [UInt8]
        do {
            bytes = try FileBytes.read(path, limit: sizeLimit)
        } catch {
            if error.isMissing, !required { return base }
            throw ConfigurationError(file: path, problems: [.init(position: nil, text: error.reason)])
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigurationError(
                file: path, problems: [.init(position: nil, text: "it is not UTF-8 text")])
        }
        return try parse(text, file: path, over: base)
    }

    /// Reads a text; `file` is its name in errors.
    static func parse(
        _ text: String, file: String, over base: Configuration = Configuration()
    ) throws(ConfigurationError) -> Configuration {
        let values: [String: ConfigurationValue]
        do {
            values = try flatten(text)
        } catch {
            let position = TextPosition(line: error.line, column: error.column)
            throw ConfigurationError(
                file: file, problems: [.init(position: position, text: error.description)])
        }
        var configuration = base
        let locator = KeyLocator(text)
        var problems: [ConfigurationError.Problem] = []
        for (path, value) in values {
            do {
                try apply(path, value, to: &configuration)
            } catch {
                problems.append(.init(position: locator.position(of: path), text: error.description))
            }
        }
        guard problems.isEmpty else {
            let top = TextPosition(line: 0, column: 0)
            problems.sort { ($0.position ?? top, $0.text) < ($1.position ?? top, $1.text) }
            throw ConfigurationError(file: file, problems: problems)
        }
        return configuration
    }

    private static func apply(
        _ path: String, _ value: ConfigurationValue, to configuration: inout Configuration
    ) throws(WrongValue) {
        guard let key = ConfigurationKey.all.first(where: { $0.path == path }) else {
            throw WrongValue(unknown(path))
        }
        do {
            try key.set(&configuration, value)
        } catch {
            throw WrongValue("\(path): \(error)")
        }
    }

    /// What to say about a key that does not exist: the same name elsewhere, else the nearest one.
    private static func unknown(_ path: String) -> String {
        let all = ConfigurationKey.all.map(\.path)
        let leaf = lastPart(path)
        let meant = all.first { lastPart($0) == leaf } ?? Suggestion.nearest(to: path, in: all)
        guard let meant else { return "unknown key \"\(path)\"" }
        return "unknown key \"\(path)\"; did you mean \"\(meant)\"?"
    }

    private static func lastPart(_ path: String) -> Substring { path.split(separator: ".").last ?? "" }

    /// All values of a TOML text by their dotted paths. Tables that no key has are reported by their own
    /// path.
    private static func flatten(_ text: String) throws(TOMLParseError) -> [String: ConfigurationValue] {
        let root = try TOMLTable(string: text)
        let sections = Set(
            ConfigurationKey.all.compactMap { key in
                key.path.split(separator: ".").dropLast().first.map(String.init)
            })
        var values: [String: ConfigurationValue] = [:]
        for name in root.keys {
            guard let value = root[name] else { continue }
            if sections.contains(name), let table = value.table {
                for key in table.keys {
                    if let item = table[key] { values[name + "." + key] = ConfigurationValue(item) }
                }
            } else {
                values[name] = ConfigurationValue(value)
            }
        }
        return values
    }
}
