// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import crihealthd

/// What `systemctl status` prints, read as the records that systemd logged.
@Suite struct UnitStatusTests {
    private func entries(_ text: String) -> [JournalEntry] {
        var journal = TextJournal(now: TextClockTests.now)
        var entries: [JournalEntry] = []
        journal.feed(text.utf8.span) { entries.append($0) }
        journal.finish { entries.append($0) }
        return entries
    }

    @Test func aFailedUnitEndedAsItSays() throws {
        let entries = entries(
            """
            ● crio.service - Container Runtime Interface for OCI (CRI-O)
               Loaded: loaded (/usr/local/lib/systemd/system/crio.service; enabled; vendor preset: disabled)
               Active: failed (Result: exit-code) since Thu 2025-01-07 15:44:41 CET; 7min ago
                 Docs: https://github.com/cri-o/cri-o
             Main PID: 1457 (code=exited, status=1/FAILURE)

            """)
        #expect(entries.map(\.messageID) == [MessageID.processExit, MessageID.unitFailed])
        #expect(entries.allSatisfy { $0.unit == "crio.service" && $0.source == .manager })
        let exit = try #require(entries.first)
        #expect(exit.fields["EXIT_CODE"] == "exited" && exit.fields["EXIT_STATUS"] == "1")
        #expect(exit.at.wall.description == "2025-01-07T14:44:41.000000Z")
        #expect(entries.last?.fields["UNIT_RESULT"] == "exit-code")
    }

    @Test func aLoopIsOne() {
        let entries = entries(
            """
            ● kubelet.service - kubelet: The Kubernetes Node Agent
               Active: activating (auto-restart) (Result: exit-code) since 三 2025-07-29 08:46:32 EDT; 919ms ago
              Process: 9982 ExecStart=/usr/bin/kubelet $KUBELET_ARGS (code=exited, status=255)

            """)
        #expect(
            entries.map(\.messageID)
                == [MessageID.processExit, MessageID.unitFailed, MessageID.restartScheduled])
        #expect(entries.first?.fields["EXIT_STATUS"] == "255")
    }

    @Test func aCommandBeforeItMayBeWhatFailed() {
        let entries = entries(
            """
            × containerd.service - containerd container runtime
                 Active: failed (Result: exit-code) since Mon 2025-03-03 10:00:00 UTC; 1s ago
                Process: 311 ExecStartPre=/sbin/modprobe overlay (code=exited, status=1/FAILURE)

            """)
        #expect(
            entries.first?.message
                == "containerd.service: Control process exited, code=exited, status=1/FAILURE")
    }

    @Test func whatTheLogTellsIsNotTakenTwice() {
        let entries = entries(
            """
            ● docker.service - Docker Application Container Engine
               Active: failed (Result: start-limit) since Mon 2025-06-22 02:15:42 UTC; 7min ago
             Main PID: 3217 (code=killed, signal=KILL)

            Jun 22 02:15:42 build systemd[1]: docker.service: Main process exited, code=killed, status=9/KILL
            """)
        #expect(entries.count { $0.messageID == MessageID.processExit } == 1)
        #expect(entries.contains { $0.message == "docker.service: Start request repeated too quickly." })
    }

    @Test(arguments: [
        "● kubelet.service - kubelet: The Kubernetes Node Agent\n   Active: active (running) since Thu 2025-01-07 15:44:41 CET; 7min ago\n Main PID: 8449 (kubelet)\n",
        "○ k3s.service - Lightweight Kubernetes\n     Loaded: loaded (/etc/systemd/system/k3s.service; disabled)\n     Active: inactive (dead)\n",
        "● data.mount - /data\n   Active: failed (Result: exit-code) since Thu 2025-01-07 15:44:41 CET; 7min ago\n",
        "* item of a list\n",
    ])
    func nothingIsSaidOfWhatIsUpOrNeverRan(_ text: String) {
        #expect(!entries(text).contains { $0.source == .manager })
    }

    @Test func whatWasStoppedIsStopped() {
        let entries = entries(
            """
            ○ docker.service - Docker Application Container Engine
                 Active: inactive (dead) since Fri 2025-08-16 20:11:15 UTC; 7s ago
               Main PID: 13241 (code=exited, status=0/SUCCESS)

            """)
        #expect(entries.map(\.messageID) == [MessageID.unitStopped])
        #expect(entries.first?.unit == "docker.service")
    }
}
