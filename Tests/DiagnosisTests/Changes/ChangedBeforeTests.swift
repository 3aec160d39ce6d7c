// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

@Suite struct ChangedBeforeTests {
    private static let start = WallTime(microseconds: 1_795_305_600_000_000)

    private func change(
        _ subject: String, _ what: Change.What = .package, before seconds: Int,
        _ action: Change.Action = .changed
    ) -> Change {
        Change(
            at: Self.start + .seconds(-seconds), what: what, subject: subject, action: action, source: .dpkg)
    }

    private func incident(
        _ kind: IncidentKind = .createFailing, _ cause: String = "OCIRuntimeIncompatible"
    ) -> Incident {
        Incident(
            id: "x", kind: kind, subject: "containerd", cause: cause, severity: .critical,
            status: .confirmed, sentence: "", explanation: "", impact: Impact(sentence: ""), evidence: [],
            symptoms: [], nextSteps: [], clearsWhen: "", timeline: [], openedAt: Self.start,
            lastSeenAt: Self.start, resolvedAt: nil, occurrences: 1)
    }

    private func told(_ changes: [Change], _ incident: Incident? = nil) -> [String]? {
        ChangedBefore(changes.sorted { $0.at < $1.at }).told(incident ?? self.incident()).changedBefore?.map(
            \.subject)
    }

    @Test("those of the hour before, nearest first, at most three; later and older ones are none")
    func hour() {
        #expect(told([]) == nil)
        #expect(told([change("a", before: 4000), change("b", before: -1)]) == nil)
        #expect(
            told([
                change("a", before: 3000), change("b", before: 2000), change("c", before: 1000),
                change("d", before: 10),
            ]) == ["d", "c", "b"])
    }

    @Test("what the cause is about has its place though others came later, and what is counted gives way")
    func about() {
        let later = [
            change("kubeadm", before: 30), change("systemd", before: 20),
            change("2 other packages", .otherPackages, before: 10),
            change("iptables", before: 5),
        ]
        #expect(told([change("crun", before: 3000)] + later) == ["iptables", "systemd", "crun"])
        #expect(
            told([change("crun", before: 3000)] + later, incident(.createFailing, "SandboxImageUnavailable"))
                == ["iptables", "systemd", "kubeadm"])
    }

    @Test("a binary that is missing is about the unit's files, too")
    func unitFiles() {
        let file = "/etc/systemd/system/containerd.service.d/60-site.conf"
        let later = (1...3).map { change("kubeadm\($0)", before: $0) }
        let drop = change(file, .file, before: 60, .added)
        #expect(told(later + [drop], incident(.runtimeDown, "BinaryMissing"))?.last == file)
        #expect(told(later + [drop], incident(.runtimeDown, "OOMKilled"))?.contains(file) == false)
    }

    @Test("the nearest is listed, however much more the cause is about others")
    func nearest() {
        let drops = (1...3).map {
            change("/etc/systemd/system/containerd.service.d/\($0).conf", .file, before: 60 * $0, .added)
        }
        let restart = change("containerd.service", .unit, before: 1, .restarted)
        let list = told(drops + [restart], incident(.runtimeDown, "BinaryUnusable"))
        #expect(list?.first == "containerd.service" && list?.count == 3)
    }

    @Test("what a restart of the last hour brought into force, since the start before that")
    func force() {
        let file = "/etc/containerd/config.toml"
        let all = [
            change("runc", before: 500_000), change("containerd.service", .unit, before: 400_000, .restarted),
            change(file, .file, before: 200_000), change("containerd.service", .unit, before: 60, .restarted),
        ]
        #expect(told(all) == ["containerd.service", file])
        #expect(told(Array(all.dropLast())) == nil, "not in force: nothing was restarted")
        #expect(
            told([change("runc", before: 90_000), change("node", .boot, before: 60, .started)]) == [
                "node", "runc",
            ])
    }

    @Test("a stop that is the incident is not listed beside it; crihealthd's own troubles have no list")
    func itself() {
        #expect(told([change("containerd.service", .unit, before: 1, .stopped)]) == nil)
        #expect(told([change("containerd.service", .unit, before: 30, .stopped)]) != nil)
        #expect(told([change("crun", before: 30)], incident(.monitoringImpaired, "JournalUnreadable")) == nil)
    }
}
