// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// crihealthd cannot see. A broken probe is never called a broken runtime.
struct MonitoringImpaired: Diagnosis {
    static let kind = IncidentKind.monitoringImpaired
    static let outlivesRuntimes = true

    func assess(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> [(subject: String, Assessment)] {
        var all = facts.runtimes.map { (Self.subject(crictlOn: $0.name), probe($0, facts, configuration)) }
        all.append(("journal", journal(facts)))
        all.append(("checkpoint", checkpoint(facts)))
        all.append(("bus", bus(facts, configuration)))
        all.append(("rules", rules(facts)))
        for (address, problem) in facts.monitoring.listeners.sorted(by: { $0.key < $1.key }) {
            all.append(("listener \(address)", listener(address, problem, facts)))
        }
        all.append(("blind window", blind(facts, configuration)))
        return all
    }

    /// What an incident about the probe of that runtime is about.
    static func subject(crictlOn name: String) -> String { "crictl on \(name)" }

    func nextDeadline(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> MonotonicTime? {
        facts.monitoring.lastBlindAt.map { $0.monotonic + configuration.blindWindowShown }
    }

    private func finding(
        _ cause: Cause, _ severity: Severity, since: Moment, _ sentence: String, _ explanation: String,
        hurts: String,
        evidence: Evidence, steps: [NextStep], clears: String, grace: Duration = .zero
    ) -> Assessment {
        .holds(
            Finding(
                cause: cause, severity: severity, confirmed: true, since: since, grace: grace,
                sentence: sentence,
                explanation: explanation, impact: Impact(sentence: hurts), evidence: [evidence],
                nextSteps: steps,
                clearsWhen: clears))
    }

    // MARK: crictl

    private func probe(_ runtime: RuntimeFacts, _ facts: NodeFacts, _ configuration: EngineConfiguration)
        -> Assessment
    {
        guard let broken = runtime.api.broken, let since = runtime.api.brokenSince else {
            // Where not even connect(2) ever succeeded, crictl was not needed: whether it is there has to be asked.
            if runtime.api.answeredAt == nil, let failing = runtime.api.failing, failing.rung <= .connect {
                return withoutCalls(runtime, failing, facts)
            }
            guard let at = runtime.api.answeredAt ?? runtime.api.failing?.at else {
                return .unknown(inquiries: [])
            }
            return .cleared(
                Evidence(at: at.wall, source: .cri, summary: "the probe of \(runtime.name) runs again"))
        }
        return impaired(broken, runtime, since, killedGrace: configuration.killedGrace)
    }

    private func impaired(
        _ broken: ProbeBreakage, _ runtime: RuntimeFacts, _ since: Moment, killedGrace: Duration = .zero,
        asking inquiries: [Inquiry] = []
    ) -> Assessment {
        let words = words(broken, runtime)
        let assessment = finding(
            words.cause, .warning, since: since, words.sentence,
            broken.text.isEmpty ? words.why : "\(words.why) (\(broken.text))",
            hurts: "The CRI state of \(runtime.name) is unknown; this says nothing about the runtime itself.",
            evidence: Evidence(at: since.wall, source: .daemon, summary: words.sentence), steps: [words.step],
            clears: "a probe of \(runtime.endpoint.address) can run",
            // Who stops this daemon stops its crictl with it, and a call that was killed once is made again.
            grace: broken.reason == .crictlKilled ? killedGrace : .zero)
        guard case .holds(var finding) = assessment else { return assessment }
        finding.inquiries = inquiries
        return .holds(finding)
    }

    private func withoutCalls(
        _ runtime: RuntimeFacts, _ failing: APIFacts.Failing, _ facts: NodeFacts
    ) -> Assessment {
        let question = Inquiry.binary(name: "crictl")
        guard let answer = facts.answers.binaries["crictl"],
            answer.at.monotonic >= failing.since.monotonic
        else { return .unknown(inquiries: [question]) }
        guard let path = answer.value else {
            let missing = ProbeBreakage(reason: .crictlMissing, text: "")
            return impaired(missing, runtime, answer.at, asking: [question])
        }
        return .cleared(
            Evidence(at: answer.at.wall, source: .node, summary: "crictl is there: \(path.bounded(200))"))
    }

    private func words(_ broken: ProbeBreakage, _ runtime: RuntimeFacts) -> (
        cause: Cause, sentence: String, why: String, step: NextStep
    ) {
        let socket = runtime.endpoint.socketPath
        switch broken.reason {
        case .crictlMissing:
            return (
                .crictlMissing, "crihealthd cannot ask \(runtime.name): crictl is not installed",
                "No crictl was found.",
                NextStep("install it (cri-tools), or set [cri] crictl", "command -v crictl")
            )
        case .permissionDenied:
            return (
                .permissionDenied, "crihealthd is not allowed to connect to \(socket)",
                "The socket belongs to root.",
                NextStep("see who may connect", "ls -l \(socket)")
            )
        case .crictlUsage:
            return (
                .crictlUnusable, "crictl refuses crihealthd's arguments",
                "This crictl is too old or too new, or is something else.",
                NextStep("see which it is", "crictl --version")
            )
        case .proberUnreachable:
            return (
                .proberUnreachable,
                "crihealthd cannot ask \(runtime.name): its prober does not answer",
                "crihealthd-probe.service answers what only root can see.",
                NextStep("see why", "systemctl status crihealthd-probe.service crihealthd-probe.socket")
            )
        case .crictlUnusable, .crictlKilled, .outputTooLarge:
            if let remedy = broken.remedy {
                return (
                    .crictlUnusable, "crihealthd does not run crictl: users other than root can change it",
                    "Whoever can change what root runs is root.",
                    NextStep("make root its owner", remedy.command)
                )
            }
            return (
                .crictlUnusable, "crictl cannot be run",
                "crictl could not be started, was killed, or printed without end.",
                NextStep("run it by hand", runtime.endpoint.crictl("version"))
            )
        }
    }

    // MARK: The rest

    private func journal(_ facts: NodeFacts) -> Assessment {
        guard let health = facts.monitoring.journal, let since = facts.monitoring.journalSince else {
            return .unknown(inquiries: [])
        }
        guard case .failed(let errno, let operation) = health else {
            return .cleared(Evidence(at: since.wall, source: .daemon, summary: "the journal is being read"))
        }
        return finding(
            .journalUnreadable, .warning, since: since, "crihealthd cannot read the journal",
            "\(operation) failed with errno \(errno).",
            hurts: "Causes that only the logs show are not seen; the CRI sockets still are.",
            evidence: Evidence(at: since.wall, source: .daemon, summary: "\(operation): errno \(errno)"),
            steps: [
                NextStep(
                    "see whether the journal is there and readable",
                    "journalctl -n 1; ls -ld /var/log/journal /run/log/journal")
            ],
            clears: "the journal can be read again")
    }

    private func bus(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> Assessment {
        guard facts.monitoring.busKnown else { return .unknown(inquiries: []) }
        guard let problem = facts.monitoring.bus else {
            return .cleared(Evidence(at: facts.now.wall, source: .daemon, summary: "systemd's bus answers"))
        }
        return finding(
            .busUnavailable, .info, since: facts.monitoring.busSince ?? facts.now,
            "crihealthd cannot ask systemd for the state of units",
            problem.bounded(300) + ".",
            hurts: "What units do is known from the journal only, up to half a second later.",
            evidence: Evidence(at: facts.now.wall, source: .daemon, summary: problem.bounded(300)),
            steps: [NextStep("see whether systemd and the bus answer", "systemctl status dbus.service")],
            clears: "the bus answers",
            // Packages of systemd and of libc have it execute itself anew, which takes half a second.
            grace: configuration.busGrace)
    }

    private func checkpoint(_ facts: NodeFacts) -> Assessment {
        guard let problem = facts.monitoring.checkpoint else {
            return .cleared(
                Evidence(at: facts.now.wall, source: .daemon, summary: "the checkpoint can be written"))
        }
        return finding(
            .checkpointUnwritable, .warning, since: facts.now, "crihealthd cannot save its state",
            problem.bounded(300) + ".",
            hurts: "A restart of crihealthd would forget open incidents and its place in the journal.",
            evidence: Evidence(at: facts.now.wall, source: .daemon, summary: problem.bounded(300)),
            steps: [
                NextStep(
                    "see whether the disk is full or read-only",
                    "df -h /var/lib/crihealthd; findmnt -T /var/lib/crihealthd")
            ],
            clears: "the checkpoint is written")
    }

    private func listener(_ address: String, _ problem: String, _ facts: NodeFacts) -> Assessment {
        guard !problem.isEmpty else {
            return .cleared(Evidence(at: facts.now.wall, source: .daemon, summary: "\(address) is served"))
        }
        return finding(
            .listenerUnavailable, .warning, since: facts.now, "crihealthd cannot listen on \(address)",
            problem.bounded(300) + ".",
            hurts:
                "Scrapes and curl on \(address) fail; the unix socket is served, and the address is tried again.",
            evidence: Evidence(at: facts.now.wall, source: .daemon, summary: problem.bounded(300)),
            steps: [NextStep("see who holds it", "ss -tlnp")], clears: "\(address) can be bound")
    }

    private func rules(_ facts: NodeFacts) -> Assessment {
        guard let refused = facts.monitoring.refusedRules else { return .unknown(inquiries: []) }
        guard let first = refused.first else {
            return .cleared(
                Evidence(at: facts.now.wall, source: .daemon, summary: "all rules files are loaded"))
        }
        let told = refused.prefix(8).map { $0.bounded(300) }
        let more = refused.count > told.count ? ["and \(refused.count - told.count) more"] : []
        return finding(
            .rulesRefused, .warning, since: facts.now,
            refused.count == 1
                ? "a rules file was rejected" : "\(refused.count) rules files were rejected",
            (told + more).joined(separator: "; ") + ".",
            hurts: "What these rules would recognise is missed; all other rules are loaded.",
            evidence: Evidence(at: facts.now.wall, source: .daemon, summary: first.bounded(300)),
            steps: [
                NextStep("correct it, and see whether it is right now", "crihealthd check-config"),
                NextStep("have it read", "systemctl reload crihealthd.service"),
            ],
            clears: "every rules file is read without an error")
    }

    private func blind(_ facts: NodeFacts, _ configuration: EngineConfiguration) -> Assessment {
        guard let window = facts.monitoring.blind.last, let at = facts.monitoring.lastBlindAt else {
            return .expired("it was in an earlier boot; what was lost stays lost")
        }
        if facts.now.monotonic - at.monotonic >= configuration.blindWindowShown {
            return .expired(
                "no further entries were lost for \(configuration.blindWindowShown.brief); what was lost stays lost"
            )
        }
        let what =
            "\(window.entries.map { "\($0) entries" } ?? "some entries")\(window.unit.map { " of \($0)" } ?? "") could not be seen (\(window.reason.rawValue))"
        return finding(
            .blindWindow, .info, since: at, "part of the journal could not be seen", what + ".",
            hurts: "What these entries said is not part of any diagnosis.",
            evidence: Evidence(at: at.wall, source: .daemon, summary: what),
            steps: [NextStep("see what journald says about it", "journalctl -u systemd-journald -n 20")],
            clears:
                "nothing more was lost for \(configuration.blindWindowShown.brief); what was lost stays lost")
    }
}
