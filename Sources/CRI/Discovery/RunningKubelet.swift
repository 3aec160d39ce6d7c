/// The kubelet that runs on this node: what systemd's control group of its unit holds.
struct RunningKubelet {
    /// A command line, as the kernel keeps it.
    struct Arguments: Hashable, Sendable {
        var words: [String]

        /// The value of `--name VALUE` or `--name=VALUE` (one dash does as well); the last one counts.
        func flag(_ name: String) -> String? {
            var value: String?
            for (index, word) in words.enumerated() where word.hasPrefix("-") {
                let bare = word.drop { $0 == "-" }
                if bare == name, index + 1 < words.count { value = words[index + 1] }
                if bare.hasPrefix(name + "=") { value = String(bare.dropFirst(name.count + 1)) }
            }
            return value
        }
    }

    /// cgroup v2; the named hierarchy of v1, and of both together.
    private static let groups = [
        "/sys/fs/cgroup/system.slice/kubelet.service/cgroup.procs",
        "/sys/fs/cgroup/systemd/system.slice/kubelet.service/cgroup.procs",
        "/sys/fs/cgroup/unified/system.slice/kubelet.service/cgroup.procs",
    ]

    /// Below which everything is looked up, without a slash at its end.
    let root: String

    /// Its arguments; none where it does not run, or may not be looked at.
    var arguments: Arguments {
        for group in Self.groups {
            for pid in text(group, limit: 4096).split(separator: "\n").prefix(8)
            where pid.allSatisfy(\.isNumber) {
                let line = text("/proc/\(pid)/cmdline", limit: 64 << 10)
                let words = line.split(separator: "\0").map(String.init)
                if words.first?.split(separator: "/").last == "kubelet" { return Arguments(words: words) }
            }
        }
        return Arguments(words: [])
    }

    private func text(_ path: String, limit: Int) -> String {
        String(decoding: (try? System.contents(root + path, limit: limit)) ?? [], as: UTF8.self)
    }
}
