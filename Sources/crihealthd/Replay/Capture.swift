// SPDX-License-Identifier: Apache-2.0
import CRI
import FoundationEssentials
import HealthModel

/// A folder that holds an outage, captured by hand: `journal.export` (`journalctl -o export`), `index.jsonl` (one line
/// for each call: when it ended, how long it took, its exit code), `crictl/` (what it printed) and `proc/` (what the node
/// showed). Anything may be missing but for one of the first two.
struct Capture {
    /// One line of `index.jsonl`.
    struct Item: Decodable {
        var end: String
        var call: String?
        var proc: String?
        var ms: Double?
        var rc: Int32?
        var stdout: String?
        var phase: String?
        var subcommand: String?
        var runtime: String?
    }

    let path: String

    init(_ path: String) { self.path = path.hasSuffix("/") ? String(path.dropLast()) : path }

    /// Everything that was captured, in the order of its time; journal entries come first at the same instant.
    func observations() throws(ReplayError) -> [Observation] {
        let names: [String]
        do { names = try Directory.names(path) } catch { throw .unreadable(error) }
        let entries = names.contains("journal.export") ? try journal() : []
        let items = names.contains("index.jsonl") ? try index() : []
        let endpoints = endpoints(items, entries)
        let clock = entries.isEmpty ? ClockMap(units: unitTexts(items)) : ClockMap(entries)
        var all = ReplaySource.starts(of: entries, capture: endpoints)
        if entries.isEmpty, let first = items.compactMap({ WallTime(rfc3339: $0.end) }).min() {
            let start = DaemonStart(
                bootID: "unknown", version: Release.version, hostname: ReplaySource.unnamedNode,
                endpoints: endpoints)
            all.append(Observation(at: clock.moment(first), event: .started(start)))
        }
        for item in items { all += try observations(item, endpoints, clock) }
        if all.isEmpty { throw .empty(path: path) }
        return try packages(names).beside(ordered(all))
    }

    /// The package managers' logs beside the journal: `dpkg.log`, `history.log`, `dnf.rpm.log`.
    private func packages(_ names: [String]) throws(ReplayError) -> PackageLogs {
        var logs = PackageLogs()
        for name in ["dpkg.log", "history.log", "dnf.rpm.log"] where names.contains(name) {
            try logs.take(ByteSource(path + "/" + name))
        }
        return logs
    }

    private func ordered(_ all: [Observation]) -> [Observation] {
        all.enumerated().sorted { ($0.element.at.wall, $0.offset) < ($1.element.at.wall, $1.offset) }
            .map(\.element)
    }

    /// The journal's entries; none where nothing was written: what the calls say is worth as much as before.
    private func journal() throws(ReplayError) -> [JournalEntry] {
        do throws(ReplayError) {
            return try ReplaySource.export(path + "/journal.export")
        } catch {
            if case .empty = error { return [] }
            throw error
        }
    }

    // MARK: The index

    private func index() throws(ReplayError) -> [Item] {
        let file = path + "/index.jsonl"
        let bytes: [UInt8]
        do { bytes = try FileBytes.read(file, limit: 64 << 20) } catch { throw .unreadable(error) }
        var items: [Item] = []
        for (number, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .enumerated()
        where !line.isEmpty {
            do { items.append(try JSONDecoder().decode(Item.self, from: Data(line))) } catch {
                throw .badLine(
                    path: file, line: number + 1,
                    reason: "not a line of an index: {\"end\": TIME, \"call\" or \"proc\": FILE, …}")
            }
            guard WallTime(rfc3339: items[items.count - 1].end) != nil else {
                throw .badLine(path: file, line: number + 1, reason: "\"end\" is not an RFC 3339 time")
            }
        }
        return items
    }

    /// Which runtimes the capture is about: those that calls name, else those whose units speak.
    private func endpoints(_ items: [Item], _ entries: [JournalEntry]) -> [Endpoint] {
        let named = items.compactMap { $0.runtime ?? $0.call.flatMap { CaptureCall($0)?.runtime } }
        let units = Set(entries.compactMap(\.unit))
        let speaking = Endpoint.wellKnown(servedBy: units)
        if named.isEmpty { return speaking }
        var seen = Set(speaking.map(\.socketPath))
        let all = speaking + Endpoint.wellKnown.filter { seen.insert($0.socketPath).inserted }
        return all.filter { endpoint in named.contains { CaptureCall.names(endpoint, $0) } }
    }

    private func observations(_ item: Item, _ endpoints: [Endpoint], _ clock: ClockMap) throws(ReplayError)
        -> [Observation]
    {
        guard let end = WallTime(rfc3339: item.end) else { return [] }
        let at = clock.moment(end)
        if let proc = item.proc {
            return CaptureProc(
                name: proc, text: text("proc/" + proc), at: at, endpoints: endpoints,
                isClockKnown: clock.isKnown
            ).observations()
        }
        if let name = item.call, let log = log(name, item) {
            return [Observation(at: at, event: .node(.containerLog(log)))]
        }
        guard let name = item.call, let call = CaptureCall(name), let rung = call.rung,
            let endpoint = endpoints.first(where: { CaptureCall.names($0, item.runtime ?? call.runtime) })
                ?? endpoints.first
        else { return [] }
        let stdout = item.stdout.map { bytes("crictl/\(name).\($0)") } ?? []
        let outcome = Self.outcome(rung, item.rc ?? 0, stdout, bytes("crictl/\(name).stderr"))
        let latency = Duration.microseconds(Int64(min(max(item.ms ?? 0, 0), 1e9) * 1000))
        let report = ProbeReport(endpoint: endpoint, rung: rung, outcome: outcome, latency: latency)
        // As the daemon dates them: a good answer by its question, a failure by itself.
        return [
            Observation(
                at: report.succeeded ? clock.moment(end + (.zero - latency)) : at, event: .probe(report))
        ]
    }

    /// The exit status of a shell that found no such command (POSIX, XCU 2.8.2). crictl itself has none but 0 and 1.
    private static let commandNotFound: Int32 = 127

    private static func outcome(
        _ rung: ProbeReport.Rung, _ exitCode: Int32, _ stdout: [UInt8], _ stderr: [UInt8]
    ) -> ProbeReport.Outcome {
        guard exitCode == commandNotFound else {
            return CrictlOutput.outcome(rung: rung, exitCode: exitCode, stdout: stdout, stderr: stderr)
        }
        let text = Text.excerpt(String(decoding: stderr.prefix(4096), as: UTF8.self))
        return .broken(
            ProbeBreakage(reason: .crictlMissing, text: text.isEmpty ? "the shell found no crictl" : text))
    }

    /// The log that a captured `crictl logs` printed; nil for any other call.
    private func log(_ name: String, _ item: Item) -> ContainerLog? {
        var parts = name.split(separator: ".", maxSplits: 2)
        guard parts.count == 3, parts[1] == "logs" || parts[1].hasPrefix("logs-"), item.rc == 0 else {
            return nil
        }
        parts[1] = "inspect" + parts[1].dropFirst(4)
        return CaptureProc.log(
            output: item.stdout.map { bytes("crictl/\(name).\($0)") } ?? [],
            errors: bytes("crictl/\(name).stderr"),
            inspected: bytes("crictl/\(parts.joined(separator: ".")).json"))
    }

    // MARK: Files

    /// A file of the capture; empty if it is not there. A name that leaves the folder is not there.
    private func bytes(_ name: String) -> [UInt8] {
        guard !name.split(separator: "/").contains("..") else { return [] }
        return (try? FileBytes.read(path + "/" + name, limit: 64 << 20)) ?? []
    }

    /// What `systemctl show` printed of units.
    private func unitTexts(_ items: [Item]) -> [String] {
        items.compactMap(\.proc).filter { $0.contains(CaptureProc.unitMark) }.map { text("proc/" + $0) }
    }

    private func text(_ name: String) -> String { String(decoding: bytes(name), as: UTF8.self) }
}

/// The name of one captured call: `PHASE.SUBCOMMAND.crictl-VERSION.RUNTIME-VERSION`.
struct CaptureCall {
    var subcommand: String
    var runtime: String

    init?(_ name: String) {
        let parts = name.split(separator: ".", maxSplits: 2)
        guard parts.count == 3, let crictl = parts[2].firstRange(of: "crictl-") else { return nil }
        subcommand = String(parts[1])
        let rest = parts[2][crictl.upperBound...]
        guard let mark = rest.firstIndex(where: { $0.isLetter }) else { return nil }
        runtime = String(rest[mark...])
    }

    /// The rung that the daemon would have climbed; nil for other calls. `version-t2` is `version` with `-t 2s`.
    var rung: ProbeReport.Rung? {
        let parts = subcommand.split(separator: "-", maxSplits: 1)
        if parts.count == 2 {
            guard parts[1].first == "t", !parts[1].dropFirst().isEmpty,
                parts[1].dropFirst().allSatisfy(\.isNumber)
            else {
                return nil
            }
        }
        return parts.first.flatMap { CrictlOutput.rung(subcommand: String($0)) }
    }

    /// Whether `runtime` (`containerd-1.6.20`, `crio-1.29.9`) is served at `endpoint`.
    static func names(_ endpoint: Endpoint, _ runtime: String) -> Bool {
        switch endpoint.socketPath {
        case "/run/containerd/containerd.sock": runtime.hasPrefix("containerd")
        case "/run/crio/crio.sock": runtime.hasPrefix("crio") || runtime.hasPrefix("cri-o")
        case "/run/cri-dockerd.sock": runtime.hasPrefix("cri-dockerd") || runtime.hasPrefix("docker")
        case "/run/k3s/containerd/containerd.sock": runtime.hasPrefix("k3s")
        default: false
        }
    }
}
