// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

/// The check of commands itself, and what runbooks tell people to type.
@Suite struct CommandCheckTests {
    static let bad = [
        "kill -USR1 $(systemctl show -P MainPID containerd)", "kill -TERM 0", "kill -TERM", "kill 1",
        "kill -9 -1", "systemctl kill -s KILL crio", "crictl images", "crictl -t 4s info",
        "crictl --runtime-endpoint '' ps", "kubectl cordon $(hostname)", "apt-get install crun",
        "ls -l 'x", "ls | ", "frobnicate --all", "rm -rf /var/lib/containerd", "ls `id`", "ls; crictl ps",
    ]

    @Test(arguments: bad) func isRefused(_ command: String) {
        #expect(!CommandCheck.problems(in: command).isEmpty)
    }

    static let good = [
        "systemctl kill --kill-who=main -s USR1 containerd.service", "kill -CONT 812", "crictl --version",
        "crictl --runtime-endpoint unix:///run/crio/crio.sock ps --all", "ls -l '/tmp/a $(b)'",
        "ps -eo pid,lstart,args | grep '[c]onmon'", "ss -tlnp 'sport = :1338'",
        "/usr/bin/runc --root /run/runc kill 4f TERM", "containerd config dump >/dev/null",
    ]

    @Test(arguments: good) func isLeftAlone(_ command: String) {
        #expect(CommandCheck.problems(in: command) == [])
    }

    @Test func whoEndsSomethingLooksFirst() {
        let look = NextStep("see", "systemctl status containerd")
        let act = NextStep("end it", "kill -TERM 812")
        #expect(CommandCheck.problems(in: [look, act]) == [])
        #expect(CommandCheck.problems(in: [act, look]).count == 1)
        #expect(CommandCheck.problems(in: [NextStep("go on", "kill -CONT 812"), look]) == [])
    }

    /// Commands of a runbook are what it indents by seven.
    @Test(arguments: Runbooks.pages.keys.sorted()) func whatRunbooksSay(_ kind: String) throws {
        let page = try #require(Runbooks.pages[kind])
        for line in page.split(separator: "\n") where line.hasPrefix("       ") && !line.hasPrefix("        ")
        {
            let command = String(line.drop { $0 == " " })
            // A file's name or an address stands alone.
            if command.hasPrefix("/") || command.hasPrefix("https://"), !command.contains(" ") { continue }
            #expect(CommandCheck.problems(in: command) == [], "\(kind)")
        }
    }
}
