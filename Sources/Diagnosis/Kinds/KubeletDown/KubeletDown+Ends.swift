// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Words for what says only how it ended.
extension KubeletCase {
    func endWords(_ fall: Fall) -> Words {
        let exit = fall.exit
        let said = fall.fatal.map { " It said: \($0.text.clause(400))" } ?? ""
        switch fall.cause {
        case .oomKilled:
            return Words(
                sentence: "\(name) was killed: out of memory",
                explanation: "The kernel's OOM killer killed the kubelet.",
                steps: [NextStep("see what used the memory", "journalctl -k -g 'oom|Killed process' -n 40")])
        case .watchdogTimeout:
            return Words(
                sentence: "\(name) was killed by systemd: its watchdog expired",
                explanation: "It stopped reporting to systemd's watchdog, which takes that for a hang.")
        case .binaryMissing:
            let path = fall.also?.captures["path"] ?? unit.state?.execStart ?? "its binary"
            return Words(
                sentence:
                    "\(name) does not start: \(path) \(fall.also == nil ? "cannot be executed" : "is not there")",
                explanation: "systemd could not execute \(path) for \(unit.name) (exit status 203/EXEC).",
                steps: [NextStep("see what the unit wants to run", "systemctl cat \(unit.name)")])
        case .binaryUnusable:
            let line = fall.also ?? fall.fatal
            return Words(
                sentence: "\(name) does not start: its binary cannot run on this node",
                explanation: "Starting it failed with: \((line?.text ?? "").clause(400))",
                steps: [
                    NextStep("see what it is built for", "file -L /usr/bin/kubelet"),
                    NextStep("see this node's architecture", "uname -m"),
                ])
        case .crashed:
            let how = exit.map { $0.code == "exited" ? "" : " (\(UnixSignal.name($0.status)))" } ?? ""
            let line = fall.fatal ?? fall.also
            return Words(
                sentence: "\(name) crashed\(how)",
                explanation: line.map { "It panicked: \($0.text.clause(400))" }
                    ?? "Its main process crashed.")
        case .killed:
            let signal = exit.map { UnixSignal.name($0.status) } ?? "a signal"
            return Words(
                sentence: "\(name) was killed (\(signal))",
                explanation: "Somebody or something sent \(signal) to the main process of \(unit.name).")
        case .crashLooping:
            let status =
                exit.map {
                    $0.code == "exited"
                        ? "exiting with status \($0.status)" : "dying (\(UnixSignal.name($0.status)))"
                } ?? "ending"
            return Words(
                sentence: "\(name) keeps \(status)",
                explanation: "systemd has started it \(attempts) times without success.\(said)",
                steps: ownLog(fall))
        default:
            return Words(
                sentence: endSentence(fall), explanation: endExplanation(fall) + said, steps: ownLog(fall))
        }
    }

    private func endSentence(_ fall: Fall) -> String {
        switch fall.cause {
        case .addressInUse:
            "\(name) does not start: \(fall.fatal?.captures["address"] ?? "its address") is already in use"
        case .diskFull: "\(name) does not start: no space is left where it writes"
        case .pathUnusable:
            "\(name) does not start: \(fall.fatal?.captures["path"] ?? "a directory that it needs") cannot be used"
        default:
            setupFailure(fall).map { "\(name) does not start: systemd cannot \($0)" }
                ?? (refusal(fall) == "resources" ? "\(name) does not start: systemd could not start it" : nil)
                ?? fall.exit.map {
                    "\(name) exited with status \($0.status)"
                } ?? "\(name) ended by itself"
        }
    }

    /// What systemd could not set up for it.
    private func setupFailure(_ fall: Fall) -> String? {
        guard fall.fatal == nil, let exit = fall.exit, exit.code == "exited" else { return nil }
        return SetupStatus.failure(exit.status)
    }

    /// systemd's result where it tells of no exit status: "resources" is a unit of which nothing ran, "protocol" one that ended
    /// without having said that it is ready.
    private func refusal(_ fall: Fall) -> String? {
        fall.exit == nil && fall.fatal == nil && ["resources", "protocol"].contains(unit.result)
            ? unit.result : nil
    }

    private func endExplanation(_ fall: Fall) -> String {
        if let result = refusal(fall) { return "systemd reports Result=\(result) for \(unit.name)." }
        if setupFailure(fall) != nil { return SetupStatus.explanation("the kubelet") }
        if let log = Self.logFile(subject) {
            return "\(subject) runs the kubelet as a child, which ended; what it said is in \(log)."
        }
        return fall.exit == nil
            ? "Its own last words say so." : "The main process of \(unit.name) ended by itself."
    }

    private func ownLog(_ fall: Fall) -> [NextStep] {
        if let address = fall.fatal?.captures["address"], let colon = address.lastIndex(of: ":") {
            return [
                NextStep(
                    "see who holds it",
                    "ss -tlnp 'sport = :\(digits: String(address[address.index(after: colon)...]))'")
            ]
        }
        return Self.logFile(subject).map { [NextStep("read the kubelet's own log", "tail -n 50 \($0)")] }
            ?? []
    }

    /// Where a program that runs the kubelet as a child lets it log (rke2 `pkg/cli/defaults`).
    private static func logFile(_ subject: String) -> String? {
        subject.hasPrefix("rke2") ? "/var/lib/rancher/rke2/agent/logs/kubelet.log" : nil
    }
}
