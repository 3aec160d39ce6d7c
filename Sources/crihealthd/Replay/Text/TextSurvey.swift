// SPDX-License-Identifier: Apache-2.0
import CRI
import HealthModel

/// What a text is about: who speaks in it, and which runtimes it names.
struct TextSurvey {
    private static let socketLimit = 8
    private(set) var units: Set<String> = []
    /// Lines that a pager cut off.
    var cutLines = 0
    /// A row of `kubectl get pods` or `kubectl get nodes` stands in it.
    private var isList = false
    private(set) var hasKernel = false
    private(set) var hasManager = false
    private var sockets: [String] = []
    /// Grows with each fact that ``endpoints`` rests on.
    var size: Int {
        units.count + sockets.count + (runtime == nil ? 0 : 1) + (hasKernel ? 1 : 0) + (hasManager ? 1 : 0)
    }
    private var runtime: RuntimeName?
    /// When the earliest line was written.
    private var first: WallTime?

    /// Takes an entry in.
    mutating func take(_ entry: JournalEntry) {
        if entry.at.wall.microseconds >= TextClock.epochs {
            first = min(first ?? entry.at.wall, entry.at.wall)
        }
        if let unit = entry.unit, units.count < 4096 { units.insert(unit) }
        if entry.unit == BareSpeaker.nobody, !isList { isList = Self.isRow(entry.message) }
        if entry.source == .kernel { hasKernel = true }
        if entry.source == .manager { hasManager = true }
        guard entry.source == .unit, Self.isKubelet(entry.unit) || entry.unit == BareSpeaker.client else {
            return
        }
        note(entry.message)
    }

    /// Units that run a kubelet.
    static func isKubelet(_ unit: String?) -> Bool {
        guard let unit else { return false }
        return unit.contains("kubelet") || unit.contains("kubelite") || unit.hasPrefix("k3s")
            || unit.hasPrefix("rke2") || unit.hasPrefix("k0s")
    }

    private mutating func note(_ message: String) {
        guard sockets.count < Self.socketLimit, message.utf8.count > 8 else { return }
        if let mark = message.firstRange(of: "unix://") {
            let path = message[mark.upperBound...].prefix {
                $0.isLetter || $0.isNumber || "/._-".contains($0)
            }
            if path.hasPrefix("/"), path.hasSuffix(".sock"), !sockets.contains(String(path)) {
                sockets.append(String(path))
            }
        }
        guard runtime == nil else { return }
        for (mark, name) in Self.names where message.contains(mark) {
            runtime = name
            return
        }
    }

    /// How the kubelet names a runtime: a container's id, a sandbox, its own setting.
    private static let names: [(String, RuntimeName)] = [
        ("containerd://", .containerd), ("\"Type\":\"containerd\"", .containerd),
        ("containerRuntime=\"containerd\"", .containerd), ("cri-o://", .crio),
        ("\"Type\":\"cri-o\"", .crio), ("containerRuntime=\"cri-o\"", .crio),
    ]

    // MARK: Endpoints

    /// Runtimes as the text shows them: those that speak; else what the kubelet names; else one without a name, where
    /// there is something that one could be the subject of.
    var endpoints: [Endpoint] {
        let speaking = speaking
        if !speaking.isEmpty { return speaking }
        let named = sockets.compactMap { try? Endpoint(address: $0) }.filter { $0.runtime != .other }
        if !named.isEmpty { return Self.distinct(named) }
        guard hasKernel || hasManager || units.contains(where: Self.isKubelet) else { return [] }
        return [Endpoint(socketPath: "", runtime: runtime ?? .other, unit: nil)]
    }

    /// Whether nothing in it is known to be a log's.
    var isNobodys: Bool { units == [BareSpeaker.nobody] && first == nil && !hasKernel && !hasManager }

    /// What to bring instead of a list of pods or nodes; nil where there is more than that.
    var listHint: String? {
        guard isList, isNobodys else { return nil }
        return
            "it is a list as kubectl get prints it, which tells that something fails, and not why; bring what"
            + " kubectl describe prints of one of them, or that node's journal: journalctl -b -o export"
    }

    /// The head of such a list, or a row: `web-1   0/1   ContainerCreating   0   17h`, `node1   NotReady   <none>   34h   v1.27.2`.
    private static func isRow(_ message: String) -> Bool {
        let words = message.utf8.prefix(400).split(separator: 0x20, maxSplits: 6).map {
            String(Substring($0))
        }
        guard words.count >= 5 else { return false }
        if words[0] == "NAME" || words[1] == "NAME" { return words.contains("STATUS") }
        if words[1].contains("Ready"), words[4].hasPrefix("v1.") { return true }
        return words[1...2].contains { word in
            let parts = word.split(separator: "/", omittingEmptySubsequences: false)
            return parts.count == 2 && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isNumber) }
        }
    }

    /// Whether a runtime's own log is in the text.
    var hasRuntime: Bool { !speaking.isEmpty }
    /// Whether the kubelet's log is.
    var hasKubelet: Bool { units.contains(where: Self.isKubelet) }

    /// Which half of the story the text does not have, and how to get it.
    func missing(until end: WallTime) -> [String] { cutOff + otherHalf(until: end) }

    private var cutOff: [String] {
        guard cutLines > 0 else { return [] }
        let lines = cutLines == 1 ? "1 line was" : "\(cutLines) lines were"
        return [
            "\(lines) cut off by a pager (they end in >), and with it what was at their ends: journalctl --no-pager"
        ]
    }

    private func otherHalf(until end: WallTime) -> [String] {
        let dates = dates(until: end)
        if hasKubelet, !hasRuntime {
            return [
                "Only the kubelet's side is in this text. The runtime's own log of those minutes may tell why:"
                    + " journalctl -u containerd -u crio -u docker -u cri-docker \(dates) -o export"
            ]
        }
        if hasRuntime, !hasKubelet, !hasManager {
            return [
                "Only the runtime's own lines are in this text. What systemd, the kubelet and the kernel said in those"
                    + " minutes is not: journalctl \(dates) -o export"
            ]
        }
        return []
    }

    /// Some minutes around the text; this boot's journal where it tells no time.
    private func dates(until end: WallTime) -> String {
        guard let first, end.microseconds >= TextClock.epochs else { return "-b" }
        let (since, until) = (first + .seconds(-300), end + .seconds(60))
        return "--since '\(since.date) \(since.clock) UTC' --until '\(until.date) \(until.clock) UTC'"
    }

    private static func distinct(_ endpoints: [Endpoint]) -> [Endpoint] {
        var seen: Set<String> = []
        return endpoints.filter { seen.insert($0.socketPath).inserted }
    }

    /// Those of the well-known ones whose units speak; else Docker Engine, which the kubelet asked itself until 1.23.
    private var speaking: [Endpoint] {
        let known = Endpoint.wellKnown(servedBy: units)
        guard known.isEmpty, units.contains("docker.service") else { return known }
        return [Endpoint(socketPath: "/run/dockershim.sock", runtime: .criDockerd, unit: "docker.service")]
    }
}
