// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import Testing

@testable import crihealthd

/// A daemon that a configuration management reloads for ever keeps its size.
@Suite(.serialized, .enabled(if: Binary.isBuilt, "no \(Binary.path)")) struct ReloadTests {
    /// `RELOADS=1000` is the long run.
    private static let times =
        ProcessInfo.processInfo.environment["RELOADS"].flatMap { Int($0) } ?? 60

    @Test func reloadsLeaveNothingBehind() throws {
        let (state, journal) = (try TemporaryDirectory(), try TemporaryDirectory())
        let runtime = try FakeRuntime()
        defer { withExtendedLifetime(runtime) {} }
        let serve = try ServeProcess(runtime, state: state, journal: journal)
        defer { serve.stop() }
        #expect(eventually { serve.page("/livez").hasPrefix("ok") })
        reload(serve, times: 10)
        let before = try #require(serve.status("RssAnon"))
        reload(serve, times: Self.times)
        let after = try #require(serve.status("RssAnon"))
        print("reloads: \(Self.times), \(before) KiB, then \(after) KiB of RssAnon")
        // It was a MiB for each.
        #expect(after - before < 16 << 10, "\(after - before) KiB more after \(Self.times) reloads")
    }

    private func reload(_ serve: ServeProcess, times: Int) {
        for _ in 0..<times {
            kill(serve.process.processIdentifier, SIGHUP)
            usleep(50_000)
        }
        _ = eventually { serve.page("/livez").hasPrefix("ok") }
    }
}
