// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TOML

/// What documents say, what is refused where, and that no text ends the process.
struct TOMLTests {
    @Test func valuesOfEveryKind() throws {
        let table = try TOMLTable(
            string: #"""
                a = 1
                "q k".'l\it' = [0xDEAD_beef, 0o17, 0b101, +9, -1_000]
                f = [1.5, -0.0, 6.02e23, 1_0.5e-1_0]
                b = [true, false,] # comment
                s = ["\u00e9\U0001F600\t\"", 'c:\x', """
                two \
                   words""", '''
                'x'''']
                d = [1979-05-27T07:32:00Z, 1979-05-27 07:32:00.5-07:00, 1979-05-27, 07:32:00, 2024-02-29]
                i = { x.y = 1, z = {} }
                """#)
        #expect(table.keys == ["a", "q k", "f", "b", "s", "d", "i"])
        #expect(table["a"]?.int == 1)
        #expect(
            table["q k"]?.table?["l\\it"]
                == .array([0xDEAD_BEEF, 15, 5, 9, -1000].map(TOMLValue.integer)))
        #expect(table["f"] == .array([1.5, -0.0, 6.02e23, 10.5e-10].map(TOMLValue.float)))
        #expect(table["b"] == .array([.boolean(true), .boolean(false)]))
        #expect(
            table["s"] == .array([.string("é😀\t\""), .string("c:\\x"), .string("two words"), .string("'x'")]))
        #expect(table["d"]?.array?.count == 5)
        #expect(table["i"]?.table?["x"]?.table?["y"]?.int == 1)
        #expect(table["i"]?.table?["z"]?.table?.keys == [])
    }

    @Test func tablesAndListsOfTables() throws {
        let table = try TOMLTable(
            string:
                "\u{FEFF}[[r]]\r\nid = 'a'\r\n[r.m]\nx = 1\n[[r]]\nm.x = 2\n[r.m.n]\ny = 3\n[p.q]\n[p]\nz = 4\n"
        )
        let rules = try #require(table["r"]?.array)
        #expect(rules.count == 2)
        #expect(rules[0].table?["m"]?.table?["x"]?.int == 1)
        #expect(rules[1].table?["m"]?.table?["n"]?.table?["y"]?.int == 3)
        #expect(table["p"]?.table?.keys == ["q", "z"])
    }

    @Test(arguments: [
        ("[}", "1:2 a key is missing here"), ("x = [}", "1:6 a value is missing here"),
        ("x = ", "1:5 a value is missing here"),
        ("a = 1\na = 2", "2:1 \"a\" is there already"), ("[a]\n[a]", "2:1 \"a\" is there already"),
        ("a = 1\n[a.b]", "2:1 \"a\" is a value already"), ("a = []\n[[a]]", "2:1 \"a\" is there already"),
        ("a.b = 1\n[a]", "2:1 \"a\" is there already"), ("a = {b=1}\na.c = 2", "2:1 \"a\" is there already"),
        ("[a.b]\n[a]\nb.c = 1", "3:1 \"b\" is there already"),
        ("x = \"a\nb\"", "1:7 a string ends on its own line; write three quotes for more lines"),
        ("x = 'a", "1:5 this string is not closed"), ("x = \"\"\"a\"\"", "1:5 this string is not closed"),
        ("x = [1", "1:5 this array is not closed"), ("x = 1 y = 2", "1:7 the line should end here"),
        ("x = 9223372036854775808", "1:5 \"9223372036854775808\" is no value; write text in quotes"),
        ("x = 01", "1:5 \"01\" is no value; write text in quotes"),
        ("x = 1__0", "1:5 \"1__0\" is no value; write text in quotes"),
        ("x = 2023-02-29", "1:5 \"2023-02-29\" is no value; write text in quotes"),
        ("x = \"\\ud800\"", "1:6 an escape of no character"),
        (
            "x = \"\\q\"",
            "1:6 an escape that TOML does not know; a backslash is written \\\\, or the string in '…'"
        ),
        ("# \u{1}", "1:3 a comment holds a control character"),
        ("x = 1\r", "1:6 a carriage return without a line feed"), ("x", "1:2 a key is followed by ="),
        ("x = { a = 1, }", "1:14 a key is missing here"),
    ]) func refusals(text: String, fault: String) {
        let error = #expect(throws: TOMLParseError.self) { try TOMLTable(string: text) }
        #expect(error.map { "\($0.line):\($0.column) \($0)" } == fault)
    }

    @Test(arguments: [
        String(repeating: "[", count: 500_000), "x = " + String(repeating: "[", count: 500_000),
        "x = " + String(repeating: "{a=", count: 300_000), "x = " + String(repeating: "[{a=", count: 200_000),
        String(repeating: "a.", count: 500_000) + "a = 1",
        "[" + String(repeating: "a.", count: 500_000) + "a]",
        "x = " + String(repeating: "9", count: 1_000_000),
        "x = \"" + String(repeating: "\\", count: 1_000_000),
        (0..<200).map { "[a" + String(repeating: ".a", count: 60) + ".b\($0)]\n" }.joined(),
    ]) func deepAndLongTextsEnd(text: String) {
        _ = try? TOMLTable(string: text)
    }

    /// Both texts that once ended the process are among the tokens.
    @Test func mutationsNeverEndTheProcess() {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("TOML mutations: seed \(seed)")
        var mutations = Mutations(seed: seed, of: Self.documents, tokens: Self.tokens)
        var taken = 0
        for _ in 0..<20_000 where (try? TOMLTable(string: mutations.next())) != nil { taken += 1 }
        #expect((1000..<19_000).contains(taken), "of 20,000 mutations \(taken) were taken")
    }

    private static let tokens = [
        "[}", "x = [}", "[", "]", "{", "}", "=", ".", ",", "\"", "'", "\"\"\"", "'''", "\n", "\r\n", "\r",
        "\\", "#", " ", "\t",
        "a", "1", "0", "_", "-", "+", ":", "T", "e", "0x", "\\u", "\\U0011", "\0", "\u{7F}", "é", "[[", "]]",
        "inf", "nan", "true",
        "1979-05-27", "a.b", "9223372036854775807", "1e999", "a = { b = 1 }\n",
    ]

    private static let documents = [
        """
        listen = "127.0.0.1:10274"
        host_names = ["node7.example"] # names
        [journal]
        directory = ""
        units = ["a.service", 'b']
        backlog_entries = 200_000
        [cri]
        endpoints = []
        connect_interval = "1s"

        """,
        """
        [[rule]]
        id = "x"
        signal = "y"
        template = ['^a {b:word} "c"$', "d {}"]
        set = { reason = "z", w.v = 1 }
        [rule.match]
        msg = "^waiting$"
        [rule.incident]
        kind = "DiskBroken"
        [[rule]]
        id = "w"
        enabled = false

        """,
        """
        version = 2
        [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
          runtime_type = "io.containerd.runc.v2"
          [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
            SystemdCgroup = true
        d = [1979-05-27T07:32:00Z, 07:32:00.5]
        f = [1.5, -0.0, 6.02e23, inf, -nan]
        s = '''a
        'b'''''

        """,
    ]
}
