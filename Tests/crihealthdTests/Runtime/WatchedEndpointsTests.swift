// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import crihealthd

@Suite struct WatchedEndpointsTests {
    private let good = Endpoint.wellKnown[0]
    private let wrong = Endpoint(
        socketPath: "/run/containerd/wrong.sock", runtime: .containerd, unit: "containerd.service")

    private var answering: Set<String> { [good.socketPath] }

    @Test func whatIsNamedIsWatchedOnce() {
        var watched = WatchedEndpoints([good])
        #expect(watched.look(found: [good, wrong], answering: answering) == .init(appeared: [wrong]))
        #expect(watched.look(found: [good, wrong], answering: answering) == .init())
        #expect(watched.endpoints == [good, wrong])
    }

    @Test func whatNobodyNamesAndNobodyServesIsLetGo() {
        var watched = WatchedEndpoints([good, wrong])
        #expect(watched.look(found: [good], answering: answering) == .init())
        #expect(watched.look(found: [good], answering: answering) == .init(left: [wrong]))
        #expect(watched.endpoints == [good])
        #expect(watched.look(found: [good], answering: answering) == .init())
    }

    /// A file that is rewritten names nothing for a moment.
    @Test func whatIsMissingOnceStays() {
        var watched = WatchedEndpoints([good, wrong])
        for _ in 0..<4 {
            #expect(watched.look(found: [good], answering: answering) == .init())
            #expect(watched.look(found: [good, wrong], answering: answering) == .init())
        }
    }

    /// Who is down is not forgotten for it, and who answers is still there.
    @Test func whoIsDownOrAnswersStays() {
        var down = WatchedEndpoints([good, wrong])
        for _ in 0..<4 { #expect(down.look(found: [good], answering: []) == .init()) }
        var up = WatchedEndpoints([good, wrong])
        for _ in 0..<4 {
            #expect(
                up.look(found: [good], answering: [good.socketPath, wrong.socketPath]) == .init())
        }
        var alone = WatchedEndpoints([good])
        for _ in 0..<4 { #expect(alone.look(found: [], answering: []) == .init()) }
    }
}
