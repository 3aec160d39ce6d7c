// SPDX-License-Identifier: Apache-2.0
import HealthModel
import Testing

@testable import Diagnosis

/// What the rules make of whole recordings: the alarm names of each, no more and no fewer.
@Suite(
    "Recorded outages", .enabled(if: RecordedOutages.directory != nil, "no recordings beside the repository"))
struct RecordedOutageTests {
    /// Alarm signals by recording, no more and no fewer; a recording that is in no table must have none.
    static let expected: [String: Set<String>] = [
        "S0-conf-only-crun-1.21-newuid": ["stop-stuck"],
        "S0-crio-1.29.9-to-1.30.6": ["stop-stuck"],
        "S2-containerd-1.6.20-to-1.7.24": ["binary-missing", "start-timed-out"],
        "S3-containerd-1.4.13": ["pull-failed"],
        "S4-containerd-2.0.0": ["cni-load-failed"],
        "S4-containerd-2.0.1": ["cni-load-failed", "container-state-lost"],
        "live136-podimage": ["pull-failed"],
        "containerd-1.6.20-badconfig": ["config-invalid", "start-limit-hit"],
        "containerd-1.6.20-badplugincfg": ["cri-plugin-failed"],
        "containerd-1.6.20-disabledplugin-badname": ["config-invalid"],
        "containerd-1.6.20-diskfull": ["container-state-lost", "create-failed", "no-space"],
        "containerd-1.6.20-nocni": [
            "cni-load-failed", "name-reserved", "sandbox-network-failed",
        ],
        "containerd-1.6.20-norunc": ["binary-missing", "create-failed"],
        "containerd-1.6.20-portconflict": ["address-in-use"],
        "containerd-1.6.20-shimkill": ["shim-lost"],
        // Its kubelet starts once before its configuration is there.
        "live136-baseline": ["kubelet-fatal"],
    ]

    /// Alarm signals that recordings with a real kubelet must have: it complains of much else besides.
    static let least: [String: Set<String>] = [
        "live136-badconfig": ["kubelet-runtime-unreachable"],
        "live136-cniflannel": ["sandbox-network-failed"],
        "live136-cridisabled": ["kubelet-runtime-unreachable", "kubelet-runtime-down"],
        "live136-diskfull": ["no-space", "create-failed"],
        "live136-jsonnocni": [],
        "live136-jsonpauseimage": ["create-failed"],
        "live136-kubeletendpoint": ["kubelet-runtime-unreachable"],
        "live136-kubeletflag": [],
        "live136-nvidiahook": ["create-failed"],
        "live136-pauseimage": ["create-failed"],
        "live136-pidslimit": ["crashed"],
        "live136-readonlyfspods": ["create-failed", "stop-stuck"],
        "live136-shimstop": ["stop-stuck"],
        "live136-stopped": ["kubelet-runtime-down"],
        "liveo136-badconfig": [],
        "liveo136-cniflannel": ["sandbox-network-failed"],
        "liveo136-conmonmissing": ["create-failed"],
        "liveo136-namereserved": [],
        "liveo136-nocni": ["sandbox-network-failed"],
        "liveo136-policy": ["create-failed"],
        "liveo136-rebootinincident": ["kubelet-runtime-unreachable"],
        "liveo136-runcfails": ["create-failed"],
    ]

    /// A node that joins says so once: no CNI configuration yet.
    @Test func theLineOfAJoiningNodeIsMarked() throws {
        let rules = try ShippedRulesTests.rules.get()
        let signals = try RecordedOutages.journal("S4-containerd-2.0.0").flatMap(rules.recognize)
        let loads = signals.filter { $0.name == .cniLoadFailed }
        #expect(!loads.isEmpty && loads.allSatisfy { $0.captures["phase"] == "init" })
    }

    @Test(arguments: RecordedOutages.names) func alarms(_ name: String) throws {
        let rules = try ShippedRulesTests.rules.get()
        var alarms: Set<String> = []
        for entry in try RecordedOutages.journal(name) {
            alarms.formUnion(SignalVocabulary.alarms(rules.recognize(entry)))
        }
        if let least = Self.least[name] {
            #expect(alarms.isSuperset(of: least))
        } else {
            #expect(alarms == Self.expected[name, default: []])
        }
    }

    /// What the prefilter drops is asked of every rule, without any prefilter.
    @Test(arguments: RecordedOutages.names) func prefilterDropsNothing(_ name: String) throws {
        let rules = try ShippedRulesTests.rules.get()
        var dropped: Set<String> = []
        var passed = 0
        for entry in try RecordedOutages.journal(name) {
            if rules.mightMatch(entry) {
                passed += 1
            } else if dropped.insert(Self.kind(entry.message)).inserted {
                #expect(rules.recognizeByAllRules(entry) == [], "\(entry.message.prefix(200))")
            }
        }
        #expect(passed > 0 && !dropped.isEmpty)
    }

    /// Lines that differ in digits only are one.
    private static func kind(_ message: String) -> String {
        String(decoding: message.utf8.map { (0x30...0x39).contains($0) ? 0x30 : $0 }, as: UTF8.self)
    }
}

extension SignalRules {
    /// Ids of the rules that know the entry, each asked without any prefilter.
    func recognizeByAllRules(_ entry: JournalEntry) -> Set<String> {
        var line = LogLine(entry.message)
        return Set(compiled.filter { $0.match(entry, &line) != nil }.map(\.rule.id))
    }
}
