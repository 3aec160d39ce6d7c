// SPDX-License-Identifier: Apache-2.0
public import HealthModel

/// What package managers write down of their work. Text in, values out: bounded and linear, and what is not understood is
/// passed over.
public enum PackageLog: Hashable, Sendable, CaseIterable {
    /// `/var/log/dpkg.log`.
    case dpkg
    /// `/var/log/apt/history.log`.
    case apt
    /// `/var/log/dnf.rpm.log` (dnf 4).
    case dnf
    /// What `rpm -qa --last` prints.
    case rpmLast

    /// Turns a local time, read as if it were UTC, into the instant. dpkg and apt write no zone.
    public typealias Zone = (WallTime) -> WallTime

    /// What one text tells.
    public struct Content: Hashable, Sendable {
        /// In the order of time; packages that containers do not rest on are counted.
        public var changes: [Change]
        /// Runs of apt.
        public var runs: [PackageRun]
    }

    /// Longest line that is looked at, in bytes; apt writes a whole upgrade into one.
    private static let lineLimit = 256 << 10
    /// Most packages of one text.
    static let packageLimit = 200_000

    /// Which log a text is of, by its first lines; nil: none that is known.
    public static func detect(_ head: [UInt8]) -> PackageLog? {
        var looked = 0
        for line in head.split(separator: UInt8(ascii: "\n")) where !line.isEmpty {
            let text = String(decoding: line.prefix(512), as: UTF8.self)
            if DpkgLine(text) != nil { return .dpkg }
            if text.hasPrefix("Start-Date: ") { return .apt }
            if DNFLine(text) != nil { return .dnf }
            if RPMLastLine(text) != nil { return .rpmLast }
            looked += 1
            if looked == 4 { break }
        }
        return nil
    }

    /// Whether a text is such a log and nothing else, by its first lines: of one with other lines among them, those tell more.
    public static func isAlone(_ head: [UInt8]) -> Bool {
        guard let log = detect(head) else { return false }
        // The last one may be cut off.
        let lines = head.split(separator: UInt8(ascii: "\n")).prefix(20)
        return lines.enumerated().allSatisfy { place, line in
            let text = String(decoding: line.prefix(512), as: UTF8.self)
            return place > 0 && place == lines.count - 1 && lines.count < 20 || log.owns(text)
        }
    }

    private func owns(_ line: String) -> Bool {
        switch self {
        case .dpkg: DpkgLine(line) != nil
        case .apt: Self.aptFields.contains(where: line.hasPrefix)
        // Warnings of any form stand between.
        case .dnf:
            DNFLine(line) != nil
                || line.first?.isNumber == true && line.utf8.prefix(24).contains(UInt8(ascii: "T"))
        case .rpmLast: RPMLastLine(line) != nil
        }
    }

    /// apt `apt-pkg/deb/dpkgpm.cc` (1.0 to 2.9).
    private static let aptFields = [
        "Start-Date: ", "Commandline: ", "Comment: ", "Requested-By: ", "Install: ", "Upgrade: ",
        "Downgrade: ",
        "Remove: ", "Purge: ", "Reinstall: ", "Error: ", "End-Date: ",
    ]

    /// Reads a text; of what was before `earliest` nothing is told.
    public func read(_ bytes: [UInt8], since earliest: WallTime? = nil, zone: Zone = { $0 }) -> Content {
        var packages: [PackageEvent] = []
        var runs: [PackageRun] = []
        var (apt, dnf) = (AptHistory(), DNFHistory())
        for line in bytes.split(separator: UInt8(ascii: "\n")) where line.count <= Self.lineLimit {
            guard max(packages.count, dnf.packages.count) < Self.packageLimit else { break }
            let text = String(decoding: line, as: UTF8.self)
            switch self {
            case .dpkg:
                guard let found = DpkgLine(text), let event = found.event else { continue }
                packages.append(event.moved(zone))
            case .apt: apt.take(text, zone)
            case .dnf: if let found = DNFLine(text) { dnf.take(found) }
            case .rpmLast: if let found = RPMLastLine(text) { packages.append(found.event(zone)) }
            }
        }
        if self == .apt { (packages, runs) = apt.finish() }
        packages += dnf.packages
        var changes = PackageEvent.changes(packages, source: source)
        if let earliest {
            changes.removeAll { $0.at < earliest }
            runs.removeAll { ($0.to ?? $0.from) < earliest }
        }
        return Content(changes: changes, runs: runs)
    }

    private var source: Change.Source {
        switch self {
        case .dpkg: .dpkg
        case .apt: .apt
        case .dnf: .dnf
        case .rpmLast: .rpm
        }
    }
}

/// One package, as one line tells of it.
struct PackageEvent: Hashable {
    var at: WallTime
    var name: String
    var from: String?
    var to: String?
    var by: String?
    /// A list of what is installed does not tell what was before.
    var isOfList = false

    func moved(_ zone: PackageLog.Zone) -> PackageEvent {
        var event = self
        event.at = zone(at)
        return event
    }

    /// Packages that matter one by one, the others counted for each run of the package manager: one that pauses for two
    /// minutes is over.
    static func changes(_ events: [PackageEvent], source: Change.Source) -> [Change] {
        var changes: [Change] = []
        var seen: Set<Change> = []
        var others: (at: WallTime, last: WallTime, names: Set<String>, by: String?)?
        func close() {
            guard let found = others else { return }
            let count = found.names.count
            changes.append(
                Change(
                    at: found.at, what: .otherPackages,
                    subject: count == 1 ? "1 other package" : "\(count) other packages", action: .changed,
                    by: found.by, source: source))
            others = nil
        }
        for event in events.sorted(by: { $0.at < $1.at }) {
            if PackageNames.matters(event.name) {
                let action: Change.Action =
                    event.isOfList
                    ? .changed : event.to == nil ? .removed : event.from == nil ? .added : .changed
                let change = Change(
                    at: event.at, what: .package, subject: event.name, action: action, from: event.from,
                    to: event.to, by: event.by, source: source)
                if seen.insert(change).inserted { changes.append(change) }
                continue
            }
            if let open = others, event.at - open.last > .seconds(120) || open.by != event.by { close() }
            if others == nil { others = (event.at, event.at, [], event.by) }
            others?.last = event.at
            others?.names.insert(event.name)
        }
        close()
        return changes.sorted { $0.at < $1.at }
    }
}

/// Which packages a node's containers rest on.
enum PackageNames {
    private static let whole: Set<String> = [
        "containerd", "containerd.io", "moby-containerd", "runc", "moby-runc", "crun", "crun-wasm", "youki",
        "kata-containers", "gvisor", "runsc", "cri-o", "cri-o-runc", "cri-tools", "conmon", "conmon-rs",
        "docker-ce", "docker.io", "docker-ce-rootless-extras", "moby-engine", "cri-dockerd", "kubelet",
        "kubeadm", "kubernetes-cni", "containernetworking-plugins", "containers-common",
        "golang-github-containers-common", "golang-github-containers-image", "container-selinux",
        "nvidia-container-toolkit", "nvidia-container-runtime", "systemd", "systemd-resolved", "dbus",
        "libseccomp2", "libseccomp", "apparmor", "iptables", "iptables-nft", "nftables", "k3s",
        "k3s-selinux", "rke2-server", "rke2-agent", "rke2-selinux", "microshift", "crihealthd",
    ]
    private static let beginnings = [
        "linux-image-", "linux-modules-", "kernel-core", "kernel-default", "kernel-modules-core",
        "openshift-kubelet", "kubernetes1.", "kubernetes-kubelet", "kubernetes-node",
    ]

    static func matters(_ name: String) -> Bool {
        whole.contains(name) || name == "kernel" || beginnings.contains { name.hasPrefix($0) }
    }
}
