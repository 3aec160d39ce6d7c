// SPDX-License-Identifier: Apache-2.0

/// What a package file brings, as far as a node's containers rest on it.
public struct UpgradePackage: Hashable, Sendable {
    /// Whose rules hold for files that were edited.
    public enum Manager: String, Hashable, Sendable {
        /// Of a `.deb`.
        case dpkg
        /// Of an `.rpm`.
        case rpm
    }

    /// A configuration file of its own.
    public struct Configuration: Hashable, Sendable {
        /// Absolute path.
        public var path: String
        /// Size in bytes.
        public var size: Int
        /// Whether an edited one stays in its place: always so with dpkg, with rpm by `%config(noreplace)`.
        public var isKept: Bool

        /// Makes one.
        public init(path: String, size: Int, isKept: Bool) {
            self.path = path
            self.size = size
            self.isKept = isKept
        }
    }

    /// The file, as it was named.
    public var file: String
    /// Who installs it.
    public var manager: Manager
    /// `containerd.io`.
    public var name: String
    /// Upstream's version with what the distribution added, without an epoch: `1.6.20~ds1-1+deb12u3`.
    public var version: String
    /// Absolute paths of its programs, its units, its CNI files and its files of CRI-O: those of ``wants(_:)``.
    public var paths: [String] = []
    /// What is in files of ``wantsText(of:)``, by path.
    public var texts: [String: String] = [:]
    /// Its configuration files.
    public var configurations: [Configuration] = []
    /// Units that its script restarts when it is installed over an earlier version.
    public var restarts: [String] = []

    /// Most paths, most texts, and the largest text in bytes.
    public static let (pathLimit, textLimit, textSize) = (256, 64, 256 << 10)

    /// Makes a package that brings nothing yet.
    public init(file: String, manager: Manager, name: String, version: String) {
        self.file = file
        self.manager = manager
        self.name = name
        self.version = version
    }

    private static let programs: Set<String> = [
        "containerd", "crio", "cri-dockerd", "kubelet", "runc", "crun", "conmon", "crio-crun", "crio-runc",
        "crio-conmon",
    ]

    /// Whether a path says anything of a node's containers.
    public static func wants(_ path: String) -> Bool {
        wantsText(of: path) || path.hasPrefix("/etc/cni/net.d/")
            || programs.contains(last(path)) && isProgram(path)
    }

    /// Whether what is in the file does so.
    public static func wantsText(of path: String) -> Bool { isUnit(path) || path.hasPrefix("/etc/crio/") }

    private static func isUnit(_ path: String) -> Bool {
        path.contains("/systemd/system/") && path.hasSuffix(".service")
    }

    /// Whether it is where programs are: settings and shells' completions have their names, too.
    private static func isProgram(_ path: String) -> Bool {
        guard !path.hasPrefix("/etc/"), !path.hasPrefix("/usr/share/") else { return false }
        let folders = path.split(separator: "/").dropLast()
        return folders.last == "bin" || folders.last == "sbin" || folders.contains("libexec")
    }

    private static func last(_ path: String) -> String { String(path.split(separator: "/").last ?? "") }

    // MARK: What it is

    /// One of ``UpgradeTarget/components``; nil: another program's.
    public var component: String? {
        let names = [
            "containerd": "containerd", "containerd.io": "containerd", "cri-o": "cri-o", "crio": "cri-o",
            "cri-dockerd": "cri-dockerd", "crun": "crun", "runc": "runc", "cri-o-runc": "runc",
            "kubelet": "kubelet",
        ]
        if let known = names[name] { return known }
        // cri-o-1.24 and cri-o1.30: one package for each line.
        guard name.hasPrefix("cri-o") else { return nil }
        let rest = name.dropFirst(5).drop { $0 == "-" }
        return !rest.isEmpty && rest.allSatisfy { $0 == "." || $0.isASCII && $0.isNumber } ? "cri-o" : nil
    }

    /// What it makes of its component; nil: nothing that can be compared.
    public var target: UpgradeTarget? { component.flatMap { UpgradeTarget("\($0)=\(version)") } }

    // MARK: What it brings

    /// /bin, /sbin and /lib are links to those below /usr.
    static func canonical(_ path: String) -> String {
        ["/bin/", "/sbin/", "/lib/"].contains(where: path.hasPrefix) ? "/usr" + path : path
    }

    /// Its programs of that name, where they come to be. CRI-O's packages call theirs `crio-crun`.
    func programs(named name: String) -> [String] {
        paths.filter { [name, "crio-" + name].contains(Self.last($0)) && Self.isProgram($0) }
            .map(Self.canonical)
    }

    /// Whether an edited file of that path stays when the package is installed.
    func keeps(_ path: String) -> Bool { configurations.contains { $0.path == path && $0.isKept } }

    /// Its file of that unit: where it is, and what it starts.
    func unit(_ name: String) -> (path: String, starts: String?)? {
        guard let path = texts.keys.sorted().first(where: { $0.hasSuffix("/systemd/system/\(name)") }) else {
            return nil
        }
        let lines = texts[path]?.split(separator: "\n") ?? []
        let start = lines.last { $0.hasPrefix("ExecStart=/") || $0.hasPrefix("ExecStart=-/") }
        let words = start.map { $0.drop { $0 != "/" }.split(separator: " ") }
        return (path, words?.first.map { Self.canonical(String($0)) })
    }
}
