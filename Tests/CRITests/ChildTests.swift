// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import HealthModel
import Testing

@testable import CRI

/// Serialised: some count this process' children and descriptors.
@Suite("crictl as a child process", .serialized)
struct ChildTests {
    private func run(_ crictl: Crictl, _ scratch: Scratch) throws -> Execution {
        try crictl.run(.version, endpoint: scratch.endpoint())
    }

    @Test("stdout, stderr, status and CPU time are kept; the environment is ours alone")
    func plain() throws {
        let scratch = try Scratch()
        let crictl = try scratch.crictl(
            """
            echo "$*"; env | sort; pwd; ls /proc/self/fd | tr '\\n' ' '; echo wrong >&2
            i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; exit 7
            """)
        let execution = try run(crictl, scratch)
        let lines = String(decoding: execution.stdout, as: UTF8.self).split(separator: "\n")
        #expect(execution.ending == .exited(7))
        #expect(
            lines.first == "--runtime-endpoint unix://\(scratch.path)/cri.sock --timeout 500ms version")
        #expect(lines.contains("LC_ALL=C") && lines.contains("HOME=/") && lines.contains("/"))
        #expect(!lines.contains { $0.hasPrefix("USER=") || $0.hasPrefix("SHELL=") })
        // 3 is ls' own view of the folder.
        #expect(lines.last == "0 1 2 3 ")
        #expect(execution.stderr == Array("wrong\n".utf8))
        #expect(execution.cpu > .zero && execution.latency > .zero)
    }

    @Test("signals are at their defaults and none is blocked in the child")
    func signals() throws {
        let scratch = try Scratch()
        let before = signal(SIGUSR1, SIG_IGN)
        defer { signal(SIGUSR1, before) }
        let crictl = try scratch.crictl("exec grep -E '^Sig(Blk|Ign)' /proc/self/status")
        let words = String(decoding: try run(crictl, scratch).stdout, as: UTF8.self).split(
            whereSeparator: \.isWhitespace)
        let masks = words.compactMap { UInt64($0, radix: 16) }
        // glibc's posix_spawn leaves its own 32 and 33 ignored (sysdeps/unix/sysv/linux/spawni.c).
        #expect(masks.map { $0 & ~(0b11 << 31) } == [0, 0])
    }

    @Test("a last word and the end at once are not lost")
    func lastWord() throws {
        let scratch = try Scratch()
        let crictl = try scratch.crictl("printf x; printf y >&2; exit 0")
        for _ in 0..<50 {
            let execution = try run(crictl, scratch)
            #expect(execution.stdout == [UInt8(ascii: "x")] && execution.stderr == [UInt8(ascii: "y")])
        }
    }

    struct Hostile: Sendable, CustomTestStringConvertible {
        let name: String
        let script: String
        let ending: Execution.Ending
        var testDescription: String { name }
    }

    static let hostileChildren: [Hostile] = [
        Hostile(
            name: "endless stderr", script: "while :; do echo noise noise noise >&2; done",
            ending: .overflowed(.stderr)),
        Hostile(name: "endless stdout", script: "exec cat /dev/zero", ending: .overflowed(.stdout)),
        Hostile(
            name: "endless stdout of a grandchild", script: "cat /dev/zero & wait",
            ending: .overflowed(.stdout)),
        Hostile(
            name: "hangs and ignores SIGTERM", script: "trap '' TERM HUP INT; while :; do sleep 0.1; done",
            ending: .overran(connected: false)),
        Hostile(
            name: "hangs with its pipes closed", script: "exec >&- 2>&-; sleep 60",
            ending: .overran(connected: false)),
        Hostile(name: "stops itself", script: "kill -STOP $$", ending: .overran(connected: false)),
        Hostile(name: "killed by a signal", script: "kill -SEGV $$", ending: .signaled(SIGSEGV)),
        Hostile(
            name: "exits and leaves a grandchild on the pipes",
            script: "cp /bin/sleep $0.sleep; $0.sleep 61 & echo done; exit 3",
            ending: .exited(3)),
        Hostile(
            name: "leaves a grandchild on the pipes that is out of reach",
            script: "setsid sleep 3 & echo done; exit 4",
            ending: .exited(4)),
    ]

    @Test(
        "hostile children end within the limits, are bounded, and leave nothing behind",
        arguments: hostileChildren)
    func hostile(_ hostile: Hostile) throws {
        let scratch = try Scratch()
        let crictl = try scratch.crictl("# \(scratch.path)\n" + hostile.script)
        let execution = try run(crictl, scratch)
        #expect(execution.ending == hostile.ending)
        #expect(execution.stdout.count <= 1 << 20 && execution.stderr.count <= 64 << 10)
        #expect(execution.latency < .seconds(20))
        #expect(leftovers(of: scratch).isEmpty)
    }

    @Test("many children leave no zombie and no descriptor")
    func leaks() throws {
        let scratch = try Scratch()
        let before = openDescriptors()
        let limits = Crictl.Limits(child: ChildLimits(stdoutBytes: 1000))
        let crictl = try scratch.crictl("exit 0", limits: limits)
        let flood = Crictl(
            path: try scratch.write("flood/crictl", "#!/bin/sh\nexec cat /dev/zero", mode: 0o755),
            limits: limits)
        for _ in 0..<100 {
            _ = try run(crictl, scratch)
            #expect(try run(flood, scratch).ending == .overflowed(.stdout))
        }
        // Tests beside this one have a few descriptors and children of their own for a moment.
        #expect(openDescriptors() < before + 50)
        #expect(zombies().count < 20)
    }

    @Test("a child that holds a socket when the deadline comes was connected")
    func connected() throws {
        let scratch = try Scratch()
        let listener = try Listener("\(scratch.path)/cri.sock")
        let script =
            "#!/usr/bin/env python3\nimport socket, sys, time\n"
            + "s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[2][7:]); time.sleep(60)\n"
        let crictl = Crictl(path: try scratch.write("crictl", script, mode: 0o755), limits: .test)
        let execution = try run(crictl, scratch)
        #expect(execution.ending == .overran(connected: true))
        #expect(word(CrictlOutput.outcome(rung: .version, execution: execution)) == "timedOut")
        withExtendedLifetime(listener) {}
    }

    static let freezer = "/sys/fs/cgroup/freezer"

    @Test(
        "a child that the kernel does not let go is given up, told, and reaped later",
        .enabled(if: access("\(freezer)/cgroup.procs", W_OK) == 0, "needs the v1 freezer cgroup"))
    func abandoned() throws {
        let scratch = try Scratch()
        // A frozen process takes SIGKILL only when it is thawed, as one in D state does.
        let group = "\(Self.freezer)/crihealthd-\(getpid())"
        try #require(mkdir(group, 0o755) == 0)
        defer {
            try? Data("THAWED".utf8).write(to: URL(fileURLWithPath: "\(group)/freezer.state"))
            _ = waitUntil { rmdir(group) == 0 }
        }
        let limits = Crictl.Limits(
            child: ChildLimits(deadline: .seconds(1), abandonAfter: .milliseconds(100)))
        let crictl = try scratch.crictl(
            """
            [ -e \(scratch.path)/well ] && exit 0
            echo $$ > \(group)/cgroup.procs
            echo FROZEN > \(group)/freezer.state
            """,
            limits: limits)
        for _ in 0..<4 {
            let execution = try run(crictl, scratch)
            #expect(execution.ending == .abandoned && execution.latency < .seconds(10))
        }
        let refused = #expect(throws: ProbeBreakage.self) { try run(crictl, scratch) }
        #expect(refused?.reason == .crictlUnusable && refused?.errno == EAGAIN)
        try scratch.write("well", "")
        try Data("THAWED".utf8).write(to: URL(fileURLWithPath: "\(group)/freezer.state"))
        // Each call reaps those that have ended by then.
        #expect(waitUntil { (try? run(crictl, scratch).ending) == .exited(0) && zombies().isEmpty })
    }

    private func waitUntil(_ condition: () -> Bool) -> Bool {
        let deadline = ContinuousClock.now + .seconds(10)
        while deadline > .now {
            if condition() { return true }
            usleep(20_000)
        }
        return false
    }

    @Test("what cannot be started says so with errno")
    func unusable() throws {
        let scratch = try Scratch()
        let cases: [(String, mode_t, Int32)] = [
            ("\u{7f}no format", 0o755, ENOEXEC), ("#!/bin/sh\n", 0o644, EACCES),
            ("#!/nowhere/interpreter\n", 0o755, ENOENT),
        ]
        for (text, mode, errno) in cases {
            let path = try scratch.write("unusable-\(errno)", text, mode: mode)
            let error = #expect(throws: ProbeBreakage.self) { try run(Crictl(path: path), scratch) }
            #expect(error?.reason == .crictlUnusable && error?.errno == errno, "\(String(describing: error))")
        }
    }

    @Test("crictl is found where it is, and missing when it is nowhere")
    func locate() throws {
        let scratch = try Scratch()
        try scratch.write("b/crictl", "#!/bin/sh\n", mode: 0o755)
        let places = ["a", "b"].map { "\(scratch.path)/\($0)" }
        #expect(try Crictl(searchDirectories: places).locate() == "\(scratch.path)/b/crictl")
        let missing = #expect(throws: ProbeBreakage.self) {
            try Crictl(searchDirectories: [places[0]]).locate()
        }
        #expect(missing?.reason == .crictlMissing)
        let configured = #expect(throws: ProbeBreakage.self) {
            try Crictl(path: "\(scratch.path)/none", searchDirectories: places).locate()
        }
        #expect(configured?.reason == .crictlMissing)
        let folder = #expect(throws: ProbeBreakage.self) { try Crictl(path: scratch.path).locate() }
        #expect(folder?.reason == .crictlUnusable)
    }

    private func openDescriptors() -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
    }

    /// Processes of the test's script, once the kernel has taken the killed ones away.
    private func leftovers(of scratch: Scratch) -> [String] {
        _ = waitUntil { children(holding: "\(scratch.path)/crictl").isEmpty }
        return children(holding: "\(scratch.path)/crictl")
    }
}
