// SPDX-License-Identifier: Apache-2.0
import Foundation
import Glibc
import Testing

@testable import Systemd

@Suite struct PassedSocketTests {
    private func names(_ variables: [String: String], pid: Int32 = 42) -> [String] {
        PassedSocket.descriptors(environment: { variables[$0] }, pid: pid).map {
            "\($0.name)=\($0.descriptor)"
        }
    }

    @Test func namesAndNumbers() {
        let two = ["LISTEN_PID": "42", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "http:http-unix"]
        #expect(names(two) == ["http=3", "http-unix=4"])
        #expect(names(two, pid: 43) == [])
        #expect(names(["LISTEN_PID": "42", "LISTEN_FDS": "2"]) == ["unknown=3", "unknown=4"])
        #expect(
            names(["LISTEN_PID": "42", "LISTEN_FDS": "2", "LISTEN_FDNAMES": ":a"]) == ["unknown=3", "a=4"])
    }

    @Test("What is nonsense passes nothing", arguments: ["0", "-1", "", "x", "65", "99999999999999"])
    func nonsense(_ count: String) {
        #expect(names(["LISTEN_PID": "42", "LISTEN_FDS": count]) == [])
        #expect(names(["LISTEN_FDS": "1"]) == [])
    }
}
