// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Synchronization

@testable import Diagnosis
@testable import crihealthd

/// The archives of Tests/Corpus, unpacked once into a temporary folder.
enum Recordings {
    static let folder: URL = {
        let target = FileManager.default.temporaryDirectory.appending(path: "crihealthd-corpus-\(getpid())")
        try? FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
        for archive in archives {
            let tar = Process()
            tar.executableURL = URL(filePath: "/usr/bin/tar")
            tar.arguments = ["-C", target.path, "-xJf", archive.path]
            try? tar.run()
            tar.waitUntilExit()
        }
        return target
    }()

    private static var archives: [URL] {
        let corpus = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Corpus").standardizedFileURL
        let all = try? FileManager.default.contentsOfDirectory(at: corpus, includingPropertiesForKeys: nil)
        return (all ?? []).filter { $0.lastPathComponent.hasSuffix(".tar.xz") }
    }

    /// The shipped rules, compiled once.
    static let rules: SignalRules = {
        do { return try SignalRules.shipped() } catch { fatalError("\(error)") }
    }()

    static func path(_ name: String) -> String { folder.appending(path: name).path }

    private static let decoded = Mutex<[String: [Observation]]>([:])

    /// Everything of a recording, decoded once.
    static func observations(_ name: String) throws -> [Observation] {
        try decoded.withLock { known in
            if let observations = known[name] { return observations }
            let observations = try ReplaySource.observations(ReplayInput.detect(path(name)))
            known[name] = observations
            return observations
        }
    }

    /// Without the lines that no rule and no reader of systemd's records makes anything of: they change nothing.
    static func telling(_ name: String) throws -> [Observation] {
        let observations = try observations(name)
        let units = Set(
            observations.flatMap { observation -> [String] in
                guard case .started(let start) = observation.event else { return [] }
                return start.endpoints.compactMap(\.unit)
            })
        return observations.filter { observation in
            guard case .journal(let entry) = observation.event else { return true }
            let signals = rules.recognize(entry)
            // Which socket is served chooses words only.
            if signals.contains(where: { $0.name != .runtimeServing }) { return true }
            guard entry.messageID != nil, let unit = entry.unit else { return false }
            return units.contains(unit) || unit.hasSuffix(".target") || unit.hasSuffix(".scope")
                || unit == "systemd-logind.service"
        }
    }

    static func replay(_ name: String, until limit: WallTime? = nil) throws -> Replayer {
        Replayer.replay(try observations(name), rules: rules, until: limit)
    }
}
