// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import HealthModel
import Testing

@testable import CRI

/// A folder of one test, removed with it.
final class Scratch: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/crihealthd-cri-XXXXXX".utf8CString)
        path = try #require(mkdtemp(&template).map { String(cString: $0) })
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file and makes the folders above it.
    @discardableResult
    func write(_ name: String, _ text: String, mode: mode_t = 0o644) throws -> String {
        let file = "\(path)/\(name)"
        let folder = URL(fileURLWithPath: file).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        chmod(file, mode)
        return file
    }

    /// A crictl of the test's own, in shell.
    func crictl(_ body: String, limits: Crictl.Limits = .test) throws -> Crictl {
        Crictl(path: try write("crictl", "#!/bin/sh\n" + body, mode: 0o755), limits: limits)
    }

    func endpoint(_ name: String = "cri.sock") -> Endpoint {
        Endpoint(socketPath: "\(path)/\(name)", runtime: .containerd, unit: nil)
    }
}

extension Crictl.Limits {
    /// Short, for children that will overrun.
    static let test = Crictl.Limits(
        timeout: .milliseconds(500),
        child: ChildLimits(deadline: .milliseconds(1500), grace: .milliseconds(100), stdoutBytes: 1 << 20))
}

/// A unix stream socket; listening unless told otherwise.
final class Listener: Sendable {
    let descriptor: Int32

    init(_ path: String, backlog: Int32? = 16) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
        if let backlog { try #require(listen(descriptor, backlog) == 0) }
    }

    deinit { close(descriptor) }
}

/// Recorded calls.
enum Recorded {
    struct Failure: Decodable {
        let recording: String
        let call: String
        let rc: Int32
        let stderr: String
    }

    struct Output: Decodable {
        let recording: String
        let call: String
        let stdout: String
    }

    static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

    static func lines<T: Decodable>(_ name: String, as type: T.Type) throws -> [T] {
        let file = tests.appendingPathComponent("CRITests/Fixtures/\(name)")
        return try Data(contentsOf: file).split(separator: UInt8(ascii: "\n")).map {
            try JSONDecoder().decode(type, from: $0)
        }
    }

    /// `PHASE.SUBCOMMAND.…` → its rung; `version-t2` and `version-j` are `version` with other flags.
    static func rung(ofCall call: String) -> ProbeReport.Rung? {
        let parts = call.split(separator: ".")
        guard parts.count > 1, let subcommand = parts[1].split(separator: "-").first else { return nil }
        return parts[1].contains("-") && subcommand != "version"
            ? nil : CrictlOutput.rung(subcommand: String(subcommand))
    }

    private struct Call: Decodable {
        let call: String?
        let rc: Int32?
    }

    /// How the call whose output this is ended: its own `.rc` file says so, or its recording's index.
    static func exitCode(of output: URL) throws -> Int32 {
        let name = output.deletingPathExtension()
        if let code = try? String(contentsOf: name.appendingPathExtension("rc"), encoding: .utf8) {
            return try #require(Int32(code.prefix { $0.isNumber }))
        }
        let index = name.deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("index.jsonl")
        let calls = try Data(contentsOf: index).split(separator: UInt8(ascii: "\n")).map {
            try JSONDecoder().decode(Call.self, from: $0)
        }
        return try #require(calls.last { $0.call == name.lastPathComponent }?.rc)
    }

    static let corpus: URL? = {
        let named = ProcessInfo.processInfo.environment["CRIHEALTHD_CORPUS"].map { URL(fileURLWithPath: $0) }
        let beside = tests.deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("shared/corpus")
        return [named, beside].compactMap(\.self).first { FileManager.default.fileExists(atPath: $0.path) }
    }()

    static let standIn = tests.appendingPathComponent("Support/crictl").path
}

/// A word for an outcome's class, so that tables stay short.
func word(_ outcome: ProbeReport.Outcome) -> String {
    switch outcome {
    case .reached: "reached"
    case .version: "version"
    case .status: "status"
    case .pods: "pods"
    case .containers: "containers"
    case .failed(let failure): failure.reason.rawValue
    case .broken(let breakage): breakage.reason.rawValue
    }
}

/// Direct children of this process whose command line holds `mark`, zombies by their state.
func children(holding mark: String) -> [String] {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return all.filter { Int32($0) != nil }.filter { pid in
        let line = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
        return String(decoding: line, as: UTF8.self).contains(mark)
    }
}

/// Zombies among the children of this process.
func zombies() -> [String] {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return all.filter { Int32($0) != nil }.filter { pid in
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/stat"),
            let tail = String(decoding: data, as: UTF8.self).split(separator: ")").last
        else { return false }
        let fields = tail.split(separator: " ")
        return fields.count > 1 && fields[0] == "Z" && fields[1] == "\(getpid())"
    }
}
