// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis
@testable import crihealthd

/// The verdict rests on nothing that only one recording has.
@Suite struct VariantTests {
    /// A recording retold, and what must be shown of it; nil: what the recording itself shows.
    struct Retelling: CustomTestStringConvertible, Sendable {
        var recording: String
        var variant: Variant
        var shown: [String]?

        init(_ recording: String, _ variant: Variant, _ shown: [String]? = nil) {
            self.recording = recording
            self.variant = variant
            self.shown = shown
        }

        var testDescription: String { "\(recording), \(variant)" }
    }

    private static let otherNodes = CorpusTests.table.map { Retelling($0.recording, .otherNode) }

    private static let embedded = ["k3s.service", "k3s-agent.service", "rke2-server.service"].flatMap {
        unit in
        ["stopped", "kill9", "hung", "sockremoved", "oom", "crashloop"].map {
            Retelling("containerd-1.6.20-\($0)", .embedded(unit))
        }
    }

    private static let versions: [Retelling] =
        ["1.7.24", "2.0.5", "2.1.9"].flatMap { version in
            ["cridisabled", "badplugincfg", "stopped", "badconfig", "diskfull", "norunc"].map {
                Retelling("containerd-1.6.20-\($0)", .containerd2(version))
            }
        } + [
            Retelling("S3-containerd-1.4.13", .version("1.4.13~ds1", "1.5.18")),
            Retelling("S3-containerd-1.4.13", .client126),
            Retelling("containerd-1.6.20-cridisabled", .client126),
            Retelling("S4-containerd-2.0.1", .version("2.0.1", "2.0.2")),
            Retelling("S4-containerd-2.0.1", .version("2.0.1", "1.7.24"), ["StatusBlocked/CNIAddHangs"]),
            Retelling("S4-containerd-2.0.1", .version("2.0.1", "2.0.3"), ["StatusBlocked/CNIAddHangs"]),
            Retelling("S4-containerd-2.0.0", .version("2.0.0", "2.0.1")),
        ]

    private static let ociRuntimes = ["S0-crio-1.29.9-to-1.30.6", "S0-conf-only-crun-1.21-newuid"].flatMap {
        recording in
        [Variant.runcAfterCrun, .otherRoot, .laterCRIO].map { Retelling(recording, $0) }
    }

    @Test("retold", arguments: otherNodes + embedded + versions + ociRuntimes)
    func retold(_ retelling: Retelling) throws {
        let observations = try Recordings.telling(retelling.recording)
        let told = try retelling.variant.apply(to: observations)
        #expect(told != observations, "the variant changes nothing")
        let expected = try #require(CorpusTests.table.first { $0.recording == retelling.recording })
        let replayer = Replayer.replay(told, rules: Recordings.rules)
        let shown = replayer.incidents.map { "\($0.kind.rawValue)/\($0.cause)" }
        let open = replayer.incidents.filter(\.isOpen).map { "\($0.kind.rawValue)/\($0.cause)" }
        #expect(shown == retelling.shown ?? expected.shown)
        #expect(open == expected.open)
    }
}
