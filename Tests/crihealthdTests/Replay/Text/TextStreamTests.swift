// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import crihealthd

/// A text that is too long to be held is replayed while it is read.
@Suite struct TextStreamTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func stream(_ text: String, held: Int) throws -> TextStream {
        let path = try directory.write("log", text)
        return try TextStream.replay(
            try ByteSource(path), file: nil, rules: Recordings.rules, heldLimit: held)
    }

    private static let lines = """
        Nov 22 01:42:00 n kubelet[1]: E1122 01:42:00.000000 1 x.go:1] "a line that nobody knows"
        Nov 22 01:42:20 n containerd[7]: time="2025-11-22T01:42:20Z" level=info msg="nothing that matters"
        Nov 22 01:42:28 n systemd[1]: containerd.service: Main process exited, code=killed, status=9/KILL
        Nov 22 01:42:28 n systemd[1]: containerd.service: Failed with result 'signal'.
        Nov 22 01:42:33 n systemd[1]: Starting containerd container runtime...
        Nov 22 01:42:34 n systemd[1]: Started containerd container runtime.

        """

    @Test(arguments: [0, 1, 2, 3, 100_000]) func itTellsTheSame(_ held: Int) throws {
        let stream = try stream(Self.lines, held: held)
        #expect(stream.replayer.incidents.map { "\($0.kind.rawValue)/\($0.cause)" } == ["RuntimeDown/Killed"])
        #expect(stream.replayer.incidents.map(\.status) == [.resolved])
        let page = ReplayText.render(
            stream.replayer, at: try #require(stream.replayer.last), width: 80, survey: stream.survey)
        #expect(page.contains("1 error line of 1 kind that crihealthd cannot explain"))
    }

    /// Who speaks without a word that matters is known to speak.
    @Test func whoIsUnheardIsSeen() throws {
        let stream = try stream(Self.lines, held: 100)
        #expect(stream.survey.hasRuntime && stream.survey.hasKubelet)
    }

    @Test func aTextOfNothingKnownIsRefused() throws {
        let error = #expect(throws: ReplayError.self) {
            try stream("It was a dark and stormy night.\n", held: 10)
        }
        #expect(error?.description.contains("no line in it") == true)
    }
}
