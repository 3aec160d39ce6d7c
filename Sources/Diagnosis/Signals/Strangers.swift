// SPDX-License-Identifier: Apache-2.0
import HealthModel

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
        /// A container's spec as Go prints it, up to the kubelet's own words behind the last ``specEnd``.
        case spec
        /// What follows is the OCI runtime's own, but for what ``verbs`` take, up to the errno at the end.
        case process
    }

    /// Fields of a line that hold nothing else.
    static let fields: Set<String> = [
        "output", "cmd", "command", "execCommand", "args", "stdout", "stderr", "probeOutput", "responseBody",
    ]

    /// Begins of what an emitter says when it passes on what a command, a probe or a client said.
    private static let reports = Begins([
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
        ("from annotations: ", .rest), ("container &Container{", .spec),
        ("container init: ", .process), ("container init caused", .process),
        ("unable to start container process: ", .process), ("container process caused", .process),
        ("unable to start init: ", .process), ("exec failed: ", .process), ("crun: ", .process),
        ("runc create failed: ", .process), ("oci runtime error: ", .process),
        ("failed to generate spec: ", .process), ("failed to apply OCI options: ", .process),
        ("prepare subPath for volumeMount ", .process), ("cannot load seccomp profile ", .process),
    ]

    /// What an OCI runtime says before a pod's own words, at the start of a part of its error chain.
    private static let verbs = Begins([
        "mkdir ", "chdir to cwd (", "chdir ", "stat ", "lstat ", "exec: ", "exec ", "unable to find user ",
        "unable to find group ",
        "executable file `", "open executable ", "sysctl ", "error mounting ", "mount ",
        "error creating subpath ",
        "failed to mkdir ", "failed to stat ", "path ", "open /var/lib/kubelet/seccomp/", "\"", "`",
    ])

    private static let automaton = LiteralAutomaton(openers.map { Array($0.literal.utf8) })
    private static let mark = Array("…".utf8)
    /// kubernetes `pkg/kubelet/kuberuntime/kuberuntime_manager.go`: `container &Container{…} start failed in pod web_shop(UID): …`.
    private static let specEnd = Array("} start failed in pod ".utf8)

    /// Words that a text may begin with, by their first byte.
    private struct Begins: Sendable {
        let all: [[UInt8]]
        /// Per byte, where in ``all`` the words with it are; in the order in which they were given.
        private let places: [[Int]]

        init(_ words: [String]) {
            let words = words.map { Array($0.utf8) }
            all = words
            places = (0...255).map { byte in words.indices.filter { words[$0].first == UInt8(byte) } }
        }

        /// The first of them that stands at that place.
        func first(at place: Int, in text: Span<UInt8>) -> [UInt8]? {
            guard place < text.count else { return nil }
            for index in places[Int(text[place])] {
                let word = all[index]
                if text.has(word.span, at: place) { return word }
            }
            return nil
        }
    }

    /// Whether the line reports what a stranger's command, probe or request said: only rules that name that hear it.
    static func isReport(_ text: Span<UInt8>) -> Bool { reports.first(at: 0, in: text) != nil }

    /// Whether a template's plain text names such a report.
    static func isNamed(by literal: [UInt8]) -> Bool {
        reports.all.contains { literal.span.firstIndex(of: $0.span, from: 0) != nil }
    }

    /// The value without what it quotes of strangers; the same bytes where it quotes none.
    static func hide(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let automaton else { return value }
        var reading = LiteralAutomaton.Reading()
        var end = value.count
        var process: Int?
        let bytes = value.span
        while end == value.count, automaton.advance(&reading, in: bytes) {
            for place in automaton.literals(at: reading) {
                switch openers[automaton.literal(place)].reach {
                case .rest: end = min(end, reading.place)
                case .spec:
                    if process == nil, let close = bytes.lastIndex(of: specEnd.span, after: reading.place) {
                        let kept = value.prefix(reading.place) + mark
                        return kept + hide(value.dropFirst(close))
                    }
                    end = min(end, reading.place)
                case .process: process = process ?? reading.place
                }
            }
        }
        guard end < value.count || process != nil else { return value }
        let kept = value.prefix(end)
        var heard: [UInt8] = []
        heard.reserveCapacity(end + mark.count)
        if let process, process < end {
            hideProcess(kept, from: kept.startIndex + process, into: &heard)
        } else {
            heard += kept
        }
        if end < value.count { heard += mark }
        return heard[...]
    }

    /// Goes through the parts of the error chain: from the first that begins with one of ``verbs`` on, only verbs, quotes and
    /// the last part, the errno, are left. A pod's own `: ` makes parts, too: none of them is the last.
    private static func hideProcess(_ value: ArraySlice<UInt8>, from start: Int, into heard: inout [UInt8]) {
        let tail = errno(of: value, from: start)
        heard += value[..<start]
        var part = start
        var isHiding = false
        while part < tail {
            let verb = verbs.first(at: 0, in: value[part..<tail].span)
            let end = colon(value, from: part + (verb?.count ?? 0), before: tail)
            if let verb {
                isHiding = true
                heard += verb
                if verb == crunFile, let close = value[part...].lastIndex(of: crunQuote),
                    close >= part + verb.count
                {
                    heard += mark
                    heard += value[close...]
                    return
                }
                hideOperand(value[(part + verb.count)..<end], into: &heard)
            } else if !isHiding {
                heard += value[part..<end]
            } else if !heard.span.has(mark.span, at: heard.count - mark.count) {
                heard += mark
            }
            heard += value[end..<min(end + 2, tail)]
            part = end + 2
        }
        heard += value[tail...]
    }

    /// What a verb is about: a control group or a file of /proc is the runtime's own, and names in quotes that are no
    /// sentences are kept where something is mounted.
    private static func hideOperand(_ text: ArraySlice<UInt8>, into heard: inout [UInt8]) {
        if own.first(at: 0, in: text.span) != nil, !text.contains(0x20) {
            heard += text
            return
        }
        guard text.first == UInt8(ascii: "\"") else {
            heard += mark
            return
        }
        let names = text.split(separator: UInt8(ascii: "\""), omittingEmptySubsequences: false)
        let isMount = names.count == 5 && names[2].elementsEqual(" to rootfs at ".utf8)
        if isMount, !names[1].contains(0x20), !names[3].contains(0x20) {
            heard += text
        } else {
            heard += quotedMark
        }
    }

    private static let own = Begins(["/sys/fs/cgroup/", "/proc/"])
    private static let quotedMark = Array("\"…\"".utf8)
    private static let crunFile = Array("executable file `".utf8)
    private static let crunQuote = UInt8(ascii: "`")

    /// Where the last part of the chain begins: what the system said. Behind it only gRPC's code may follow.
    private static func errno(of value: ArraySlice<UInt8>, from start: Int) -> Int {
        var end = value.endIndex
        while end > start, isCloser(value[end - 1]) { end -= 1 }
        let code = Array(": unknown".utf8)
        if value[start..<end].suffix(code.count).elementsEqual(code) { end -= code.count }
        var place = end
        while place >= start + 2 {
            if value[place - 1] == 0x20, value[place - 2] == UInt8(ascii: ":") { return place }
            place -= 1
        }
        return start
    }

    private static func isCloser(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x20, UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "'"): true
        default: false
        }
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

extension Span<UInt8> {
    /// Where these bytes last are, at `start` or behind it.
    fileprivate func lastIndex(of part: Span<UInt8>, after start: Int) -> Int? {
        var place = count - part.count
        while place >= start {
            if has(part, at: place) { return place }
            place -= 1
        }
        return nil
    }
}
