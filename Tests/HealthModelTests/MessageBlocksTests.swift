// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@Suite struct MessageBlocksTests {
    private func entry(_ message: String, _ unit: String = "kubelet.service", pid: Int32 = 7) -> JournalEntry
    {
        JournalEntry(
            cursor: "",
            at: Moment(wall: WallTime(microseconds: 0), monotonic: MonotonicTime(microseconds: 0)),
            source: .unit, unit: unit, pid: pid, message: message)
    }

    private func joined(_ entries: [JournalEntry]) -> [String] {
        var blocks = MessageBlocks()
        return (entries.flatMap { blocks.take($0) } + blocks.flush()).map(\.message)
    }

    private let head = #"E1122 02:06:58.524726 7 run.go:74] "command failed" err=<"#

    @Test func oneMessageOfSeveralLines() {
        let block = [entry(head), entry("\ta"), entry("\tb"), entry(" > pod=\"x/y\"")]
        #expect(joined(block) == [head + "\n\ta\n\tb\n > pod=\"x/y\""])
        #expect(joined([entry("before")] + block + [entry("behind")]).count == 3)
    }

    /// A second value with line ends opens where the first ends.
    @Test func twoBlocksInOneMessage() {
        #expect(
            joined([entry(head), entry("\ta"), entry(" > stderr=<"), entry("\tb"), entry(" >")]).count == 1)
    }

    @Test func eachUnitHasItsOwn() {
        let lines = [
            entry(head), entry(head, "k3s.service"), entry("\ta"), entry("time=x", "containerd.service"),
            entry("\tb", "k3s.service"), entry(" >"), entry(" >", "k3s.service"),
        ]
        #expect(joined(lines) == ["time=x", head + "\n\ta\n >", head + "\n\tb\n >"])
    }

    /// What is cut off comes as far as it came: another line of klog, another process, the end.
    @Test func whatDoesNotEndIsNotLost() {
        let next = "I1122 02:06:59.524726 7 x.go:1] next"
        #expect(joined([entry(head), entry("\ta"), entry(next)]) == [head + "\n\ta", next])
        #expect(joined([entry(head), entry("\ta", pid: 8)]) == [head, "\ta"])
        #expect(joined([entry(head), entry(head), entry("\ta")]) == [head, head + "\n\ta"])
        #expect(joined([entry(head)]) == [head])
    }

    @Test func itIsBounded() {
        let endless = joined([entry(head)] + (0..<10_000).map { entry("\t\($0)") })
        #expect(endless.count > 1 && endless[0].utf8.count <= JournalEntry.messageLimit)
        let long = String(repeating: "x", count: JournalEntry.messageLimit)
        #expect(
            joined([entry(head)] + (0..<10).map { _ in entry("\t" + long) }).allSatisfy {
                $0.utf8.count <= 2 * JournalEntry.messageLimit + 2
            })
        var blocks = MessageBlocks()
        let many = (0..<1000).flatMap { blocks.take(entry(head, "u\($0).service")) }
        #expect(many.count >= 1000 - 16)
    }
}
