// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthEndpoint
import HealthModel
import Testing

@testable import Diagnosis

/// What somebody who was asleep a minute ago sees on a terminal of 24 rows and 80 columns: Tests/FirstScreens has the
/// screens, to be read.
@Suite("First screens of causes") struct CauseFirstScreenTests {
    static let shown: [(IncidentKind, Cause)] = [
        (.createFailing, .sandboxImageUnavailable), (.createFailing, .runtimeHandlerMissing),
        (.createFailing, .cgroupDriverMismatch), (.nodeFault, .pidsExhausted), (.nodeFault, .diskErrors),
        (.nodeFault, .fileSystemReadOnly), (.kubeletDown, .certificateExpired), (.kubeletDown, .swapOn),
        (.plegUnhealthy, .sandboxHangs), (.podNetworkFailing, .cniAgentDown),
        (.podNetworkFailing, .addressesExhausted), (.imagePullFailing, .certificateUntrusted),
        (.storageDamaged, .layerMissing), (.containerStuck, .createHangs),
    ]

    static var scenes: [CauseScene] {
        CauseScene.all.filter { scene in shown.contains { $0 == scene.kind && $1 == scene.cause } }
    }

    @Test func eachIsThere() { #expect(Self.scenes.count == Self.shown.count) }

    @Test(arguments: scenes) func isRead(_ scene: CauseScene) throws {
        var stage = try Scene()
        try scene.play(&stage)
        stage.pods()
        let snapshot = stage.engine.snapshot(at: stage.now)
        let incident = try #require(snapshot.open.first)
        let page = TextPage.render(snapshot).split(separator: "\n", omittingEmptySubsequences: false)
        let screen = page.prefix(23)
        #expect(page.prefix(30).contains { $0.hasPrefix("  more    crihealthd explain ") })
        for part in ["  cause   ", "  hurts   ", "  do      "] {
            #expect(screen.contains { $0.hasPrefix(part) }, "\(part)")
        }
        // Whatever changes something is there, and whole.
        let text = screen.joined(separator: "\n")
        for step in incident.nextSteps.filter({ !$0.onlyLooks }).prefix(3) {
            let end = step.command.split(separator: " ").last ?? ""
            #expect(text.contains(end), "\(step.command)")
        }
        let name = scene.description.replacing("/", with: "-")
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../FirstScreens/\(name).txt").standardizedFileURL
        if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1" {
            try Data((text + "\n").utf8).write(to: file)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == text + "\n")
    }
}

extension Scene {
    /// The node's own list: seven pods that run.
    fileprivate mutating func pods() {
        let names = [
            "shop/web-7", "shop/web-8", "db/pg-2", "kube-system/kube-proxy-x2x9f",
            "kube-system/coredns-5d78c",
            "shop/cart-1", "shop/cart-2",
        ]
        probe(
            .pods,
            .pods(
                names.enumerated().map { index, name in
                    let parts = name.split(separator: "/").map(String.init)
                    return PodSandbox(
                        id: String(repeating: "c", count: 63) + "\(index)", name: parts[1],
                        namespace: parts[0],
                        uid: "u\(index)", ready: true)
                }))
        wait(.seconds(1))
    }
}
