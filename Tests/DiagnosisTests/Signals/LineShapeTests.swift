// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

@Suite struct LineShapeTests {
    @Test(arguments: [
        (
            #"time="2026-01-01T00:00:00Z" level=error msg="failed to frobnicate snapshot 17 of \"default/web\"" error="exec format error""#,
            "failed to frobnicate snapshot # of \"…\": exec format error"
        ),
        (
            #"E1122 02:06:58.524726 218 x.go:801] "Cannot frob" err="open /var/lib/x/7: no such thing" pod="a/b""#,
            "Cannot frob: open /#: no such thing"
        ),
        ("E1122 02:06:58.524726 218 x.go:801] Pod web-7 on 10.1.2.3:80 is lost", "Pod # on # is lost"),
        (#"level=error msg="no end of \"quote""#, "no end of \"quote"),
        (#"level=error msg="a: b. c:""#, "a: b. c:"),
        (#"level=error msg="PodSandboxMetadata{Name:web,Uid:44}""#, "PodSandboxMetadata{#,#}"),
    ])
    func whatLinesHaveInCommon(_ line: String, _ shape: String) {
        #expect(LineShape.of(LogLine(line)) == shape)
    }

    @Test func linesThatDifferInTheirIdsAreOfOneShape() {
        let shapes = ["5ca0db057a69", "b546f945ca0d"].map {
            LineShape.of(
                LogLine("level=error msg=\"StartContainer for \\\"\($0)\\\" of \($0) took \($0.count)s\""))
        }
        #expect(Set(shapes).count == 1)
    }

    @Test func theEndOfALongOneIsKept() {
        let shape = LineShape.of(
            LogLine("level=error msg=\"" + String(repeating: "é and so on: ", count: 100) + "the root\""))
        #expect(shape.utf8.count <= LineShape.limit)
        #expect(shape.hasPrefix("…") && shape.hasSuffix("the root"))
    }

    /// Every byte may be a quote or a backslash.
    @Test func itIsLinear() {
        let line =
            "level=error msg=" + String(repeating: #"\""#, count: 8000) + String(repeating: "\"", count: 8000)
        #expect(LineShape.of(LogLine(line)).utf8.count <= LineShape.limit)
    }
}

@Suite struct ErrorLevelTests {
    @Test(arguments: [
        (#"time="2026-01-01T00:00:00.123456789+08:00" level=error msg="x""#, true),
        (#"time="2026-01-01T00:00:00Z" level=fatal msg="x""#, true),
        (#"time="2026-01-01T00:00:00Z" level=panic msg="x""#, true),
        (#"level=error msg="x y z""#, true),
        (#"{"error":"x","level":"error","msg":"x"}"#, true),
        ("E1122 02:06:58.524726 218 x.go:801] x", true),
        ("F1122 02:06:58.524726 218 x.go:801] x", true),
        (#"time="2026-01-01T00:00:00Z" level=info msg="level=error""#, false),
        (#"time="2026-01-01T00:00:00Z" level=warning msg="x""#, false),
        ("W1122 02:06:58.524726 218 x.go:801] level=error", false),
        ("Error: level=error is what it said", false),
        ("E112", false), ("", false), ("level=", false), ("level=erro", false), ("time=level=error", false),
    ])
    func whatSaysThatItFailed(_ message: String, _ isError: Bool) {
        #expect(ErrorLevel.isError(message.utf8.span) == isError)
    }
}

@Suite struct RuleSuggestionTests {
    private func suggestion(_ line: String, unit: String = "containerd.service") throws -> RuleSuggestion {
        let shape = LineShape.of(LogLine(line))
        let at = WallTime(microseconds: 0)
        return try #require(
            RuleSuggestion(.init(unit: unit, shape: shape, example: line, count: 1, first: at, last: at)))
    }

    @Test func itHasWhatStaysTheSame() throws {
        let found = try suggestion(
            #"time="2026-01-01T00:00:00Z" level=error msg="failed to frobnicate {snapshot} 17 of \"default/web\"" error="rpc 7: exec format error""#
        )
        #expect(found.id == "site-rpc-exec-format-error" || found.id == "site-exec-format-error")
        #expect(found.emitter == "containerd" && found.level == "error")
        #expect(found.conditions.map(\.field) == ["msg", "error"])
        #expect(found.conditions[0].template == #"failed to frobnicate {{snapshot}} {} of "{}""#)
        #expect(found.example?.contains("default/web") == false)
        #expect(found.example?.contains("2026") == false)
    }

    @Test func aStrangersUnitIsNamed() throws {
        let found = try suggestion(
            "E1122 02:06:58.524726 218 x.go:801] the frob of pod web-7 is lost", unit: "site.service")
        #expect(found.emitter == nil && found.unit == "site.service")
        #expect(found.example?.hasPrefix("E0000 00:00:00.000000 000 x") == true)
    }

    @Test func nothingIsSuggestedForNothing() {
        let at = WallTime(microseconds: 0)
        #expect(
            RuleSuggestion(
                .init(
                    unit: "x.service", shape: "#", example: "level=error msg=\"17\"", count: 1, first: at,
                    last: at)) == nil)
    }
}
