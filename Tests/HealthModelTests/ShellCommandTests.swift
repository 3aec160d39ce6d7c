// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@Suite struct ShellCommandTests {
    @Test("What is written in the source stands as it is, and harmless values are bare")
    func plain() {
        let command: ShellCommand = "ls -lt \("/etc/containerd/config.toml") | head -n \(5)"
        #expect(command.text == "ls -lt /etc/containerd/config.toml | head -n 5")
    }

    @Test(
        "A hostile value is one word",
        arguments: [
            ("/etc;reboot", "'/etc;reboot'"), ("$(reboot)", "'$(reboot)'"), ("it's", "'it'\\''s'"),
            ("", "''"),
            ("a b", "'a b'"), ("`x`", "'`x`'"), ("a\nb", "'a\nb'"), ("crio-é.scope", "'crio-é.scope'"),
            ("a\\x2db", "'a\\x2db'"),
            // A quote that something combines with is one character to Swift, and a quote to the shell.
            ("a'\u{301};reboot", "'a'\\''\u{301};reboot'"),
        ])
    func hostile(_ value: String, _ word: String) {
        let command: ShellCommand = "ls -l \(value)"
        #expect(command.text == "ls -l " + word)
    }

    @Test("Several words, digits and names")
    func others() {
        let words: ShellCommand = "df -h \(words: ["/run", "/var lib"])"
        #expect(words.text == "df -h /run '/var lib'")
        let port: ShellCommand = "ss -tlnp 'sport = :\(digits: "1338';reboot;'")'"
        #expect(port.text == "ss -tlnp 'sport = :1338'")
        let name: ShellCommand = "printf '\(name: "ru'nc$(reboot)")'"
        #expect(name.text == "printf 'runcreboot'")
    }
}
