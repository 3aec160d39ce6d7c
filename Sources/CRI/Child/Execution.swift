// SPDX-License-Identifier: Apache-2.0

/// How a child process went: what it printed, how it ended, what it cost.
public struct Execution: Hashable, Sendable {
    /// How it ended.
    public enum Ending: Hashable, Sendable {
        /// It exited with this status.
        case exited(Int32)
        /// A signal that was not ours ended it.
        case signaled(Int32)
        /// The hard deadline passed and its process group was killed. `connected`: it held a socket by then.
        case overran(connected: Bool)
        /// It printed more than the cap to that stream and its process group was killed.
        case overflowed(Stream)
        /// It was killed and is still there: it waits in the kernel (D state). It is reaped when it ends.
        case abandoned
        /// Somebody else reaped it (SIGCHLD ignored in this process?): its status is not known.
        case lost
    }

    /// Where a child prints.
    public enum Stream: String, Hashable, Sendable {
        /// Descriptor 1.
        case stdout
        /// Descriptor 2.
        case stderr
    }

    /// How it ended.
    public var ending: Ending
    /// What it printed to stdout, up to the cap.
    public var stdout: [UInt8]
    /// What it printed to stderr, up to the cap.
    public var stderr: [UInt8]
    /// Wall time from spawn to the end of waiting (CLOCK_MONOTONIC).
    public var latency: Duration
    /// User and system CPU time, of the children it waited for too; zero when it was not reaped.
    public var cpu: Duration

    /// Makes an execution, as from a recording.
    public init(
        ending: Ending, stdout: [UInt8] = [], stderr: [UInt8] = [], latency: Duration = .zero,
        cpu: Duration = .zero
    ) {
        self.ending = ending
        self.stdout = stdout
        self.stderr = stderr
        self.latency = latency
        self.cpu = cpu
    }
}

/// Bounds of one child process.
public struct ChildLimits: Hashable, Sendable {
    /// From spawn to SIGTERM.
    public var deadline: Duration
    /// From SIGTERM to SIGKILL.
    public var grace: Duration
    /// From SIGKILL to giving up on a child that the kernel holds.
    public var abandonAfter: Duration
    /// Most bytes that are taken from stdout.
    public var stdoutBytes: Int
    /// Most bytes that are taken from stderr.
    public var stderrBytes: Int

    /// Makes bounds. 8 MiB is `crictl ps --all` of some 4000 containers.
    public init(
        deadline: Duration = .seconds(5), grace: Duration = .milliseconds(100),
        abandonAfter: Duration = .seconds(1), stdoutBytes: Int = 8 << 20, stderrBytes: Int = 64 << 10
    ) {
        self.deadline = deadline
        self.grace = grace
        self.abandonAfter = abandonAfter
        self.stdoutBytes = stdoutBytes
        self.stderrBytes = stderrBytes
    }
}
