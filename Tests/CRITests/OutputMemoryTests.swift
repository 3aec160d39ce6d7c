// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import CRI

@Suite("Memory of outputs")
struct OutputMemoryTests {
    private static func version(_ text: String) -> ProbeReport.Outcome {
        .version(RuntimeVersion(name: "r", version: text, apiVersion: "v1"))
    }

    @Test("the same output is read once, another one anew")
    func readOnce() {
        let memory = OutputMemory()
        var read = 0
        func ask(_ text: String, _ socket: String = "/a.sock", _ rung: ProbeReport.Rung = .version)
            -> ProbeReport.Outcome
        {
            memory.outcome(of: .init(socketPath: socket, rung: rung), stdout: Array(text.utf8)) {
                read += 1
                return Self.version(text)
            }
        }
        #expect(ask("1") == Self.version("1"))
        #expect(ask("1") == Self.version("1"))
        #expect(read == 1)
        #expect(ask("2") == Self.version("2"))
        #expect(ask("1") == Self.version("1"))
        #expect(read == 3)
        // Of another endpoint, and at another rung.
        #expect(ask("1", "/b.sock") == Self.version("1"))
        #expect(ask("1", "/a.sock", .status) == Self.version("1"))
        #expect(read == 5)
        #expect(ask("1") == Self.version("1"))
        #expect(read == 5)
    }

    @Test("what is remembered is bounded")
    func bounded() {
        let memory = OutputMemory()
        var read = 0
        for _ in 0..<2 {
            for number in 0..<200 {
                _ = memory.outcome(of: .init(socketPath: "/\(number)", rung: .pods), stdout: [1]) {
                    read += 1
                    return .reached
                }
            }
        }
        #expect(read == 400)
    }

    @Test("crictl's lists follow what it prints")
    func ladder() throws {
        let scratch = try Scratch()
        let ladder = ProbeLadder(crictl: try scratch.crictl("exec cat \(scratch.path)/pods"))
        var seen: [Int?] = []
        for ids in [["a"], ["a"], ["a", "b"], []] as [[String]] {
            let items = ids.map {
                #"{"id":"\#($0)","metadata":{"name":"n","namespace":"s","uid":"u"},"state":"SANDBOX_READY"}"#
            }
            try scratch.write("pods", #"{"items":[\#(items.joined(separator: ","))]}"#)
            let report = ladder.probe(scratch.endpoint(), rung: .pods)
            guard case .pods(let pods) = report.outcome else {
                Issue.record("\(report.outcome)")
                return
            }
            seen.append(pods.count)
        }
        #expect(seen == [1, 1, 2, 0])
    }
}
