// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import crihealthd

@Suite struct LoadedLibraryTests {
    @Test func theNumberIsInTheName() {
        let maps = """
            7f1 r--p 00000000 fe:00 1 /usr/lib/x86_64-linux-gnu/libm.so.6
            7f2 r-xp 00000000 fe:00 2 /usr/lib/x86_64-linux-gnu/libsystemd.so.0.35.0 (deleted)
            """
        #expect(LoadedLibrary.version(of: "libsystemd.so.", in: maps) == "0.35.0")
        #expect(LoadedLibrary.version(of: "libcurl.so.", in: maps) == nil)
    }

    @Test func thisProcessHasOne() throws {
        #expect(try #require(LoadedLibrary.libsystemd).hasPrefix("0."))
    }
}
