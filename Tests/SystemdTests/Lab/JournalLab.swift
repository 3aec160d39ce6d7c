// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import HealthModel
import Systemd
import Testing

/// A systemd-journald of its own (`Tests/Support/journald-lab`), and writers to it.
final class JournalLab {
    let directory: TemporaryDirectory
    private let settings: [String]
    private let volatile: Bool
    private var journald: Child?

    /// Why the lab cannot run here; nil when it can.
    static let obstacle: String? = {
        if geteuid() != 0 { return "needs root" }
        for tool in ["/lib/systemd/systemd-journald", "/usr/bin/unshare"] where access(tool, X_OK) != 0 {
            return "needs \(tool)"
        }
        return nil
    }()

    static var isPossible: Bool { obstacle == nil }

    init(_ settings: [String] = [], volatile: Bool = false, in parent: String = "/tmp") throws {
        directory = TemporaryDirectory(in: parent)
        self.settings = settings
        self.volatile = volatile
        try start()
    }

    deinit { stop(SIGKILL) }

    var location: JournalLocation { .directory(directory("var")) }
    var machineDirectory: String { directory("var/0f0e0d0c0b0a09080706050403020100") }

    var pid: pid_t { journald?.pid ?? 0 }

    func start() throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Support/journald-lab").path
        let child = try Child(
            ["/bin/bash", script, directory.path] + settings, environment: volatile ? ["VOLATILE": "1"] : [:],
            output: directory("journald.log"))
        journald = child
        // It makes one after the other.
        for name in ["socket", "stdout"] {
            try #require(eventually { access(socketPath(name), F_OK) == 0 }, "journald did not start")
        }
        // The socket is there before it is read from: wait until journald answers with a file.
        try #require(eventually { !journalFiles().isEmpty }, "journald wrote no file")
    }

    /// Lets journald do nothing more; it still ends with the lab.
    func freeze() { journald?.signal(SIGSTOP) }

    func stop(_ signal: Int32 = SIGTERM) {
        journald?.signal(signal)
        journald?.wait()
        journald = nil
    }

    /// SIGUSR1: /run is flushed to /var. SIGUSR2: files are rotated.
    func signal(_ number: Int32) { journald?.signal(number) }

    /// Rotates, and waits until it is done.
    func rotate() throws {
        let archived = archivedFiles().count
        signal(SIGUSR2)
        try #require(eventually { archivedFiles().count > archived && access(liveFile, F_OK) == 0 })
    }

    /// How many of the writers' entries are in the files.
    func written() -> Int {
        guard let journal = try? Journal(location), (try? journal.setMatches(Recorder.matches)) != nil,
            (try? journal.seekHead()) != nil
        else { return 0 }
        var count = 0
        while (try? journal.next()) == true { count += 1 }
        return count
    }

    /// When the writers' entries `TAG N` were logged, by N.
    func times(_ tag: String) throws -> [WallTime] {
        let journal = try Journal(location)
        try journal.setMatches(Recorder.matches)
        try journal.seekHead()
        var times: [WallTime] = []
        while try journal.next() {
            if try journal.entry().message == "\(tag) \(times.count)" { times.append(try journal.wallTime()) }
        }
        return times
    }

    var liveFile: String { machineDirectory + "/system.journal" }

    func archivedFiles() -> [String] { journalFiles().filter { $0.contains("system@") } }

    /// Runs a program as another user, where this journald listens.
    func runAs(_ user: Int, _ argv: [String], input: String = "/dev/null") throws {
        let status = try Child.run(
            [
                "nsenter", "--mount=/proc/\(pid)/ns/mnt", "--", "setpriv", "--reuid=\(user)",
                "--regid=\(user)", "--clear-groups", "--",
            ] + argv, input: input)
        try #require(status == 0)
    }

    /// All journal files, live and archived, in /var and /run.
    func journalFiles() -> [String] {
        ["var/0f0e0d0c0b0a09080706050403020100", "run/0f0e0d0c0b0a09080706050403020100"].flatMap { folder in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: directory(folder))) ?? []
            return names.filter { $0.hasSuffix(".journal") || $0.hasSuffix(".journal~") }.sorted()
                .map { directory(folder) + "/" + $0 }
        }
    }

    fileprivate func socketPath(_ name: String) -> String {
        "/proc/\(journald?.pid ?? 0)/root/run/systemd/journal/\(name)"
    }

    // MARK: Writers

    /// A socket connected to journald's native protocol (datagrams).
    func nativeSocket() throws -> UnixSocket { try UnixSocket(SOCK_DGRAM.rawValue, socketPath("socket")) }

    /// A stream as a service's standard output is one.
    func stream(_ identifier: String) throws -> UnixSocket {
        let socket = try UnixSocket(SOCK_STREAM.rawValue, socketPath("stdout"))
        socket.send(Array("\(identifier)\n\n6\n0\n0\n0\n0\n".utf8))
        return socket
    }

    /// Sends entries `TAG N` for all N.
    func write(_ tag: String, _ numbers: Range<Int>, pause: useconds_t = 0) throws {
        let socket = try nativeSocket()
        for number in numbers {
            socket.send([("MESSAGE", "\(tag) \(number)"), ("SYSLOG_IDENTIFIER", "lab"), ("PRIORITY", "6")])
            if pause > 0 { usleep(pause) }
        }
    }

    /// Writes lines `TAG N` to a stream, `burst` of them at a time.
    func burst(_ tag: String, _ numbers: Range<Int>, burst: Int = 200, pause: useconds_t = 0) throws {
        let stream = try stream("lab")
        var next = numbers.lowerBound
        while next < numbers.upperBound {
            let end = min(next + burst, numbers.upperBound)
            stream.send(Array((next..<end).map { "\(tag) \($0)\n" }.joined().utf8))
            next = end
            if pause > 0 { usleep(pause) }
        }
    }
}

/// A connected unix socket.
final class UnixSocket {
    let descriptor: Int32

    struct Failed: Error { let errno: Int32 }

    init(_ type: UInt32, _ path: String) throws {
        descriptor = socket(AF_UNIX, Int32(type) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8).prefix(107)) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        if result < 0 { throw Failed(errno: errno) }
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if sent < 0 {
                if errno == EINTR || errno == EAGAIN { continue }
                return
            }
            rest = rest.dropFirst(sent)
        }
    }

    /// One entry of the native protocol; every value in the binary form.
    func send(_ fields: [(String, String)]) { send(fields.map { ($0, Array($1.utf8)) }) }

    func send(_ fields: [(String, [UInt8])]) {
        var datagram: [UInt8] = []
        for (name, value) in fields {
            datagram += Array(name.utf8) + [10]
            withUnsafeBytes(of: UInt64(value.count).littleEndian) { datagram += $0 }
            datagram += value + [10]
        }
        send(datagram)
    }
}
