// SPDX-License-Identifier: Apache-2.0

/// What runtimes and the kubelet quote of people who may only create a pod, push an image, or answer as a registry: the
/// output of a command or a probe, a command, a working directory, a user, a path of a mount, an annotation, a registry's
/// message. Rules do not hear it: what a line says is its emitter's own sentence and error chain.
///
/// The wordings are facts of their emitters: runc `libcontainer` (1.0 to 1.3) and crun (1.8 to 1.21) about the process of a
/// container, containerd `core/remotes/docker` and containers/image about a registry, the kubelet's `prober`, `lifecycle`
/// and `kuberuntime` packages (1.20 to 1.36).
enum Strangers {
    /// How far a stranger's words go.
    private enum Reach {
        /// To the end of the value.
        case rest
        /// What follows is the OCI runtime's own, but for what ``verbs`` take, up to the errno at the end.
        case process
    }

    /// Fields of a line that hold nothing else.
    static let fields: Set<String> = [
        "output", "cmd", "command", "execCommand", "args", "stdout", "stderr", "probeOutput", "responseBody",
    ]

    /// Begins of what an emitter says when it passes on what a command, a probe or a client said.
    private static let reports = bytes([
        "ExecSync", "Exec ", "Exec'd ", "Exec lifecycle hook", "HTTP lifecycle hook", "Attach ",
        "PortForward", "Probe ",
        "Liveness probe", "Readiness probe", "Startup probe", "PreStop hook", "PostStart hook",
        "PreStop handler",
        "PostStart handler", "Lifecycle hook", "Failed to exec", "error execing", "Error executing",
        "Execution of ",
        "Request: ", "Response: ", "Container exec",
    ])

    private static let openers: [(literal: String, reach: Reach)] = [
        ("Server message: ", .rest), ("server message: ", .rest), ("response body: ", .rest),
        ("error parsing HTTP ", .rest), ("StatusCode: ", .rest), ("unauthorized: ", .rest),
        ("denied: ", .rest),
        ("toomanyrequests: ", .rest), ("unknown: ", .rest), ("probe failed", .rest), ("probe errored", .rest),
        ("lifecycle hook (", .rest), ("PostStartHookError", .rest), ("PreStopHookError", .rest),
        ("Mounting arguments: ", .rest), ("hostPath type check failed: ", .rest),
        ("non-numeric user (", .rest),
        ("apply default image tag ", .rest), ("parse image ", .rest), ("invalid reference format", .rest),
        ("apparmor profile not found ", .rest), ("Annotation JSON format: ", .rest),
        ("from annotations: ", .rest),
        ("container init: ", .process), ("container init caused", .process),
        ("unable to start container process: ", .process), ("container process caused", .process),
        ("unable to start init: ", .process), ("exec failed: ", .process), ("crun: ", .process),
        ("runc create failed: ", .process), ("oci runtime error: ", .process),
        ("failed to generate spec: ", .process), ("failed to apply OCI options: ", .process),
        ("prepare subPath for volumeMount ", .process), ("cannot load seccomp profile ", .process),
    ]

    /// What an OCI runtime says before a pod's own words, at the start of a part of its error chain.
    private static let verbs = bytes([
        "mkdir ", "chdir to cwd (", "chdir ", "stat ", "lstat ", "exec: ", "exec ", "unable to find user ",
        "unable to find group ",
        "executable file `", "open executable ", "sysctl ", "error mounting ", "mount ",
        "error creating subpath ",
        "failed to mkdir ", "failed to stat ", "path ", "open /var/lib/kubelet/seccomp/", "\"", "`",
    ])

    private static let automaton = LiteralAutomaton(openers.map { Array($0.literal.utf8) })
    private static let mark = Array("…".utf8)

    private static func bytes(_ words: [String]) -> [[UInt8]] { words.map { Array($0.utf8) } }

    /// Whether the line reports what a stranger's command, probe or request said: only rules that name that hear it.
    static func isReport(_ text: ArraySlice<UInt8>) -> Bool {
        reports.contains { text.starts(with: $0) }
    }

    /// Whether a template's plain text names such a report.
    static func isNamed(by literal: [UInt8]) -> Bool {
        reports.contains { literal.span.firstIndex(of: $0, from: 0) != nil }
    }

    /// The value without what it quotes of strangers; the same bytes where it quotes none.
    static func hide(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let automaton else { return value }
        var reading = LiteralAutomaton.Reading()
        var end = value.count
        var process: Int?
        value.withUnsafeBufferPointer { bytes in
            while automaton.advance(&reading, in: bytes.span) {
                for index in automaton.literals(at: reading) {
                    switch openers[index].reach {
                    case .rest: end = min(end, reading.place)
                    case .process: process = process ?? reading.place
                    }
                }
                if end < value.count { return }
            }
        }
        let kept = value.prefix(end)
        let heard: ArraySlice<UInt8>
        if let process, process < end {
            heard = hideProcess(kept, from: kept.startIndex + process)
        } else {
            heard = kept
        }
        return end == value.count ? heard : (heard + mark)[...]
    }

    /// Goes through the parts of the error chain: from the first that begins with one of ``verbs`` on, only verbs, quotes and
    /// the last part, the errno, are left. A pod's own `: ` makes parts, too: none of them is the last.
    private static func hideProcess(_ value: ArraySlice<UInt8>, from start: Int) -> ArraySlice<UInt8> {
        let tail = errno(of: value, from: start)
        var heard = Array(value[..<start])
        var part = start
        var isHiding = false
        while part < tail {
            let verb = verbs.first { value[part..<tail].starts(with: $0) }
            let end = colon(value, from: part + (verb?.count ?? 0), before: tail)
            if let verb {
                isHiding = true
                if verb == crunFile, let close = value[part...].lastIndex(of: crunQuote),
                    close >= part + verb.count
                {
                    return heard + verb + mark + value[close...]
                }
                heard += verb + operand(value[(part + verb.count)..<end])
            } else if !isHiding {
                heard += value[part..<end]
            } else if !heard.suffix(mark.count).elementsEqual(mark) {
                heard += mark
            }
            heard += value[end..<min(end + 2, tail)]
            part = end + 2
        }
        return heard + value[tail...]
    }

    /// What a verb is about: a control group or a file of /proc is the runtime's own, and names in quotes that are no
    /// sentences are kept where something is mounted.
    private static func operand(_ text: ArraySlice<UInt8>) -> [UInt8] {
        if own.contains(where: { text.starts(with: $0) }), !text.contains(0x20) { return Array(text) }
        guard text.first == UInt8(ascii: "\"") else { return mark }
        let names = text.split(separator: UInt8(ascii: "\""), omittingEmptySubsequences: false)
        let isMount = names.count == 5 && names[2].elementsEqual(" to rootfs at ".utf8)
        guard isMount, !names[1].contains(0x20), !names[3].contains(0x20) else { return Array("\"…\"".utf8) }
        return Array(text)
    }

    private static let own = bytes(["/sys/fs/cgroup/", "/proc/"])
    private static let crunFile = Array("executable file `".utf8)
    private static let crunQuote = UInt8(ascii: "`")

    /// Where the last part of the chain begins: what the system said. Behind it only gRPC's code may follow.
    private static func errno(of value: ArraySlice<UInt8>, from start: Int) -> Int {
        let closers: Set<UInt8> = [0x20, UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "'")]
        var end = value.endIndex
        while end > start, closers.contains(value[end - 1]) { end -= 1 }
        let code = Array(": unknown".utf8)
        if value[start..<end].suffix(code.count).elementsEqual(code) { end -= code.count }
        var place = end
        while place >= start + 2 {
            if value[place - 1] == 0x20, value[place - 2] == UInt8(ascii: ":") { return place }
            place -= 1
        }
        return start
    }

    /// Where the part that begins at `start` ends.
    private static func colon(_ value: ArraySlice<UInt8>, from start: Int, before tail: Int) -> Int {
        var place = start
        while place + 2 < tail {
            if value[place] == UInt8(ascii: ":"), value[place + 1] == 0x20 { return place }
            place += 1
        }
        return max(min(tail, value.endIndex) - 2, start)
    }
}
