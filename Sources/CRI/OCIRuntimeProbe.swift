// SPDX-License-Identifier: Apache-2.0
import Glibc
public import HealthModel

/// Asks OCI runtimes for their versions. What is run is root's own and nobody else's: the path may come from the argv
/// of a process.
///
/// Safe to share between threads. Each call blocks for at most the child's limits.
public struct OCIRuntimeProbe: Sendable {
    /// Names that are asked; others may do anything when they are run.
    public static let names: Set<String> = ["runc", "crun", "crio-runc", "crio-crun", "youki"]

    private let limits = ChildLimits(deadline: .seconds(2), stdoutBytes: 16 << 10, stderrBytes: 16 << 10)

    /// Makes a probe.
    public init() {}

    /// `PATH --version`; nil when it may not be run, or its answer is not one.
    public func version(of path: String) -> OCIRuntimeVersion? {
        guard path.hasPrefix("/"), let name = path.split(separator: "/").last,
            Self.names.contains(String(name)), !path.split(separator: "/").contains(".."),
            let executable = try? Executable(roots: path),
            let child = try? Child(
                executable, arguments: [String(name), "--version"],
                environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"], limits: limits)
        else { return nil }
        let execution = child.finish()
        guard execution.ending == .exited(0) else { return nil }
        return OCIRuntimeVersion(path: path, output: String(decoding: execution.stdout, as: UTF8.self))
    }

    /// The file and every directory above it are root's, and nobody else can write there.
    static func isTrusted(_ path: String) -> Bool {
        guard path.hasPrefix("/"), !path.split(separator: "/").contains(".."),
            let executable = try? Executable(roots: path)
        else { return false }
        return executable.path == path
    }
}
