// SPDX-License-Identifier: Apache-2.0
import Glibc

/// One running child, the leader of a process group of its own.
///
/// poll(2) on the caller's thread, no Dispatch source: libdispatch on Linux can lose a pipe's end and crash
/// when sources come and go (swiftlang/swift-corelibs-libdispatch#949).
struct Child: ~Copyable {
    let pid: pid_t
    private let pidfd: Descriptor?
    private var out: CapturedPipe
    private var err: CapturedPipe
    private let started: SuspendingClock.Instant
    private let limits: ChildLimits

    /// Starts it. `arguments` begins with argv[0].
    init(
        _ executable: borrowing Executable, arguments: [String], environment: [String], limits: ChildLimits
    ) throws(Errno) {
        started = .now
        let out = try System.pipe()
        let err = try System.pipe()
        pid = try System.spawn(
            executable.target, arguments: arguments, environment: environment, out: out.writing,
            err: err.writing)
        pidfd = System.pidfd(pid)
        self.out = CapturedPipe(reading: out.readingEnd(), cap: limits.stdoutBytes)
        self.err = CapturedPipe(reading: err.readingEnd(), cap: limits.stderrBytes)
        self.limits = limits
    }

    /// Waits for the end, at most for the sum of the limits' durations; nothing of the group is left running
    /// then, but for what left the group (setsid) or sits in the kernel.
    ///
    /// The end is the leader's end: a grandchild that keeps the pipes open is killed, not waited for.
    consuming func finish() -> Execution {
        let verdict = observe(until: started + limits.deadline)
        if verdict != nil {
            kill(-pid, SIGTERM)
            settle(for: limits.grace)
        }
        // The group's id cannot be another's before the leader is reaped, which only a `lost` one was.
        if System.hasEnded(pid) != nil { kill(-pid, SIGKILL) }
        settle(for: limits.abandonAfter)
        let reaped = System.reap(pid)
        let ending = verdict.flatMap { reaped == nil ? nil : $0 } ?? Self.ending(of: reaped, pid: pid)
        return Execution(
            ending: ending, stdout: out.bytes, stderr: err.bytes, latency: SuspendingClock.now - started,
            cpu: reaped?.cpu ?? .zero)
    }

    /// Reads until the child ends (nil), or says why it has to be ended.
    private mutating func observe(until deadline: SuspendingClock.Instant) -> Execution.Ending? {
        while true {
            let ended = System.hasEnded(pid) ?? true
            out.drain()
            err.drain()
            if out.overflowed { return .overflowed(.stdout) }
            if err.overflowed { return .overflowed(.stderr) }
            if ended { return nil }
            let left = deadline - .now
            guard left > .zero else { return .overran(connected: System.holdsSocket(pid)) }
            waitForNews(atMost: left)
        }
    }

    /// Lets the child end after a signal; what it still prints is kept while the caps allow.
    private mutating func settle(for patience: Duration) {
        let deadline = SuspendingClock.now + patience
        while System.hasEnded(pid) == false, deadline > .now {
            out.drain()
            err.drain()
            waitForNews(atMost: deadline - .now)
        }
    }

    private borrowing func waitForNews(atMost left: Duration) {
        var descriptors = [out.pollable, err.pollable]
        var patience = left
        switch pidfd {
        case .some(let descriptor): descriptors.append(descriptor.raw)
        // Without a pidfd nothing but the clock tells the end of a child that has closed its pipes.
        case .none: patience = min(patience, .milliseconds(10))
        }
        System.wait(readable: descriptors, atMost: patience)
    }

    private static func ending(of reaped: (status: Int32, cpu: Duration)?, pid: pid_t) -> Execution.Ending {
        guard let status = reaped?.status else { return System.hasEnded(pid) == nil ? .lost : .abandoned }
        let signal = status & 0x7f
        return signal == 0 ? .exited(status >> 8 & 0xff) : .signaled(signal)
    }
}

/// The reading end of a child's output, bounded.
private struct CapturedPipe: ~Copyable {
    private let reading: Descriptor
    private let cap: Int
    private var isOpen = true
    private(set) var bytes: [UInt8] = []
    private(set) var overflowed = false

    init(reading: consuming Descriptor, cap: Int) {
        self.reading = reading
        self.cap = cap
    }

    /// How much is kept of an output that went over its cap, which nobody parses: enough to show what it was.
    private static let remnant = 4096

    /// For poll(2): negative, and so skipped, when there is nothing more to read.
    var pollable: Int32 { isOpen ? reading.raw : -1 }

    /// Takes what is there. Ends at the cap, so a child that never stops printing cannot hold the caller
    /// here.
    mutating func drain() {
        while isOpen {
            switch System.read(reading, into: &bytes) {
            case .bytes where bytes.count > cap:
                bytes = Array(bytes.prefix(min(cap, Self.remnant)))
                overflowed = true
                isOpen = false
            case .bytes: continue
            case .nothingNow: return
            case .end: isOpen = false
            }
        }
    }
}
