// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What the lines of `/proc/PID/cgroup` (cgroups(7)) tell: the systemd unit and the container.
struct CgroupMembership: Hashable {
    /// The unit, as sd_pid_get_unit(3) finds it: the first component that is no slice, if it is a unit's
    /// name.
    var unit: String?
    /// 64 hex digits.
    var containerID: String?

    /// Reads the unified hierarchy's line and `name=systemd`'s for the unit, all lines for the container:
    /// under the hybrid layout a process can have left one and not the other.
    init(_ text: String) {
        for line in text.split(whereSeparator: \.isNewline).prefix(64) {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            let components = fields[2].split(separator: "/")
            let isSystemd = fields[0] == "0" || fields[1] == "name=systemd"
            if isSystemd, unit == nil { unit = Self.unit(components) }
            if containerID == nil { containerID = Self.container(components) }
        }
    }

    private static let unitSuffixes = [".service", ".scope", ".socket", ".mount", ".swap"]

    private static func unit(_ components: [Substring]) -> String? {
        guard let first = components.first(where: { !$0.hasSuffix(".slice") }) else { return nil }
        // systemd escapes names that the kernel keeps for itself with an underscore.
        let name = first.hasPrefix("_") ? first.dropFirst() : first
        guard unitSuffixes.contains(where: { name.hasSuffix($0) }) else { return nil }
        return Text.excerpt(name, limit: 255)
    }

    /// The last component that names a container: `<id>` (cgroupfs driver), `cri-containerd-<id>.scope`,
    /// `crio-<id>.scope`, `docker-<id>.scope`, `slice:cri-containerd:<id>`. conmon's own scope is not the
    /// container's.
    private static func container(_ components: [Substring]) -> String? {
        for component in components.reversed() where !component.hasPrefix("crio-conmon-") {
            let name = component.hasSuffix(".scope") ? component.dropLast(6) : component
            let id = name.suffix(64)
            guard id.utf8.count == 64, id.utf8.allSatisfy(isLowerHex) else { continue }
            let before = name.dropLast(64).last
            if before == nil || before == "-" || before == ":" { return String(id) }
        }
        return nil
    }

    private static func isLowerHex(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
