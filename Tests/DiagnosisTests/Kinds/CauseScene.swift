// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

/// What opens one cause, and what nearly does: the proof that a cause can be told, and is not told of everything.
struct CauseScene: Sendable, CustomStringConvertible {
    var kind: IncidentKind
    var cause: Cause
    /// What happens; afterwards exactly this incident is open.
    var play: @Sendable (inout Scene) throws -> Void
    /// What looks alike; afterwards no incident of this kind and cause was ever shown.
    var nearMiss: @Sendable (inout Scene) throws -> Void
    /// What ends it, where a scene can show that: afterwards nothing is open.
    var end: (@Sendable (inout Scene) throws -> Void)?

    var description: String { "\(kind.rawValue)/\(cause.rawValue)" }

    init(
        _ kind: IncidentKind, _ cause: Cause, play: @escaping @Sendable (inout Scene) throws -> Void,
        nearMiss: @escaping @Sendable (inout Scene) throws -> Void,
        end: (@Sendable (inout Scene) throws -> Void)? = nil
    ) {
        self.kind = kind
        self.cause = cause
        self.play = play
        self.nearMiss = nearMiss
        self.end = end
    }

    /// All scenes; each kind keeps its own in a file beside this one.
    static let all: [CauseScene] = [
        kubeletDown, plegUnhealthy, runtimeDown, nodeFault, podNetworkFailing, containerStuck, createFailing,
        imagePullFailing, storageDamaged, networkNotReady, criVersionUnsupported, statusBlocked,
        runtimeSwitched,
        orphanedContainers, addressInUse, shutdownNotGraceful, upgradeIncomplete, monitoringImpaired,
    ].flatMap { $0 }
}

/// Every cause has its scene: one that opens exactly it, and a near-miss that does not.
@Suite("Causes and their scenes") struct CauseSceneTests {
    @Test("every cause of the catalogue has a scene, and every scene a cause")
    func isWhole() {
        let all = Catalogue.all.flatMap { one in
            one.causes.map { "\(one.kind.rawValue)/\($0.cause.rawValue)" }
        }
        let shown = Set(CauseScene.all.map(\.description))
        #expect(Set(all).subtracting(shown).sorted() == [])
        #expect(shown.subtracting(all).sorted() == [])
    }

    @Test(arguments: CauseScene.all) func opensExactlyThat(_ scene: CauseScene) throws {
        var stage = try Scene()
        try scene.play(&stage)
        let open = stage.engine.snapshot(at: stage.now).open
        #expect(open.map { "\($0.kind.rawValue)/\($0.cause)" } == [scene.description])
        for incident in open {
            #expect(
                !incident.sentence.isEmpty && !incident.explanation.isEmpty && !incident.clearsWhen.isEmpty)
            #expect(!incident.nextSteps.isEmpty && !incident.evidence.isEmpty)
        }
        guard let end = scene.end else { return }
        try end(&stage)
        #expect(stage.engine.snapshot(at: stage.now).open.isEmpty)
    }

    /// The page, `/healthz?exclude=` and `explain` go by the catalogue.
    @Test(arguments: CauseScene.all) func makesTheConditionOfItsKindFalse(_ scene: CauseScene) throws {
        var stage = try Scene()
        try scene.play(&stage)
        let incident = try #require(stage.open.first)
        var own = Set([Catalogue.of(scene.kind)?.condition].compactMap { $0 })
        if scene.cause == .startBlocked { own.insert(.runtimeReady) }
        let isTold = incident.severity > .info && incident.status == .confirmed
        for condition in stage.engine.snapshot(at: stage.now).conditions
        where condition.type != .versionsSupported {
            let isFalse = condition.status == .false
            #expect(isFalse == (isTold && own.contains(condition.type)), "\(condition.type.rawValue)")
        }
    }

    @Test(arguments: CauseScene.all) func isNotToldOfWhatLooksAlike(_ scene: CauseScene) throws {
        var stage = try Scene()
        try scene.nearMiss(&stage)
        let snapshot = stage.engine.snapshot(at: stage.now)
        let shown = (snapshot.open + snapshot.resolved).filter { $0.kind == scene.kind }.map(\.cause)
        #expect(!shown.contains(scene.cause.rawValue))
    }
}
