// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Synchronization
import Testing

@testable import Diagnosis
@testable import crihealthd

@Suite struct ProberPolicyTests {
    private let policy = ProberPolicy(
        endpoints: [StubAsker.endpoint], units: ["containerd.service"],
        cniDirectories: [StubAsker.endpoint.socketPath: "/opt/cni/conf"],
        isProcess: { _, _ in true })
    private static let id = String(repeating: "ab", count: 32)
    private static let stranger = Endpoint(socketPath: "/tmp/mine.sock", runtime: .containerd, unit: nil)

    static let admitted: [Inquiry] = [
        .tcpListener(address: "127.0.0.1:1338"), .tcpListener(address: "[::1]:10010"),
        .unixListener(path: "/run/containerd/containerd.sock"), .process(pid: 1),
        .fileSystems(paths: ["/var/lib/containerd", "/run"]), .cni(directory: "/etc/cni/net.d"),
        .cni(directory: "/opt/cni/conf"), .binary(name: "runc"), .binary(name: "/usr/sbin/runc"),
        .containerProcesses, .runtimeConfiguration, .tcpListeners, .previousShutdown, .kubelet,
        .changes(known: nil), .changes(known: .max),
        .scopes(containers: [id]), .containerLog(StubAsker.endpoint, id: id),
        .binaries(unit: "containerd.service", pid: 17, execStart: "/usr/bin/containerd"),
    ]

    @Test("On the list", arguments: admitted)
    func admits(_ inquiry: Inquiry) { #expect(policy.admit(inquiry) == inquiry) }

    static let refused: [Inquiry] = [
        .probe(StubAsker.endpoint, from: .socket), .unit("containerd.service"),
        .tcpListener(address: "localhost:80"), .tcpListener(address: "1338"),
        .tcpListener(address: String(repeating: "1", count: 80) + ":1"),
        .unixListener(path: "/tmp/mine.sock"),
        .process(pid: -1), .process(pid: .max), .cni(directory: "/etc"), .cni(directory: "/etc/cni/net.d/.."),
        .binary(name: ""), .binary(name: "../../tmp/x"), .binary(name: "/tmp/x"), .binary(name: "a b"),
        .binary(name: "-x"), .binary(name: "/usr/bin/../../tmp/x"), .binary(name: "runc\u{0}"),
        .scopes(containers: ["../../x"]), .scopes(containers: [""]),
        .scopes(containers: Array(repeating: id, count: 65)), .containerLog(stranger, id: id),
        .containerLog(StubAsker.endpoint, id: "../x"),
        .binaries(unit: "sshd.service", pid: 1, execStart: nil),
        .binaries(unit: "containerd.service", pid: -4, execStart: nil),
    ]

    @Test("Not on the list", arguments: refused)
    func refuses(_ inquiry: Inquiry) { #expect(policy.admit(inquiry) == nil) }

    @Test func whatIsUnknownIsLeftOut() {
        #expect(
            policy.admit(.fileSystems(paths: ["/root", "/run", "/run/../root"]))
                == .fileSystems(paths: ["/run"]))
        #expect(
            policy.admit(.resources(paths: ["/root", "/var/lib/kubelet"], units: ["sshd.service"]))
                == .resources(paths: ["/var/lib/kubelet"], units: []))
        #expect(
            policy.admit(.ociRuntimes(paths: ["/tmp/evil", "runc", "/usr/bin/../bin/sh"]))
                == .ociRuntimes(paths: []))
        #expect(
            policy.admit(.binaries(unit: "containerd.service", pid: 1, execStart: "/opt/../etc/shadow"))
                == .binaries(unit: "containerd.service", pid: 1, execStart: nil))
        #expect(
            policy.admit(.binaries(unit: "containerd.service", pid: 1, execStart: "/var/lib/vault/key"))
                == .binaries(unit: "containerd.service", pid: 1, execStart: nil))
    }

    @Test func aProcessOfAnotherUnitIsNotLookedInto() {
        var policy = policy
        policy.isProcess = ProberPolicy(endpoints: [], units: []).isProcess
        #expect(
            policy.admit(.binaries(unit: "containerd.service", pid: getpid(), execStart: nil))
                == .binaries(unit: "containerd.service", pid: 0, execStart: nil))
    }

    @Test func aPathGoesDownOnly() {
        for path in ["/etc/cni/net.d", "/opt/cni..d/..conf"] { #expect(ProberPolicy.isPlainPath(path)) }
        for path in [
            "etc", "", "/..", "/etc/..", "/../etc", "/etc/./x", "/etc/../root", "/a\u{0}b",
            "/" + String(repeating: "a", count: 256),
        ] {
            #expect(!ProberPolicy.isPlainPath(path), "\(path)")
        }
    }

    /// A runtime that moved its CNI configuration ten times is asked where it is now.
    @Test func theDirectoryThatTheRuntimeNamedLastIsRead() {
        let desk = ProberDesk(asker: StubAsker(), units: [], logger: TestDaemon.logger)
        for number in 0..<10 {
            var status = RuntimeStatus(conditions: [])
            status.cniConfDir = "/opt/cni/\(number)"
            desk.apply(asker: StubAsker(outcome: .status(status)), units: [])
            _ = desk.reply(
                to: .climb(socket: StubAsker.endpoint.socketPath, rungs: [.status], greeting: false))
        }
        #expect(desk.reply(to: .node(.cni(directory: "/opt/cni/9"))) == .node(nil))
        #expect(desk.reply(to: .node(.cni(directory: "/opt/cni/8"))) == .refused(.notAllowed))
    }

    /// A node whose runtime gives way to another one: the daemon asks the first until it lets go of it.
    @Test func whatWasFoundEarlierMayStillBeAsked() throws {
        let asker = MovingAsker()
        let desk = ProberDesk(asker: asker, units: [], logger: TestDaemon.logger)
        let (first, second) = ("/run/containerd/containerd.sock", "/run/k0s/containerd.sock")
        func isAdmitted(_ socket: String) -> Bool {
            desk.reply(to: .climb(socket: socket, rungs: [.socket], greeting: false)) != .refused(.notAllowed)
        }
        #expect(isAdmitted(first))
        #expect(!isAdmitted(second))
        asker.socket.withLock { $0 = second }
        #expect(eventually { isAdmitted(second) })
        #expect(isAdmitted(first))
        #expect(!isAdmitted("/run/other.sock"))
        // Another configuration takes back what only the earlier one knew.
        desk.apply(asker: asker, units: [])
        #expect(!isAdmitted(first))
        #expect(isAdmitted(second))
    }

    /// A daemon that starts right after a runtime was replaced is told of the new one.
    @Test func whatIsAskedForIsLookedForAnew() {
        let asker = MovingAsker()
        let desk = ProberDesk(asker: asker, units: [], logger: TestDaemon.logger)
        func sockets() -> [String] {
            guard case .endpoints(let found) = desk.reply(to: .endpoints) else { return [] }
            return found.map(\.endpoint.socketPath)
        }
        #expect(sockets() == ["/run/containerd/containerd.sock"])
        asker.socket.withLock { $0 = "/run/k0s/containerd.sock" }
        #expect(sockets() == ["/run/k0s/containerd.sock"])
    }

    @Test func anEndpointIsReplacedByTheProbersOwn() {
        let claimed = Endpoint(
            socketPath: StubAsker.endpoint.socketPath, runtime: .crio, unit: "evil.service")
        #expect(
            policy.admit(.containerLog(claimed, id: Self.id))
                == .containerLog(StubAsker.endpoint, id: Self.id))
    }

    @Test func onlyRootsOwnExecutablesAreRun() throws {
        try #require(access("/usr/bin/env", X_OK) == 0)
        #expect(policy.admit(.ociRuntimes(paths: ["/usr/bin/env"])) == .ociRuntimes(paths: ["/usr/bin/env"]))
    }

    @Test func theDiagnosesAskForWhatIsOnTheList() {
        let look = Inquiry.resources(paths: NodeCase.directories, units: ["containerd.service"])
        #expect(policy.admit(look) == look)
        #expect(
            policy.admit(.fileSystems(paths: NodeCase.directories))
                == .fileSystems(paths: NodeCase.directories))
        for endpoint in Endpoint.wellKnown {
            let policy = ProberPolicy(endpoints: [endpoint], units: Set(WatchedUnits.builtIn))
            #expect(policy.admit(.unixListener(path: endpoint.socketPath)) != nil)
            let paths = RuntimeFacts(endpoint: endpoint).directories
            #expect(policy.admit(.fileSystems(paths: paths)) == .fileSystems(paths: paths))
            #expect(policy.admit(.cni(directory: RuntimeFacts(endpoint: endpoint).cniDirectory)) != nil)
            #expect(
                endpoint.unit.flatMap { policy.admit(.binaries(unit: $0, pid: 1, execStart: nil)) } != nil)
        }
    }

    @Test func theLargestQuestionFitsItsFrame() throws {
        let ask = ProbeQuestion(ask: .node(.scopes(containers: Array(repeating: Self.id, count: 64))))
        let content = try #require(ProbeWire.encode(ask))
        #expect(content.count <= ProbeWire.questionLimit)
        #expect(ProbeWire.decode(ProbeQuestion.self, content) == ask)
    }
}

/// Finds one endpoint, which tests replace.
private final class MovingAsker: NodeAsker {
    let socket = Mutex("/run/containerd/containerd.sock")

    func endpoints() throws(AskError) -> [FoundEndpoint] {
        [
            FoundEndpoint(
                endpoint: Endpoint(socketPath: socket.withLock { $0 }, runtime: .containerd, unit: nil),
                isServed: true)
        ]
    }

    func climb(_ endpoint: Endpoint, _ rungs: [ProbeReport.Rung], greeting: Bool) -> Climb { Climb() }

    func logFile(_ path: String, from position: LogFilePosition?) -> LogFilePiece? { nil }

    func answer(_ inquiry: Inquiry) -> NodeReport? { nil }
}
