// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

/// What classes make of the text of a frame.
@Suite("Signal classes") struct SignalClassTests {
    private static let rules = """
        [[rule]]
        id = "frame"
        signal = "create-failed"
        template = "creation failed: {detail}"

        [[rule]]
        id = "told"
        signal = "create-failed"
        template = "told by itself: {detail}"
        set = { kind = "RuntimeDown", cause = "Killed" }

        [[class]]
        id = "no-space"
        of = "create-failed"
        kind = "CreateFailing"
        cause = "DiskFull"
        scope = "node"
        template = "write {path:word}: no space left on device"
        unless = "inotify"
        set = { reason = "bytes" }

        [[class]]
        id = "oci"
        of = ["create-failed"]
        kind = "CreateFailing"
        cause = "OCIRuntimeError"
        template = 'OCI runtime "{name}" failed'
        """

    private static func signal(_ message: String) throws -> Signal? {
        let rules = try SignalRules(documents: [RuleDocument(name: "x.toml", text: Self.rules)])
        let entry = JournalEntry(
            cursor: "c", at: Moment(wall: .init(microseconds: 0), monotonic: .init(microseconds: 0)),
            source: .unit, unit: "x.service", message: message)
        return rules.recognize(entry).first
    }

    @Test func theFirstThatKnowsTheTextWins() throws {
        let signal = try #require(
            try Self.signal(
                #"creation failed: OCI runtime "runc" failed: write /run/x: no space left on device"#))
        #expect(signal.kind == .createFailing && signal.cause == .diskFull && signal.scope == .node)
        #expect(signal.captures["class"] == "no-space")
        #expect(signal.captures["path"] == "/run/x" && signal.captures["reason"] == "bytes")
    }

    @Test func aNearMissLeavesItToTheNext() throws {
        let signal = try #require(
            try Self.signal(
                #"creation failed: inotify: OCI runtime "runc" failed: write /run/x: no space left on device"#
            ))
        #expect(signal.cause == .ociRuntimeError && signal.scope == .many)
    }

    @Test func aTextThatNoClassKnowsStaysAFrame() throws {
        let signal = try #require(try Self.signal("creation failed: for no reason"))
        #expect(signal.kind == nil && signal.cause == nil && signal.text == "for no reason")
    }

    @Test func quotesOfEveryLevelAreAlike() throws {
        let signal = try #require(
            try Self.signal(#"creation failed: a \"b\" OCI runtime \\\"runc\\\" failed"#))
        #expect(signal.captures["name"] == "runc")
    }

    @Test func whatTheRuleSaysStands() throws {
        let signal = try #require(
            try Self.signal("told by itself: write /run/x: no space left on device"))
        #expect(signal.kind == .runtimeDown && signal.cause == .killed)
    }

    @Test func theEndOfALongTextIsRead() throws {
        let long = String(repeating: "wrapped: ", count: 4000)
        let signal = try #require(
            try Self.signal("creation failed: \(long)write /run/x: no space left on device"))
        #expect(signal.cause == .diskFull)
        #expect(signal.text.hasSuffix("no space left on device"))
        #expect(signal.text.utf8.count <= SignalRules.captureLimit)
    }

    static let refused: [(toml: String, says: String)] = [
        (
            #"[[class]]\#nid = "a"\#nof = "create-faild"\#nkind = "CreateFailing"\#ncause = "DiskFull"\#ntemplate = "some text""#,
            "x.toml:1: rule \"a\": key \"of\": no rule says \"create-faild\"; did you mean \"create-failed\"?"
        ),
        (
            #"[[class]]\#nid = "a"\#nof = "create-failed"\#nkind = "CreateFailing"\#ncause = "DiskFul"\#ntemplate = "some text""#,
            "x.toml:1: rule \"a\": key \"cause\": \"DiskFul\" is no cause of CreateFailing; did you mean \"DiskFull\"?"
        ),
        (
            #"[[class]]\#nid = "a"\#nof = "create-failed"\#nkind = "CreateFailing"\#ncause = "DiskFull"\#nscop = "node"\#ntemplate = "some text""#,
            "x.toml:6: rule \"a\": key \"scop\": unknown key; did you mean \"scope\"?"
        ),
        (
            #"[[class]]\#nid = "a"\#nof = "create-failed"\#nkind = "CreateFailing"\#ncause = "DiskFull"\#ntemplate = "abc""#,
            "x.toml:1: rule \"a\": needs a template with 4 plain characters in a row"
        ),
    ]

    @Test(arguments: refused) func aFaultIsNamed(_ toml: String, _ says: String) throws {
        let error = #expect(throws: RuleError.self) {
            try SignalRules.shipped().adding([RuleDocument(name: "x.toml", text: toml)])
        }
        #expect(error?.description == says)
    }

    @Test func aClassIsSwitchedOffByItsID() throws {
        let off = RuleDocument(name: "y.toml", text: "[[class]]\nid = \"no-space\"\nenabled = false")
        let rules = try SignalRules(documents: [RuleDocument(name: "x.toml", text: Self.rules), off])
        #expect(rules.classes.map(\.id) == ["oci"])
    }
}
