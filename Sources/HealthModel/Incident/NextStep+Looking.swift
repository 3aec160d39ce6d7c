// SPDX-License-Identifier: Apache-2.0
extension NextStep {
    /// Whether its command only looks, and leaves the node as it is. A command that is not known to look counts as one
    /// that changes something: it is the one that must not be missed.
    public var onlyLooks: Bool {
        command.split(whereSeparator: { ";|&".contains($0) }).allSatisfy(Self.looks) && !writes
    }

    /// Whether it sends its output to a file.
    private var writes: Bool {
        command.split(separator: ">").dropFirst().contains { target in
            !target.drop { $0 == " " }.hasPrefix("/dev/null")
        }
    }

    private static func looks(_ part: Substring) -> Bool {
        var words = part.split(separator: " ")[...]
        if words.first == "sudo" { words = words.dropFirst() }
        guard let tool = words.first.map({ $0.split(separator: "/").last ?? $0 }) else { return true }
        if lookers.contains(tool) { return !words.contains("-delete") }
        guard let verbs = verbs[tool] else { return false }
        return words.dropFirst().contains { verbs.contains($0) }
    }

    private static let lookers: Set<Substring> = [
        "apt-cache", "ausearch", "cat", "command", "coredumpctl", "crihealthd", "curl", "df", "dig", "dmesg",
        "du",
        "file", "find", "findmnt", "free", "getent", "grep", "head", "journalctl", "ls", "lsblk", "lsof",
        "nslookup", "pgrep", "ps", "readlink", "smartctl", "sort", "ss", "stat", "tail", "test",
        "timedatectl",
        "top", "wc",
    ]

    /// Tools that look with these words, and do something else with others.
    private static let verbs: [Substring: Set<Substring>] = [
        "containerd": ["dump", "--version"], "crio": ["config", "status", "--version", "version"],
        "crictl": [
            "pods", "ps", "images", "info", "version", "--version", "inspect", "inspecti", "inspectp", "logs",
            "stats", "imagefsinfo",
        ],
        "crun": ["list", "state", "--version"], "ctr": ["ls", "list", "info", "check", "version"],
        "dnf": ["list", "info", "history"], "dpkg": ["-S", "-l", "-s", "--verify"],
        "ip": ["-br", "show", "link", "addr", "route"], "kubectl": ["get", "describe", "logs"],
        "openssl": ["x509", "s_client"], "resolvectl": ["query", "status"],
        "rpm": ["-q", "-qf", "-qa", "-V"], "runc": ["list", "state", "--version"],
        "swapon": ["--show"],
        "systemctl": [
            "cat", "show", "status", "is-active", "is-enabled", "is-failed", "list-dependencies",
            "list-units",
        ],
    ]
}
