// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials

/// The configuration of a system-log monitor of node-problem-detector (its `config/*-monitor.json`).
struct ProblemDetectorMonitor: Decodable {
    /// What `plugin` reads, in the words of such files.
    enum Plugin: String {
        case journald, kmsg, filelog
    }

    struct PluginConfig: Decodable {
        var source: String?
    }

    struct Rule: Decodable {
        /// `temporary` (an event) or `permanent` (a condition).
        var type: String
        var condition: String?
        var reason: String
        var pattern: String?
        var path: String?
    }

    var plugin: String
    var pluginConfig: PluginConfig?
    var logPath: String?
    var source: String
    var rules: [Rule]

    /// Reads such a file.
    init(_ bytes: [UInt8], path: String) throws(ImportProblem) {
        do { self = try JSONDecoder().decode(Self.self, from: Data(bytes)) } catch {
            throw ImportProblem(
                path: path,
                reason:
                    "not a system-log monitor of node-problem-detector (JSON with plugin, source and rules)")
        }
        guard Plugin(rawValue: plugin) != nil, rules.allSatisfy({ $0.path == nil }) else {
            throw ImportProblem(
                path: path,
                reason:
                    "a monitor of plugin \"\(plugin)\" runs programs or counts; only journald, kmsg and filelog"
                    + " have rules for log lines")
        }
    }
}

/// Why a file cannot be imported.
struct ImportProblem: Error, CustomStringConvertible {
    var path: String
    var reason: String

    var description: String { "\(path): \(reason)" }
}
