// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import Node
@testable import crihealthd

@Suite struct EndpointListenersTests {
    /// A node whose /proc shows this process, which listens, as one of another name and unit.
    private func listeners(_ directory: TemporaryDirectory, comm: String, cgroup: String) throws
        -> EndpointListeners
    {
        let proc = directory.path + "/proc/\(getpid())"
        try FileManager.default.createDirectory(atPath: proc, withIntermediateDirectories: true)
        try Data("\(getpid()) (\(comm)) S 1 1 1".utf8).write(to: URL(fileURLWithPath: proc + "/stat"))
        try Data(cgroup.utf8).write(to: URL(fileURLWithPath: proc + "/cgroup"))
        return EndpointListeners(root: directory.path, inspector: NodeInspector(root: directory.path))
    }

    private static let guess = Endpoint(socketPath: "/cri.sock", runtime: .other, unit: nil)
    private static let known = Endpoint(
        socketPath: "/cri.sock", runtime: .containerd, unit: "containerd.service")
    private static let service = "0::/system.slice/acme-runtime.service"

    static let cases: [(Endpoint, String, String, FoundEndpoint)] = [
        (
            guess, "containerd", service,
            .init(
                endpoint: .init(socketPath: "/cri.sock", runtime: .containerd, unit: "acme-runtime.service"),
                isServed: true)
        ),
        (
            known, "crio", service,
            .init(
                endpoint: .init(socketPath: "/cri.sock", runtime: .crio, unit: "acme-runtime.service"),
                isServed: true)
        ),
        (
            known, "k3s-server", "0::/system.slice/k3s.service",
            .init(
                endpoint: .init(socketPath: "/cri.sock", runtime: .containerd, unit: "k3s.service"),
                isServed: true)
        ),
        // A thief, a container's, a shell's: the endpoint stays what it was.
        (known, "socat", "0::/system.slice/thief.service", .init(endpoint: known, isServed: false)),
        (
            known, "containerd", "0::/docker/" + String(repeating: "ab", count: 32),
            .init(endpoint: known, isServed: false)
        ),
        (
            known, "containerd", "0::/user.slice/user-0.slice/session-1.scope",
            .init(endpoint: known, isServed: false)
        ),
    ]

    @Test("the listener tells unit and runtime", arguments: cases)
    func listener(_ endpoint: Endpoint, _ comm: String, _ cgroup: String, _ expected: FoundEndpoint) throws {
        let directory = try TemporaryDirectory()
        let listeners = try listeners(directory, comm: comm, cgroup: cgroup)
        #expect(listeners.found(endpoint) == .init(endpoint: endpoint, isServed: false))
        let descriptor = try UnixListener.listen(directory.path + "/cri.sock", owner: nil)
        defer { close(descriptor) }
        #expect(listeners.found(endpoint) == expected)
    }

    @Test func aPathThatIsDownDoesNotTakeBackWhatAListenerTold() {
        var watched = WatchedEndpoints([Self.guess])
        #expect(watched.move([.init(endpoint: Self.known, isServed: true)]) == [Self.known])
        #expect(watched.move([.init(endpoint: Self.guess, isServed: false)]) == [])
        #expect(watched.move([.init(endpoint: Self.known, isServed: true)]) == [])
        #expect(watched.endpoints == [Self.known])
    }
}
