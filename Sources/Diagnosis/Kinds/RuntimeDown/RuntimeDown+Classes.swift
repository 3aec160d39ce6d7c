// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Causes that the runtime's own last words tell, whichever rule framed them; see `class-runtime-start.toml`.
extension RuntimeCase<RuntimeDown> {
    /// Signals that are a runtime's last words.
    private static var lastWordsOfRuntime: [SignalName] { [.runtimeFatal, .configInvalid, .crashed] }

    /// Of its last words since then those whose cause is nearest to the root; of several the latest.
    func classifiedWords(from: MonotonicTime) -> Signal? {
        Self.lastWordsOfRuntime.flatMap { facts.signals.all($0, unit: unit.name, since: from) }
            .filter { Self.cause(of: $0) != nil }
            .max { (Self.rank($0), $0.at.monotonic) < (Self.rank($1), $1.at.monotonic) }
    }

    private static func cause(of signal: Signal) -> Cause? {
        if signal.kind == .runtimeDown, let cause = signal.cause { return cause }
        return signal.name == .configInvalid ? .configInvalid : nil
    }

    private static func rank(_ signal: Signal) -> Int {
        cause(of: signal).map { Rank.order($0, of: .runtimeDown) } ?? 0
    }

    /// What its last words since then, or a command before it, say.
    func classified(from: MonotonicTime) -> Fall? {
        if let exit = unit.exit, exit.isControl, exit.at.monotonic >= from { return startPreFailed(exit) }
        if let line = classifiedWords(from: from), let cause = Self.cause(of: line) {
            return fall(cause, line)
        }
        if let line = facts.signals.binaryFailure(of: unit, since: from) {
            return line.name == .binaryMissing ? binaryMissing(line) : fall(.binaryUnusable, line)
        }
        if let line = facts.signals.last(.embeddedRuntimeEnded, unit: unit.name, since: from) {
            return fall(.embeddedRuntimeExited, line)
        }
        return nil
    }

    /// containerd stays up without its database, and with it without images, containers and CRI: what refuses CRI follows
    /// from that.
    var withoutDatabase: Finding? {
        guard runtime.api.service.v1 != nil, let line = damagedDatabase else { return nil }
        return findingSpoken(fall(.databaseCorrupt, line))
    }

    func fall(_ cause: Cause, _ line: Signal) -> Fall {
        let words = words(cause, line)
        return Fall(
            cause: cause, sentence: words.sentence, explanation: words.explanation, proof: line,
            steps: words.steps)
    }

    /// A cause in words.
    struct StartWords {
        var sentence: String
        var explanation: String
        var steps: [NextStep] = []
    }

    private func words(_ cause: Cause, _ line: Signal) -> StartWords {
        switch cause {
        case .databaseCorrupt: databaseWords(line)
        case .binaryUnusable: unusableWords(line)
        case .binaryMissing: helperWords(line)
        case .pathUnusable: pathWords(line)
        case .securityProfileMissing: profileWords(line)
        case .addressNotAvailable, .networkNotUp: networkWords(cause, line)
        case .kernelFeatureMissing: featureWords(line)
        case .embeddedRuntimeExited: embeddedWords(line)
        case .engineIncompatible: engineWords(line)
        case .diskFull: spaceWords(line)
        case .stateLocked: lockWords(line)
        default: configWords(line)
        }
    }

    private func said(_ line: Signal) -> String { "It said: \(line.text.clause(400))" }

    private func databaseWords(_ line: Signal) -> StartWords {
        let path = databasePath, directory = path.dropLast(8)
        return StartWords(
            sentence:
                "\(name) \(unit.isRunning ? "runs without CRI" : "does not start"): its database is damaged",
            explanation:
                "\(said(line)) Its bbolt database, by default meta.db in \(directory), holds the names of all images, containers and snapshots; an unclean shutdown can damage it.",
            steps: [
                NextStep("see the file, and when it was written last", "ls -l \(path)"),
                NextStep("see whether the disk is at fault", "journalctl -k -p err -n 40"),
                NextStep(
                    "with \(unit.name) stopped, move it away: \(name) forgets all images, containers and snapshots; pods are recreated and images pulled again",
                    "mv \(path) \(path).bad"),
            ])
    }

    /// Where the runtime's database is by its distribution's settings.
    private var databasePath: String {
        let file = "/io.containerd.metadata.v1.bolt/meta.db"
        let root: String
        switch unit.name {
        case let name where name.hasPrefix("k3s"): root = "/var/lib/rancher/k3s/agent/containerd"
        case let name where name.hasPrefix("rke2"): root = "/var/lib/rancher/rke2/agent/containerd"
        case let name where name.hasPrefix("k0s"): root = "/var/lib/k0s/containerd"
        case let name where name.hasPrefix("snap.microk8s."):
            root = "/var/snap/microk8s/common/var/lib/containerd"
        case "docker.service": root = "/var/lib/docker/containerd/daemon"
        default: root = "/var/lib/containerd"
        }
        return root + file
    }

    private func unusableWords(_ line: Signal) -> StartWords {
        let path = line.captures["path"] ?? unit.state?.execStart ?? "/usr/bin/\(binaryName)"
        return StartWords(
            sentence: "\(name) does not start: its binary cannot run on this node",
            explanation: "Starting it failed with: \(line.excerpt.clause(400))",
            steps: [
                NextStep("see which libraries it finds", "ldd \(path)"),
                NextStep("see what it is built for", "file -L \(path)"),
                NextStep("see this node's architecture", "uname -m"),
            ])
    }

    var binaryName: String {
        if unit.name == "docker.service" { return "dockerd" }
        return RuntimeBinaries.name(of: runtime.endpoint.runtime) ?? "containerd"
    }

    private func helperWords(_ line: Signal) -> StartWords {
        let path = line.captures["path"] ?? "a program"
        let handler = line.captures["handler"].map { " (handler \($0.bounded(60)))" } ?? ""
        return StartWords(
            sentence: "\(name) does not start: \(path.bounded(200))\(handler) is not there",
            explanation: "Its configuration names a program that is not on this node. \(said(line))",
            steps: [
                NextStep(
                    "see whether it is there", path.hasPrefix("/") ? "ls -l \(path)" : "command -v \(path)"),
                NextStep("see which file names it", "grep -rn -F \(path) \(configDirectory)"),
            ])
    }

    private var configDirectory: String {
        if unit.name == "docker.service" { return "/etc/docker" }
        return runtime.endpoint.runtime == .crio ? "/etc/crio" : "/etc/containerd"
    }

    private func pathWords(_ line: Signal) -> StartWords {
        let path = line.captures["path"], errno = line.captures["errno"].map { ": \($0.bounded(80))" } ?? ""
        let isDamaged = ["bad message", "needs cleaning", "input/output error"].contains {
            errno.contains($0)
        }
        return StartWords(
            sentence:
                "\(name) does not start: it cannot use \(path?.bounded(200) ?? "a path that it needs")\(errno)",
            explanation: said(line)
                + (isDamaged
                    ? " That is an error of the file system, or of the disk below it."
                    : " That is a path, not its configuration."),
            steps: path.map {
                [
                    NextStep("see what is there (a dangling link?)", "ls -ld \($0) \(directory(of: $0))"),
                    NextStep("see whether its file system is writable", "findmnt -T \(directory(of: $0))"),
                ]
                    + (isDamaged
                        ? [NextStep("see what the kernel says of it", "journalctl -k -p err -n 40")] : [])
            } ?? [])
    }

    private func profileWords(_ line: Signal) -> StartWords {
        let what = line.captures["what"] ?? "security"
        let profile = line.captures["profile"].map { " \($0.bounded(120))" } ?? ""
        let steps: [NextStep] =
            switch what {
            case "AppArmor": [NextStep("see which profiles are loaded", "aa-status")]
            case "SELinux": [NextStep("see the policy", "getenforce")]
            default:
                line.captures["profile"].map { [NextStep("see whether it is there", "ls -l \($0)")] } ?? []
            }
        return StartWords(
            sentence:
                "\(name) does not start: the \(what) profile\(profile) cannot be loaded or is not loaded",
            explanation: said(line),
            steps: steps + [NextStep("see which file names it", "grep -rn -i profile \(configDirectory)")])
    }

    private func networkWords(_ cause: Cause, _ line: Signal) -> StartWords {
        let address = line.captures["address"]?.bounded(100)
        return StartWords(
            sentence: cause == .networkNotUp
                ? "\(name) does not start: this node has no default route"
                : "\(name) does not start: \(address ?? "an address that it must listen on") is not on this node",
            explanation:
                "\(said(line)) At boot that is usual when it starts before the network: order it after network-online.target.",
            steps: [
                NextStep("see the addresses", "ip -brief address"), NextStep("see the routes", "ip route"),
                NextStep("see what it is ordered after", "systemctl show -p After,Wants \(unit.name)"),
            ])
    }

    private func featureWords(_ line: Signal) -> StartWords {
        let what = line.captures["feature"].map { " (\($0.bounded(80)))" } ?? ""
        return StartWords(
            sentence: "\(name) does not start: the kernel lacks what it needs\(what)",
            explanation:
                "\(said(line)) A module, a sysctl, a controller or a file system is missing or set differently.",
            steps: [
                NextStep("see which kernel runs", "uname -r"),
                NextStep("see which file systems it has", "cat /proc/filesystems"),
                NextStep("see which controllers it has", "cat /proc/cgroups"),
            ])
    }

    private func engineWords(_ line: Signal) -> StartWords {
        let client = line.captures["client"]?.bounded(20), engine = line.captures["engine"]?.bounded(20)
        return StartWords(
            sentence: "\(name) does not start: it and Docker Engine share no API version",
            explanation:
                "\(said(line)) \(client.map { "It speaks \($0)" } ?? "It")\(engine.map { "; the engine wants \($0)" } ?? " is refused by the engine").",
            steps: [
                NextStep("see the engine's versions", "docker version"),
                NextStep("see cri-dockerd's", "cri-dockerd --version"),
            ])
    }

    private func spaceWords(_ line: Signal) -> StartWords {
        StartWords(
            sentence: "\(name) does not run: no space is left where it writes", explanation: said(line),
            steps: line.captures["path"].map {
                [NextStep("see how full it is", "df -h \(directory(of: $0))")]
            } ?? [])
    }

    private func lockWords(_ line: Signal) -> StartWords {
        StartWords(
            sentence: "\(name) does not start: another instance seems to run", explanation: said(line),
            steps: [NextStep("see whether one runs", "pgrep -a \(binaryName)")])
    }

    private func configWords(_ line: Signal) -> StartWords {
        let file = line.captures["file"]
        return StartWords(
            sentence: "\(name) does not start: its configuration is invalid",
            explanation:
                "\(name) refuses \(file ?? "its configuration"): \((line.captures["reason"] ?? line.text).clause(400))",
            steps: [
                file.map { NextStep("see the file, and when it was changed", "ls -l \($0)") }
                    ?? NextStep("see what was changed last", "ls -lt \(configDirectory)")
            ] + check)
    }

    /// How to read the configuration without a start, where there is a way that reads it as the start does.
    private var check: [NextStep] {
        if unit.name == "docker.service" { return [NextStep("check it by hand", "dockerd --validate")] }
        guard runtime.endpoint.runtime == .containerd, unit.name == "containerd.service" else { return [] }
        return [NextStep("check it by hand", "containerd config dump >/dev/null")]
    }
}
