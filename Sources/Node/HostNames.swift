// SPDX-License-Identifier: Apache-2.0

/// The names that this node is known by, from files alone: no name server is asked.
public enum HostNames {
    /// Most bytes of a file that are read.
    private static let fileLimit = 64 << 10
    /// Most names.
    private static let limit = 64

    /// gethostname(2), its first label, that label in the domains of resolv.conf(5), and what hosts(5) has beside one of
    /// these. In lower case, without a dot at the end.
    public static func own(root: String = "/") -> [String] {
        own(root: root, hostname: BootIdentity.current(root: root).hostname)
    }

    static func own(root: String, hostname: String) -> [String] {
        let files = Files(root: root)
        let hostname = normal(hostname)
        guard let label = hostname.split(separator: ".").first.map(String.init), label != "localhost"
        else {
            return []
        }
        var names = [hostname, label]
        let resolver = files.text("/etc/resolv.conf", limit: fileLimit) ?? ""
        names += domains(resolver).map { "\(label).\($0)" }
        for line in (files.text("/etc/hosts", limit: fileLimit) ?? "").split(separator: "\n") {
            // The first word is the address.
            let listed = words(line).dropFirst().map(normal)
            if listed.contains(where: names.contains) { names += listed }
        }
        var seen: Set<String> = []
        return Array(names.filter { !$0.isEmpty && seen.insert($0).inserted }.prefix(limit))
    }

    /// Of the last `search` or `domain` line: the resolver takes that one.
    private static func domains(_ text: String) -> [String] {
        let lines = text.split(separator: "\n").map(words)
        let last = lines.last { $0.first == "search" || $0.first == "domain" } ?? []
        return last.dropFirst().map(normal).filter { !$0.isEmpty }
    }

    /// Up to a comment.
    private static func words(_ line: Substring) -> [Substring] {
        line.prefix { $0 != "#" && $0 != ";" }.split { $0 == " " || $0 == "\t" || $0 == "\r" }
    }

    private static func normal(_ name: some StringProtocol) -> String {
        let lower = name.lowercased()
        return lower.hasSuffix(".") ? String(lower.dropLast()) : lower
    }
}
