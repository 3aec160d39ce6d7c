// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What must hold for every command that the page proposes: right on this node, and safe when a fact is missing.
enum CommandCheck {
    /// What is wrong with these steps, in their order: each by itself, and one before the other.
    static func problems(in steps: [NextStep]) -> [String] {
        var found = steps.flatMap { step in problems(in: step.command).map { "\(step.command): \($0)" } }
        if let act = steps.firstIndex(where: { doesEnd($0.command) }),
            let look = steps.lastIndex(where: { onlyLooks($0.command) }), look > act
        {
            found.append("\(steps[act].command): it ends something before \(steps[look].command) has looked")
        }
        return found
    }

    /// What is wrong with a command by itself.
    static func problems(in command: String) -> [String] {
        guard let calls = calls(command) else { return ["a quote is not closed"] }
        var found: [String] = []
        if hasSubstitution(command) { found.append("a substitution may be empty, or 0") }
        if calls.isEmpty || calls.contains(where: \.isEmpty) { found.append("a part of it is empty") }
        for call in calls {
            guard let name = call.first else { continue }
            if !known.contains(name), !name.hasPrefix("/") {
                found.append("\(name): is it on every node? Then add it to the list")
            }
            found += problems(of: call)
        }
        return found
    }

    private static func problems(of call: [String]) -> [String] {
        switch call.first {
        case "crictl" where call.dropFirst() != ["--version"]:
            let socket = call.firstIndex(of: "--runtime-endpoint").map { call.dropFirst($0 + 1).first } ?? nil
            return socket.map { $0.hasPrefix("unix:///") || $0 == "SOCKET" } == true
                ? [] : ["the endpoint is not named"]
        case "kill":
            let pids = call.dropFirst().filter { !$0.hasPrefix("-") }
            let isSafe = !pids.isEmpty && pids.allSatisfy { $0 == "PID" || (Int32($0) ?? 0) > 1 }
            return isSafe && call.contains { $0.hasPrefix("-") }
                ? [] : ["it signals no process, all of them, or systemd"]
        case "systemctl" where call.contains("kill"):
            return call.contains("--kill-who=main") && call.contains("-s")
                ? [] : ["it signals a whole cgroup"]
        case "apt-get", "apt", "dnf", "yum":
            return ["what it would install is not known"]
        case "rm" where call.contains { $0.hasPrefix("-") && $0.contains("r") }:
            return ["it deletes a tree"]
        default: return []
        }
    }

    // MARK: What it does

    /// It ends processes, or deletes.
    static func doesEnd(_ command: String) -> Bool {
        (calls(command) ?? []).contains { call in
            switch call.first {
            case "kill": !call.contains("-CONT")
            case "systemctl":
                call.contains { ["restart", "stop", "reboot", "poweroff", "disable"].contains($0) }
                    || call.contains("kill") && !call.contains("USR1")
            case "crictl", "ctr":
                call.contains { ["stop", "stopp", "rm", "rmp", "rmi", "delete", "kill"].contains($0) }
            case "rm", "umount", "reboot": true
            case .some(let name) where name.hasPrefix("/"): call.contains("kill") || call.contains("delete")
            default: false
            }
        }
    }

    /// It changes nothing.
    static func onlyLooks(_ command: String) -> Bool {
        guard !doesEnd(command), let calls = calls(command), !command.contains(" > /") else { return false }
        return calls.allSatisfy { call in
            switch call.first {
            case "systemctl":
                call.contains { ["status", "show", "cat", "list-units", "list-dependencies"].contains($0) }
            case "kubectl": call.contains("get")
            case "kill", "modprobe", "mount", "printf", "swapoff": false
            case "sysctl": !call.contains("-w")
            default: true
            }
        }
    }

    // MARK: Reading

    private static let known: Set<String> = [
        "apt-cache", "awk", "cat", "chronyc", "command", "containerd", "coredumpctl", "crictl", "crihealthd",
        "crio", "crun", "ctr", "curl", "date", "df", "dig", "dmesg", "dpkg", "du", "file", "find", "findmnt",
        "getenforce", "getent", "grep", "head", "ip", "iptables", "iptables-save", "journalctl", "kill",
        "kubeadm", "kubectl", "kubelet", "ldd", "ls", "lsblk", "lsof", "modprobe", "mount", "mv", "nft",
        "openssl",
        "pgrep", "printf", "ps", "readlink", "resolvectl", "rm", "rpm", "runc", "sed", "sort", "ss", "stat",
        "swapoff", "swapon", "sysctl", "systemctl", "tail", "tc", "timedatectl", "tr", "umount", "uname",
        "uniq",
        "wc", "zcat", "skopeo", "smartctl", "aa-status", "ausearch", "apparmor_parser", "fuser", "id",
        "sha256sum", "docker", "dockerd", "cri-dockerd", "podman", "lsmod", "modinfo", "depmod", "busctl",
        "systemd-cgtop", "update-ca-certificates", "containerd-shim-runc-v2", "nvidia-smi",
    ]

    /// A dollar or a backquote that a shell would act on.
    private static func hasSubstitution(_ command: String) -> Bool {
        var isSingle = false
        for character in command {
            if character == "'" { isSingle.toggle() }
            if !isSingle, character == "$" || character == "`" { return true }
        }
        return false
    }

    /// The words of each command of a pipeline or a list, as POSIX sh splits them; nil for a quote without an end.
    static func calls(_ command: String) -> [[String]]? {
        var calls: [[String]] = [[]]
        var word: String?
        var quote: Character?
        var isEscaped = false
        func isEnd(_ c: Character) -> Bool { "|;&".contains(c) }
        for c in command {
            if isEscaped {
                word = (word ?? "") + String(c)
                isEscaped = false
            } else if let open = quote {
                if c == open { quote = nil } else { word = (word ?? "") + String(c) }
            } else if c == "\\" {
                isEscaped = true
            } else if c == "'" || c == "\"" {
                quote = c
                word = word ?? ""
            } else if c == "#", word == nil {
                break
            } else if c == " " || c == "\t" || isEnd(c) {
                if let done = word { calls[calls.count - 1].append(done) }
                word = nil
                if isEnd(c) { calls.append([]) }
            } else {
                word = (word ?? "") + String(c)
            }
        }
        guard quote == nil, !isEscaped else { return nil }
        if let done = word { calls[calls.count - 1].append(done) }
        // `&&` leaves an empty part between its two halves.
        if command.contains("&&") { calls.removeAll(where: \.isEmpty) }
        return calls
    }
}
