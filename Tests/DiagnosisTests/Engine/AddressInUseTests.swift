// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

@Suite struct AddressInUseTests {
    /// A container that ended for the second time, and its log.
    static func node(_ line: String) throws -> ContainerScene {
        var node = try ContainerScene()
        node.containers = [
            Container(
                id: ContainerScene.id(50), podSandboxID: ContainerScene.id(900), name: "proxy",
                podName: "edge-x",
                namespace: "net", state: .exited, attempt: 1, createdAt: node.scene.now.wall + .seconds(-5))
        ]
        node.list()
        node.scan()
        #expect(
            node.scene.inquiries.contains(.containerLog(ContainerScene.endpoint, id: ContainerScene.id(50))))
        node.scene.feed(
            .node(.containerLog(ContainerLog(id: ContainerScene.id(50), lines: ["starting", line]))))
        return node
    }

    static func holder(_ pid: Int32, unit: String?) -> ProcessIdentity {
        ProcessIdentity(pid: pid, name: "nginx", unit: unit)
    }

    @Test("another unit holds it; the container's success resolves it")
    func unit() throws {
        var node = try Self.node("listen tcp 0.0.0.0:7443: bind: address already in use")
        node.scene.feed(
            .node(.tcpListener(address: "0.0.0.0:7443", holders: [Self.holder(88, unit: "nginx.service")])))
        #expect(node.openNames == ["AddressInUse/HeldByUnit"])
        #expect(node.scene.open.first?.sentence.contains("nginx.service") == true)
        node.scene.wait(.seconds(20))
        node.containers.append(
            Container(
                id: ContainerScene.id(51), podSandboxID: ContainerScene.id(900), name: "proxy",
                podName: "edge-x",
                namespace: "net", state: .running, attempt: 2, createdAt: node.scene.now.wall))
        node.list()
        #expect(node.openNames == [])
    }

    @Test("another container, the runtime, a bare process")
    func others() throws {
        var node = try Self.node("Error: listen EADDRINUSE: address already in use :::7443")
        node.run(3, pod: "other")
        node.list()
        node.scan()
        node.scene.feed(
            .node(.tcpListeners([TCPListener(address: "*:7443", holders: [Self.holder(2003, unit: nil)])])))
        #expect(node.openNames == ["AddressInUse/HeldByContainer"])

        var second = try Self.node("bind: Address already in use (os error 98): 127.0.0.1:7443")
        second.scene.feed(
            .node(
                .tcpListener(address: "127.0.0.1:7443", holders: [Self.holder(5, unit: ContainerScene.unit)]))
        )
        #expect(second.openNames == ["AddressInUse/HeldByRuntime"])

        var third = try Self.node("[emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)")
        third.scene.feed(.node(.tcpListener(address: "0.0.0.0:80", holders: [Self.holder(5, unit: nil)])))
        #expect(third.openNames == ["AddressInUse/HeldByProcess"])
    }

    @Test("a log that does not speak of an address says nothing")
    func otherTrouble() throws {
        var node = try Self.node("panic: runtime error: index out of range [3] with length 3")
        node.scene.feed(
            .node(.tcpListener(address: "0.0.0.0:80", holders: [Self.holder(5, unit: "a.service")])))
        node.scene.wait(.seconds(60))
        #expect(node.scene.transitions.isEmpty)
    }

    @Test(
        "the address is read where the line has one",
        arguments: [
            ("listen tcp 127.0.0.1:9099: bind: address already in use", 9099),
            ("Error: listen EADDRINUSE: address already in use :::3000", 3000),
            ("E0101 12:34:56.789 1 main.go:77] listen tcp [::]:8443: bind: address already in use", 8443),
            ("nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)", 80),
            ("OSError: [Errno 98] Address already in use: ('0.0.0.0', 5000)", nil),
            ("12:34:56 httpd: bind: Address already in use", nil),
            ("Port 8080 failed: Address already in use", 8080),
            ("could not bind to 1.2.3.4.5:80: address already in use", nil),
            ("x:99999: address already in use", nil),
        ] as [(String, UInt16?)])
    func ports(_ line: String, _ port: UInt16?) {
        let found = BindFailure.find(in: ["before", line, "after"])
        #expect(found != nil)
        #expect(found?.port == port)
    }

    @Test("a healthy node's logs are not read")
    func cheap() throws {
        var node = try ContainerScene()
        node.run(1)
        node.containers.append(
            Container(
                id: ContainerScene.id(60), podSandboxID: ContainerScene.id(900), name: "job",
                podName: "job-1",
                namespace: "batch", state: .exited, attempt: 0, createdAt: node.scene.now.wall))
        node.list()
        node.scan()
        let logs = node.scene.inquiries.filter { if case .containerLog = $0 { true } else { false } }
        #expect(logs.isEmpty)
    }
}

/// How an AddressInUse ends.
@Suite struct AddressInUseEndTests {
    private static func held() throws -> ContainerScene {
        var node = try AddressInUseTests.node("listen tcp 0.0.0.0:7443: bind: address already in use")
        node.scene.feed(
            .node(
                .tcpListener(
                    address: "0.0.0.0:7443", holders: [AddressInUseTests.holder(88, unit: "nginx.service")])))
        #expect(node.openNames == ["AddressInUse/HeldByUnit"])
        node.scene.wait(.seconds(20))
        return node
    }

    @Test("the port is free, by a look at it or at all of them", arguments: [true, false])
    func free(alone: Bool) throws {
        var node = try Self.held()
        node.scene.feed(
            .node(alone ? .tcpListener(address: "0.0.0.0:7443", holders: []) : .tcpListeners([])))
        #expect(node.openNames == [])
    }

    @Test("the container has left every list")
    func unlisted() throws {
        var node = try Self.held()
        node.containers = []
        node.list()
        #expect(node.openNames == [])
        #expect(node.scene.resolvedNames == ["AddressInUse/HeldByUnit"])
    }

    @Test("another attempt in its place that ended, too, is no end")
    func again() throws {
        var node = try Self.held()
        node.containers[0].id = ContainerScene.id(51)
        node.containers[0].attempt = 2
        node.list()
        #expect(node.openNames == ["AddressInUse/HeldByUnit"])
    }

    @Test("the steps say how to stop who holds it")
    func steps() throws {
        let unit = try Self.held()
        #expect(
            unit.scene.open[0].nextSteps.contains { $0.command == "systemctl disable --now nginx.service" })
        var process = try AddressInUseTests.node("listen tcp 0.0.0.0:7443: bind: address already in use")
        process.scene.feed(
            .node(.tcpListener(address: "0.0.0.0:7443", holders: [AddressInUseTests.holder(88, unit: nil)])))
        #expect(process.scene.open[0].nextSteps.contains { $0.command == "kill -TERM 88" })
    }
}
