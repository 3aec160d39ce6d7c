// SPDX-License-Identifier: Apache-2.0
import Glibc
import HealthModel
import Node

/// What the prober lets itself be asked: the closed list. Whatever names something on the node is looked up among what
/// the prober knows by itself; nothing that the other side says becomes a path that is opened or a file that is run.
struct ProberPolicy: Sendable {
    /// Endpoints that the prober found or was configured with.
    var endpoints: [Endpoint]
    /// Units that are watched.
    var units: Set<String>
    /// CNI directories that the runtimes named in their own answers, by the socket of who named it last.
    var cniDirectories: [String: String] = [:]
    /// Directories that the runtimes write to by their own answers, by the socket of who named them last.
    var stateDirectories: [String: [String]] = [:]
    /// Whether a process is one of a unit: only those are looked into.
    var isProcess: @Sendable (_ pid: Int32, _ unit: String) -> Bool = { ProberPolicy.isProcess($0, of: $1) }

    /// Where containerd and CRI-O read CNI configuration by default, and k3s.
    static let defaultCNIDirectories: Set<String> = [
        "/etc/cni/net.d", "/var/lib/rancher/k3s/agent/etc/cni/net.d",
        "/var/snap/microk8s/current/args/cni-network",
    ]

    /// Whose space is told: where runtimes, the kubelet and the journal write.
    static let fileSystems: Set<String> = [
        "/", "/run", "/tmp", "/var", "/var/lib", "/var/log", "/var/lib/containerd", "/run/containerd",
        "/var/lib/containers", "/var/lib/containers/storage", "/run/containers", "/run/containers/storage",
        "/var/lib/docker", "/run/docker", "/var/lib/kubelet", "/var/lib/etcd", "/var/lib/rancher",
        "/var/lib/crihealthd", "/var/log/pods", "/var/log/journal", "/run/log/journal",
    ]

    /// Directories whose executables may be looked up or run.
    static let binaryDirectories: Set<String> = Set(
        NodeInspector.binaryDirectories + NodeInspector.cniPluginDirectories + [
            "/usr/libexec/crio", "/usr/lib/cri-o-runc/sbin", "/opt/containerd/bin", "/opt/crio/bin",
            "/usr/local/libexec/crio", "/var/lib/rancher/rke2/bin", "/opt/kata/bin",
        ])

    /// The endpoint behind a socket, if it is the prober's own.
    func endpoint(_ socket: String) -> Endpoint? { endpoints.first { $0.socketPath == socket } }

    /// The question as it may be asked, its own words replaced by what the prober knows; nil when it may not be.
    func admit(_ inquiry: Inquiry) -> Inquiry? {
        switch inquiry {
        // Rungs have a question of their own; units are told by systemd to anybody.
        case .probe, .unit: nil
        case .tcpListener(let address): Self.isSocketAddress(address) ? inquiry : nil
        case .unixListener(let path): endpoint(path) != nil ? inquiry : nil
        case .process(let pid): Self.isProcess(pid) ? inquiry : nil
        case .fileSystems(let paths): .fileSystems(paths: paths.filter(isKnownDirectory))
        case .resources(let paths, let units):
            .resources(paths: paths.filter(isKnownDirectory), units: units.filter(self.units.contains))
        case .cni(let directory):
            Self.defaultCNIDirectories.contains(directory) || cniDirectories.values.contains(directory)
                ? inquiry : nil
        case .binary(let name): Self.isBinary(name) ? inquiry : nil
        case .containerProcesses, .runtimeConfiguration, .tcpListeners, .previousShutdown, .kubelet, .changes:
            inquiry
        case .scopes(let containers):
            containers.count <= 64 && containers.allSatisfy(Self.isContainer) ? inquiry : nil
        case .ociRuntimes(let paths): .ociRuntimes(paths: paths.prefix(8).filter(Self.isTrusted))
        case .containerLog(let endpoint, let id):
            Self.isContainer(id) ? self.endpoint(endpoint.socketPath).map { .containerLog($0, id: id) } : nil
        case .binaries(let unit, let pid, let execStart):
            units.contains(unit) && Self.isProcess(pid)
                ? .binaries(
                    unit: unit, pid: isProcess(pid, unit) ? pid : 0,
                    execStart: execStart.flatMap(Self.knownPath)) : nil
        }
    }

    private func isKnownDirectory(_ path: String) -> Bool {
        Self.fileSystems.contains(path)
            || endpoints.contains { $0.usualDirectories.contains(path) }
            || stateDirectories.values.contains { $0.contains(path) }
    }

    /// An absolute path that goes down only.
    static func isPlainPath(_ path: String) -> Bool {
        path.hasPrefix("/") && path.utf8.count <= 256 && !path.utf8.contains(0)
            && !path.split(separator: "/").contains { $0 == "." || $0 == ".." }
    }

    /// `127.0.0.1:1338`, `[::]:10010`, `*:10010`: numbers and punctuation.
    private static func isSocketAddress(_ text: String) -> Bool {
        text.utf8.count <= 64 && text.utf8.contains(UInt8(ascii: ":"))
            && text.utf8.allSatisfy { isHex($0) || "[]:.*".utf8.contains($0) }
    }

    /// `pid_max` is at most 4,194,304 (proc(5)); 0: the unit has no main process.
    private static func isProcess(_ pid: Int32) -> Bool { (0...4_194_304).contains(pid) }

    private static func isContainer(_ id: String) -> Bool {
        (1...64).contains(id.utf8.count) && id.utf8.allSatisfy(isHex)
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }

    /// A name, or a path right below one of the fixed directories.
    private static func isBinary(_ text: String) -> Bool {
        guard let slash = text.lastIndex(of: "/") else { return isName(text[...]) }
        return binaryDirectories.contains(String(text[..<slash])) && isName(text[text.index(after: slash)...])
    }

    private static func isName(_ name: Substring) -> Bool {
        guard (1...64).contains(name.utf8.count), name.first != ".", name.first != "-" else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: ".-_+".utf8.contains(byte)
            }
        }
    }

    /// An executable that may be run: below a fixed directory, root's, and writable by nobody else.
    private static func isTrusted(_ path: String) -> Bool {
        var status = stat()
        guard path.hasPrefix("/"), isBinary(path), stat(path, &status) == 0 else { return false }
        return status.st_mode & S_IFMT == S_IFREG && status.st_uid == 0 && status.st_mode & 0o022 == 0
    }

    /// An `ExecStart` right below one of the fixed directories. It is only compared with what runs, by device and inode.
    private static func knownPath(_ path: String) -> String? {
        path.hasPrefix("/") && isBinary(path) ? path : nil
    }

    /// By its control group (cgroups(7)), which only systemd moves it out of.
    private static func isProcess(_ pid: Int32, of unit: String) -> Bool {
        guard pid > 0, let bytes = try? FileBytes.read("/proc/\(pid)/cgroup", limit: 64 << 10) else {
            return false
        }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").contains {
            $0.split(separator: ":", maxSplits: 2).last?.split(separator: "/").contains { $0 == unit }
                ?? false
        }
    }
}
