// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import Testing

@testable import crihealthd

/// A daemon that a configuration management reloads for ever keeps its size.
@Suite(.serialized, .enabled(if: Binary.isBuilt, "no \(Binary.path)")) struct ReloadTests {
    @Test func reloadsLeaveNothingBehind() throws {
        let (state, journal) = (try TemporaryDirectory(), try TemporaryDirectory())
        let runtime = try FakeRuntime()
        defer { withExtendedLifetime(runtime) {} }
        let serve = try ServeProcess(runtime, state: state, journal: journal)
        defer { serve.stop() }
        #expect(eventually { serve.page("/livez").hasPrefix("ok") })
        reload(serve, times: 10)
        let before = try #require(serve.status("RssAnon"))
        reload(serve, times: 60)
        let after = try #require(serve.status("RssAnon"))
        // It was a MiB for each.
        #expect(after - before < 16 << 10, "\(after - before) KiB more after 60 reloads")
    }

    private func reload(_ serve: ServeProcess, times: Int) {
        for _ in 0..<times {
            kill(serve.process.processIdentifier, SIGHUP)
            usleep(50_000)
        }
        _ = eventually { serve.page("/livez").hasPrefix("ok") }
    }
}
