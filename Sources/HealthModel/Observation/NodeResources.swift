// SPDX-License-Identifier: Apache-2.0

/// What the node itself has left: file systems, process ids, file handles.
public struct NodeResources: Hashable, Codable, Sendable {
    /// The mount that a path lies on (proc_pid_mountinfo(5)).
    public struct Mount: Hashable, Codable, Sendable {
        /// The path that was asked about; it exists.
        public var path: String
        /// Where the file system is mounted.
        public var mountPoint: String
        /// `/dev/dm-2`, `overlay`; what the kernel calls its source.
        public var source: String
        /// `ext4`, `xfs`.
        public var type: String
        /// Whether the file system as a whole is read-only (its super options), whatever this mount of it is.
        public var isReadOnly: Bool
        /// Errors that ext4 has counted since the last fsck (/sys/fs/ext4/DEV/errors_count); nil for others.
        public var errors: UInt64?

        /// Makes a mount.
        public init(
            path: String, mountPoint: String, source: String, type: String, isReadOnly: Bool,
            errors: UInt64? = nil
        ) {
            self.path = path
            self.mountPoint = mountPoint
            self.source = source
            self.type = type
            self.isReadOnly = isReadOnly
            self.errors = errors
        }
    }

    /// How much of a limit is used.
    public struct Use: Hashable, Codable, Sendable {
        /// In use.
        public var used: UInt64
        /// The most that there may be.
        public var limit: UInt64

        /// Makes a use.
        public init(used: UInt64, limit: UInt64) {
            self.used = used
            self.limit = limit
        }

        /// 90 % or more.
        public var isNearlyAll: Bool { limit > 0 && used >= limit - limit / 10 }
    }

    /// The mounts that the paths asked about lie on.
    public var mounts: [Mount]
    /// Tasks of the node against the lower of kernel.pid_max and kernel.threads-max; nil: unknown.
    public var tasks: Use?
    /// Open files of the node against fs.file-max (/proc/sys/fs/file-nr); nil: unknown.
    public var files: Use?
    /// Tasks of each unit that has a limit (pids.current, pids.max), by unit.
    public var unitTasks: [String: Use]
    /// fs.inotify.max_user_instances; nil: unknown.
    public var inotifyInstances: UInt64?
    /// fs.inotify.max_user_watches; nil: unknown.
    public var inotifyWatches: UInt64?

    /// Makes a report.
    public init(
        mounts: [Mount], tasks: Use? = nil, files: Use? = nil, unitTasks: [String: Use] = [:],
        inotifyInstances: UInt64? = nil, inotifyWatches: UInt64? = nil
    ) {
        self.mounts = mounts
        self.tasks = tasks
        self.files = files
        self.unitTasks = unitTasks
        self.inotifyInstances = inotifyInstances
        self.inotifyWatches = inotifyWatches
    }
}
