// SPDX-License-Identifier: Apache-2.0

/// Which binary a runtime's unit runs, and which it would run at its next start.
public struct RuntimeBinaries: Hashable, Codable, Sendable {
    /// How the file that a process executes compares with what is at its path now.
    public enum OnDisk: String, Hashable, Codable, Sendable {
        /// The same file, by device and inode.
        case same
        /// Another file is there: it was replaced, as a package manager does (rename(2) over it).
        case replaced
        /// Nothing is there any more.
        case deleted
    }

    /// A running process and its executable (`/proc/PID/exe`, proc(5)).
    public struct Process: Hashable, Codable, Sendable {
        /// Process id.
        public var pid: Int32
        /// The path it was started from, without the kernel's ` (deleted)`.
        public var path: String
        /// What is at that path now.
        public var onDisk: OnDisk

        /// Makes a process.
        public init(pid: Int32, path: String, onDisk: OnDisk) {
            self.pid = pid
            self.path = path
            self.onDisk = onDisk
        }
    }

    /// A binary on disk. Two paths with one device and inode are one binary.
    public struct File: Hashable, Codable, Sendable {
        /// Its path, before symbolic links are resolved.
        public var path: String
        /// `st_dev`; 0 when it is not known.
        public var device: UInt64
        /// `st_ino`.
        public var inode: UInt64

        /// Makes a file.
        public init(path: String, device: UInt64, inode: UInt64) {
            self.path = path
            self.device = device
            self.inode = inode
        }

        /// Whether both are one file.
        public func isSame(as other: File) -> Bool { device == other.device && inode == other.inode }
    }

    /// `containerd.service`.
    public var unit: String
    /// The unit's main process; nil when it is gone or cannot be looked into.
    public var running: Process?
    /// The binary that the unit would start next: by its files on disk, which systemd may not have read yet
    /// (`NeedDaemonReload` does not notice a new drop-in directory, systemd 252), else by `ExecStart`. Where that is the
    /// file that runs, its path is ``Process/path``. Nil when it is not there.
    public var configured: File?
    /// All binaries of that name on the unit's `PATH`, in its order, each file once.
    public var copies: [File]
    /// The runtime's shims or monitors (`containerd-shim-*`, `conmon`) whose binary is no longer on disk.
    public var oldShims: [Process]
    /// How many shims or monitors run in all.
    public var shims: Int

    /// Most ``oldShims`` that are listed.
    public static let shimLimit = 256

    /// Makes a report.
    public init(
        unit: String, running: Process?, configured: File?, copies: [File], oldShims: [Process], shims: Int
    ) {
        self.unit = unit
        self.running = running
        self.configured = configured
        self.copies = copies
        self.oldShims = oldShims
        self.shims = shims
    }

    /// What the daemon's own binary is called; nil for runtimes whose binary is not known by name.
    public static func name(of runtime: RuntimeName) -> String? {
        switch runtime {
        case .containerd: "containerd"
        case .crio: "crio"
        case .criDockerd: "cri-dockerd"
        case .other: nil
        }
    }

    /// Whether a binary of that name is a shim or a monitor of containers.
    public static func isShim(_ name: some StringProtocol) -> Bool {
        name.hasPrefix("containerd-shim") || name == "conmon" || name == "crio-conmon" || name == "conmonrs"
    }
}
