// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Foundation
import Glibc
import HealthModel
import Synchronization
import Testing

@testable import CRI

@Suite("Probe ladder")
struct ProbeLadderTests {
    private let ladder = ProbeLadder(
        crictl: Crictl(path: "/nowhere/crictl"), connectDeadline: .milliseconds(100))

    private func words(_ reports: [ProbeReport]) -> [String] {
        reports.map { "\($0.rung) \(word($0.outcome))" }
    }

    @Test("no socket, a file, a stale socket, a link to a socket, no crictl")
    func native() throws {
        let scratch = try Scratch()
        #expect(words(ladder.probe(scratch.endpoint())) == ["socket socketMissing"])
        try scratch.write("file", "")
        #expect(words(ladder.probe(scratch.endpoint("file"))) == ["socket notASocket"])
        #expect(words(ladder.probe(scratch.endpoint("file/below"))) == ["socket socketMissing"])
        let stale = try Listener("\(scratch.path)/stale.sock", backlog: nil)
        #expect(words(ladder.probe(scratch.endpoint("stale.sock"))) == ["socket reached", "connect refused"])
        let live = try Listener("\(scratch.path)/live.sock")
        symlink("live.sock", "\(scratch.path)/link.sock")
        #expect(
            words(ladder.probe(scratch.endpoint("link.sock")))
                == ["socket reached", "connect reached", "version crictlMissing"])
        #expect(words(ladder.probe(scratch.endpoint("live.sock"), through: .connect)).count == 2)
        #expect(words(ladder.probe(scratch.endpoint("live.sock"), from: .status)) == ["status crictlMissing"])
        #expect(ladder.probe(scratch.endpoint(), from: .status, through: .socket).isEmpty)
        withExtendedLifetime((stale, live)) {}
    }

    @Test("errno is kept")
    func errno() throws {
        let scratch = try Scratch()
        guard case .failed(let failure)? = ladder.probe(scratch.endpoint()).last?.outcome else {
            Issue.record("did not fail")
            return
        }
        #expect(failure.errno == ENOENT && failure.text.contains("No such file or directory"))
        let long = Endpoint(
            socketPath: "/tmp/" + String(repeating: "x", count: 200), runtime: .other, unit: nil)
        #expect(word(ladder.probe(long, rung: .connect).outcome) == "crictlUnusable")
    }

    @Test("a full backlog is no answer")
    func backlog() throws {
        let scratch = try Scratch()
        let listener = try Listener("\(scratch.path)/cri.sock", backlog: 0)
        let filler = try ProbeLadderTests.connect("\(scratch.path)/cri.sock")
        defer { close(filler) }
        let report = ladder.probe(scratch.endpoint(), rung: .connect)
        guard case .failed(let failure) = report.outcome else {
            Issue.record("\(report)")
            return
        }
        #expect(failure.reason == .timedOut && failure.errno == EAGAIN)
        #expect(report.latency >= .milliseconds(100))
        withExtendedLifetime(listener) {}
    }

    private static func connect(_ path: String) throws -> Int32 {
        let fd = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(fd, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(result == 0)
        return fd
    }

    @Test("a rung that fails ends the ladder, with its CPU time")
    func stops() throws {
        let scratch = try Scratch()
        let listener = try Listener("\(scratch.path)/cri.sock")
        let crictl = try scratch.crictl(
            #"""
            case "$5" in
            version) echo "RuntimeName:  containerd"; echo "RuntimeVersion:  1.6.20"; echo "RuntimeApiVersion:  v1";;
            info) echo 'level=fatal msg="rpc error: code = DeadlineExceeded desc = context deadline exceeded"' >&2; exit 1;;
            esac
            """#)
        let reports = ProbeLadder(crictl: crictl).probe(scratch.endpoint())
        #expect(
            words(reports) == ["socket reached", "connect reached", "version version", "status timedOut"])
        #expect(reports[2].childCPU > .zero && reports[0].childCPU == .zero)
        #expect(reports.allSatisfy { $0.latency > .zero })
        withExtendedLifetime(listener) {}
    }

    @Test(
        "a socket that may not be entered is a broken probe",
        .enabled(if: getuid() == 0, "needs root to drop rights"))
    func permission() throws {
        let scratch = try Scratch()
        let listener = try Listener("\(scratch.path)/cri.sock")
        chmod(scratch.path, 0o700)
        let endpoint = scratch.endpoint()
        let ladder = ladder
        typealias SetFSUID = @convention(c) (uid_t) -> CInt
        let setfsuid = unsafeBitCast(try #require(dlsym(nil, "setfsuid")), to: SetFSUID.self)
        let found = Mutex<[String]>([])
        let done = DispatchSemaphore(value: 0)
        // setfsuid(2) is a thread's own: one thread loses its rights and ends.
        let thread = Thread { @Sendable in
            _ = setfsuid(65_534)
            found.withLock {
                $0 = [ProbeReport.Rung.socket, .connect].map {
                    word(ladder.probe(endpoint, rung: $0).outcome)
                }
            }
            done.signal()
        }
        thread.start()
        #expect(done.wait(timeout: .now() + 10) == .success)
        #expect(found.withLock { $0 } == ["permissionDenied", "permissionDenied"])
        withExtendedLifetime(listener) {}
    }
}
