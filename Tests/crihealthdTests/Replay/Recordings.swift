import Foundation
import HealthModel

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

    static func observations(_ name: String) throws -> [Observation] {
        try ReplaySource.observations(ReplayInput.detect(path(name)))
    }

    static func replay(_ name: String, until limit: WallTime? = nil) throws -> Replayer {
        Replayer.replay(try observations(name), rules: rules, until: limit)
    }
}
