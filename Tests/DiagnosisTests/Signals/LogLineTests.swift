// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Diagnosis

/// The forms of a line: logfmt, klog, JSON, plain.
@Suite("Log lines") struct LogLineTests {
    private func text(_ bytes: ArraySlice<UInt8>?) -> String? {
        bytes.map { String(decoding: $0, as: UTF8.self) }
    }

    private func text(_ value: LogValue?, of line: String) -> String? {
        text(value?.bytes(of: Array(line.utf8)))
    }

    @Test func logfmtTakesQuotesApart() throws {
        let line =
            #"time="2026-11-22T01:50:00Z" level=error msg="a \"b\" failed" error="x: \"y \\\"z\\\"\"" id=12"#
        let logfmt = try #require(Logfmt(Array(line.utf8)))
        #expect(logfmt.fields.map(\.key) == ["time", "level", "msg", "error", "id"])
        #expect(text(logfmt.fields["msg"], of: line) == #"a "b" failed"#)
        #expect(text(logfmt.fields["error"], of: line) == #"x: "y \"z\"""#)
        #expect(text(logfmt.fields["id"], of: line) == "12")
        #expect(logfmt.fields["none"] == nil)
    }

    static let values: [(String, String)] = [
        (#"bare"#, "bare"), (#""""#, ""), (#""a\tb\nc""#, "a\tb\nc"), (#""\u00e9\U0001F600""#, "é😀"),
        (#""\x1b\x41\u0041""#, "\u{1B}\\x41\\u0041"),
        (#""\ud800""#, "\u{FFFD}"), (#""\xzz\x+1""#, "\\xzz\\x+1"), (#""never closed"#, "never closed"),
        (#""ends in \"#, "ends in \\"),
        (#""\q\ ""#, "\\q\\ "), ("{Type:Ready Message:a b}", "{Type:Ready Message:a b}"),
        (#"{"a":"}","b":[1,{"c":2}]}"#, #"{"a":"}","b":[1,{"c":2}]}"#), ("{open", "{open"),
        ("<\n\tone\n\ttwo\n >", "one\ntwo"), ("<nil>", "<nil>"),
    ]

    @Test(arguments: values) func valuesAreRead(_ written: String, _ meant: String) {
        let value = LogValue.find(Array(written.utf8), from: 0)
        #expect(text(value, of: written) == meant)
        #expect(value.end == written.utf8.count)
    }

    @Test func jsonTakesMembersApart() throws {
        var line = LogLine(
            #"{"error":"a \"b\": \u003cnil\u003e\n","n":12,"none":null,"request":{"id":"x","l":["}"]},"level":"error","msg":"StopContainer for \"c1\" failed","time":"2026-11-30T10:27:16.7Z"}"#
        )
        #expect(text(line.text) == #"StopContainer for "c1" failed"#)
        #expect(line.level == "error")
        #expect(text(line.part("error")) == "a \"b\": <nil>\n")
        #expect(text(line["err"]) == text(line["error"]))
        #expect(text(line["n"]) == "12" && text(line["none"]) == "null")
        #expect(text(line["request"]) == #"{"id":"x","l":["}"]}"#)
    }

    static let notJSON = [
        "{", "{}", #"{"a":"b"}"#, #"{"msg""#, #"{msg:"x"}"#, "[1]", #"{"a" 1,"msg":"x"}"#, #"{,,,"#,
        #"{"msg":"#,
    ]

    /// What is no object with a message is a plain line.
    @Test(arguments: notJSON) func otherLinesAreNotJSON(_ line: String) {
        #expect(line == #"{"msg":"# || JSONLine(Array(line.utf8)) == nil)
        #expect(line == #"{"msg":"# || text(LogLine(line).text) == line)
        #expect(LogLine(line).level == nil)
    }

    static let notLogfmt = [
        "", "time", "containerd: failed to load TOML: x", "TIME=\"x\"", " time=\"x\"", "panic: x",
    ]

    @Test(arguments: notLogfmt) func otherLinesAreNotLogfmt(_ line: String) {
        #expect(Logfmt(Array(line.utf8)) == nil)
        #expect(text(LogLine(line).text) == line)
        #expect(LogLine(line).level == nil)
    }

    @Test func klogIsTakenApart() throws {
        let line =
            #"E1122 02:06:58.524726     218 remote_runtime.go:801] "#
            + #""Status from runtime service failed" err="rpc \"x\"" n=1"#
        let klog = try #require(Klog(Array(line.utf8)))
        #expect(klog.level == "error")
        #expect(text(klog.text, of: line) == "Status from runtime service failed")
        #expect(text(klog.fields["err"], of: line) == #"rpc "x""#)
        #expect(text(klog.fields["n"], of: line) == "1")
    }

    @Test func klogReadsGlogAndBlocks() throws {
        let old =
            "W0717 09:21:24.409711       1 factory.go:121] Failed to new runtime service for docker: x=1"
        #expect(text(Klog(Array(old.utf8))?.text, of: old) == "Failed to new runtime service for docker: x=1")
        let block =
            "E1122 02:06:58.524726 218 a.go:1] \"Failed\" err=<\n\tline one\n\tline two\n > pod=\"a/b\""
        let klog = try #require(Klog(Array(block.utf8)))
        #expect(text(klog.fields["err"], of: block) == "line one\nline two")
        #expect(text(klog.fields["pod"], of: block) == "a/b")
    }

    static let notKlog = [
        "", "E1122", "E1122 02:06:58.524726", "X1122 02:06:58.524726     218 a.go:1] x",
        "Error while dialing: nobody is there] x", "I am not klog: at all, whatever] you think",
    ]

    @Test(arguments: notKlog) func otherLinesAreNotKlog(_ line: String) {
        #expect(Klog(Array(line.utf8)) == nil)
    }

    @Test func errorAndErrAreOne() {
        #expect(text(LogLine("time=1 msg=a error=b")["err"]) == "b")
        #expect(text(LogLine("time=1 msg=a err=b")["error"]) == "b")
        #expect(text(LogLine("time=1 msg=a err=b error=c")["error"]) == "c")
        #expect(LogLine("time=1 msg=a")["error"] == nil)
    }

    @Test func fieldsAreBounded() throws {
        let many = "time=1 " + (0..<1000).map { "k\($0)=v" }.joined(separator: " ")
        #expect(Logfmt(Array(many.utf8))?.fields.count == Logfmt.fieldLimit)
        let long = "time=1 " + String(repeating: "k", count: 1000) + "=v"
        #expect(Logfmt(Array(long.utf8))?.fields.map(\.key) == ["time"])
    }

    @Test("a component's line that its supervisor passes on is read as its own")
    func passedOn() {
        let containerd = LogLine(
            #"time="2026-07-08 08:46:25" level=info msg="time=\"2026-07-08T08:46:25.1Z\" level=error msg=\"RunPodSandbox for &PodSandboxMetadata{Name:web-1,} failed, error\" error=\"read \\\"/x\\\": no space\"" component=containerd stream=stderr"#
        )
        #expect(
            text(containerd.text) == "RunPodSandbox for &PodSandboxMetadata{Name:web-1,} failed, error")
        #expect(containerd.level == "error")
        #expect(text(containerd["error"]) == #"read "/x": no space"#)
        let kubelet = LogLine(
            #"time="2026-07-08 08:46:25" level=info msg="E0708 08:46:25.876821    1814 server.go:1] \"Not well\" err=\"x y\"" component=kubelet stream=stderr"#
        )
        #expect(text(kubelet.text) == "Not well")
        #expect(text(kubelet["err"]) == "x y")
        let older = LogLine(
            #"time="2026-07-08 08:46:25" level=info msg="E0708 08:46:25.876821    1814 server.go:1] \"Not well\" err=\"x y\"" component=kubelet"#
        )
        #expect(text(older["err"]) == "x y")
        let own = LogLine(#"time="2026-07-08 08:46:25" level=info msg="Started" component=kubelet"#)
        #expect(text(own.text) == "Started")
        let another = LogLine(
            #"time="2026-07-08 08:46:25" level=info msg="E0708 08:46:25.876821    1814 server.go:1] \"Not well\"" component=applier"#
        )
        #expect(text(another.text) != "Not well")
        let twice = LogLine(
            #"time=1 msg="time=2 msg=\"time=3 msg=in\" component=a stream=stdout" component=b stream=stderr"#)
        #expect(text(twice.text) == "time=3 msg=in")
    }
}
