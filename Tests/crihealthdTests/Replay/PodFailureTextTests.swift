// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import crihealthd

/// Failures that open no incident: a replay names them, and never says that its lines tell of none.
@Suite struct PodFailureTextTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func page(_ lines: [String]) throws -> String {
        let path = try directory.write("log", lines.joined(separator: "\n") + "\n")
        let stream = try TextStream.replay(
            try ByteSource(path), file: nil, rules: Recordings.rules, heldLimit: 1000)
        let last = try #require(stream.replayer.last)
        let page = ReplayText.render(stream.replayer, at: last, width: 2000, survey: stream.survey)
        // Nothing is said twice, and nothing of incidents.
        #expect(
            page.components(separatedBy: "No incident").count == (stream.replayer.incidents.isEmpty ? 2 : 1))
        return page
    }

    private func sandbox(_ pod: String, second: Int, _ error: String) -> String {
        "Nov 22 01:42:\(second) n containerd[7]: time=\"2025-11-22T01:42:\(second)Z\" level=error "
            + "msg=\"RunPodSandbox for &PodSandboxMetadata{Name:\(pod),Uid:0a1b2c3d-1111-4111-8111-111111111111,"
            + "Namespace:shop,Attempt:0,} failed, error\" error=\"\(error)\""
    }

    @Test func whatThePodAsksForIsCalledThat() throws {
        let error =
            #"pod runtime handler for \\\"web\\\": failed to stat \\\"/srv/none\\\": stat /srv/none: no such file"#
        let page = try page([
            sandbox("web-0", second: 20, error), sandbox("web-0", second: 30, error),
        ])
        #expect(page.contains("No incident: what failed is what the pods themselves ask for."))
        #expect(page.contains("shop/web-0: a volume or device that the pod names is not there"))
        #expect(page.contains("(2 times, last at 01:42:30)"))
    }

    @Test func whatProvesNothingIsSaidToProveNothing() throws {
        let page = try page([sandbox("web-0", second: 20, "a fault that nobody has seen: unknown")])
        #expect(page.contains("No incident: pods failed, and these lines do not prove that it is the node."))
        #expect(page.contains("shop/web-0: ") && page.contains("(once, last at 01:42:20)"))
    }

    @Test func oneThatIsProvenIsAnIncidentAlone() throws {
        let page = try page(
            (0..<6).map {
                sandbox("web-\($0)", second: 20 + $0, "a fault that nobody has seen: it broke: unknown")
            })
        #expect(page.contains("cannot create pods or containers: it broke\n"))
        #expect(page.contains("(the last of 6, 01:42:20 to 01:42:25)"))
        #expect(!page.contains("do not prove"))
    }
}
