// SPDX-License-Identifier: Apache-2.0

/// A log file that a program writes in place of the journal.
public struct LogFileSource: Hashable, Codable, Sendable {
    /// Whose lines these are.
    public enum Program: String, Hashable, Codable, Sendable {
        /// An embedded containerd's.
        case containerd
        /// A kubelet's.
        case kubelet
    }

    /// Absolute path.
    public var path: String
    /// Whose lines.
    public var program: Program
    /// The unit that runs the program.
    public var unit: String

    /// Makes a source.
    public init(path: String, program: Program, unit: String) {
        self.path = path
        self.program = program
        self.unit = unit
    }

    /// Whether a path can be such a file's: k3s and rke2 give them fixed names in fixed folders below any data directory
    /// (k3s `pkg/daemons/agent`, `pkg/agent/containerd`; rke2 `pkg/cli/defaults/defaults.go`).
    public static func isLogFile(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard path.hasPrefix("/"), path.utf8.count <= 256, !path.utf8.contains(where: { $0 < 0x20 }),
            (5...10).contains(parts.count),
            !parts.dropFirst().contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }),
            !parts.contains(where: { strangers.contains(String($0)) })
        else { return false }
        return ["agent/containerd/containerd.log", "agent/logs/kubelet.log"].contains(
            parts.suffix(3).joined(separator: "/"))
    }

    /// Folders that volumes and the root directories of containers lie in: what is below them root owns on this node, and a
    /// pod has written.
    private static let strangers: Set<String> = [
        "pods", "volumes", "rootfs", "snapshots", "overlay", "overlay2", "overlay-images", "merged", "diff",
        "fs",
    ]

    /// What a line of the journal says of where a program logs to: k3s and rke2 tell it when they start one
    /// (k3s `pkg/agent/containerd/containerd.go`, "Logging containerd to"; `pkg/daemons/agent`, "Running kubelet"). Only a
    /// line that begins so: in a quoted text a quote mark is escaped.
    public init?(toldBy entry: JournalEntry) {
        guard entry.source == .unit, let unit = entry.unit,
            entry.comm.map({ $0.hasPrefix("k3s") || $0.hasPrefix("rke2") }) ?? true,
            entry.message.hasPrefix("time=\""),
            let message = entry.message.firstRange(of: "\" level=info msg=\"")
        else { return nil }
        let text = entry.message[message.upperBound...].prefix { $0 != "\"" }
        if let path = Self.word(after: "Logging containerd to ", in: text, isFirst: true) {
            self.init(path: path, program: .containerd, unit: unit)
        } else if text.hasPrefix("Running kubelet "), let path = Self.word(after: " --log-file=", in: text) {
            self.init(path: path, program: .kubelet, unit: unit)
        } else {
            return nil
        }
    }

    private static func word(after mark: String, in text: Substring, isFirst: Bool = false) -> String? {
        guard let range = text.firstRange(of: mark), !isFirst || range.lowerBound == text.startIndex else {
            return nil
        }
        let path = String(text[range.upperBound...].prefix { !$0.isWhitespace })
        return isLogFile(path) ? path : nil
    }

    /// Where the runtime behind an endpoint, and the kubelet beside it, log to by their distribution's defaults.
    public static func known(beside endpoint: Endpoint) -> [LogFileSource] {
        guard endpoint.socketPath == "/run/k3s/containerd/containerd.sock", let unit = endpoint.unit else {
            return []
        }
        let folder = "/var/lib/rancher/\(unit.hasPrefix("rke2") ? "rke2" : "k3s")/agent"
        return [
            LogFileSource(path: "\(folder)/containerd/containerd.log", program: .containerd, unit: unit),
            LogFileSource(path: "\(folder)/logs/kubelet.log", program: .kubelet, unit: unit),
        ]
    }
}

/// A followed log file, as a checkpoint stores it.
public struct FollowedLogFile: Hashable, Codable, Sendable {
    /// Which.
    public var source: LogFileSource
    /// Up to where; nil: nothing was read of it yet.
    public var position: LogFilePosition?

    /// Makes one.
    public init(source: LogFileSource, position: LogFilePosition? = nil) {
        self.source = source
        self.position = position
    }
}
