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
        let entries =
            names.contains("journal.export") ? try ReplaySource.export(path + "/journal.export") : []
        let items = names.contains("index.jsonl") ? try index() : []
        let endpoints = endpoints(items, entries)
        let clock = ClockMap(entries)
        var all = ReplaySource.starts(of: entries, capture: endpoints)
        if entries.isEmpty, let first = items.compactMap({ WallTime(rfc3339: $0.end) }).min() {
            let start = DaemonStart(
                bootID: "unknown", version: Release.version, hostname: "an unnamed node", endpoints: endpoints
            )
            all.append(Observation(at: clock.moment(first), event: .started(start)))
        }
        for item in items { all += try observations(item, endpoints, clock) }
        if all.isEmpty { throw .empty(path: path) }
        return all.enumerated().sorted { ($0.element.at.wall, $0.offset) < ($1.element.at.wall, $1.offset) }
            .map(\.element)
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
        return Endpoint.wellKnown.filter { endpoint in
            if !named.isEmpty { return named.contains { CaptureCall.names(endpoint, $0) } }
            return endpoint.unit.map { units.contains($0) } ?? false
        }
    }

    private func observations(_ item: Item, _ endpoints: [Endpoint], _ clock: ClockMap) throws(ReplayError)
        -> [Observation]
    {
        guard let end = WallTime(rfc3339: item.end) else { return [] }
        let at = clock.moment(end)
        if let proc = item.proc {
            return CaptureProc(name: proc, text: text("proc/" + proc), at: at, endpoints: endpoints)
                .observations()
        }
        if let name = item.call, let log = log(name, item) {
            return [Observation(at: at, event: .node(.containerLog(log)))]
        }
        guard let name = item.call, let call = CaptureCall(name), let rung = call.rung,
            let endpoint = endpoints.first(where: { CaptureCall.names($0, item.runtime ?? call.runtime) })
                ?? endpoints.first
        else { return [] }
        let stdout = item.stdout.map { bytes("crictl/\(name).\($0)") } ?? []
        let outcome = CrictlOutput.outcome(
            rung: rung, exitCode: item.rc ?? 0, stdout: stdout, stderr: bytes("crictl/\(name).stderr"))
        let latency = Duration.microseconds(Int64(min(max(item.ms ?? 0, 0), 1e9) * 1000))
        let report = ProbeReport(endpoint: endpoint, rung: rung, outcome: outcome, latency: latency)
        // As the daemon dates them: a good answer by its question, a failure by itself.
        return [
            Observation(
                at: report.succeeded ? clock.moment(end + (.zero - latency)) : at, event: .probe(report))
        ]
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
        switch endpoint {
        case Endpoint.wellKnown[0]: runtime.hasPrefix("containerd")
        case Endpoint.wellKnown[1]: runtime.hasPrefix("crio") || runtime.hasPrefix("cri-o")
        case Endpoint.wellKnown[2]: runtime.hasPrefix("cri-dockerd") || runtime.hasPrefix("docker")
        default: runtime.hasPrefix("k3s")
        }
    }
}

/// Both clocks for what was only dated by the wall clock, by the journal's own pairs.
struct ClockMap {
    private let pairs: [Moment]

    init(_ entries: [JournalEntry]) {
        pairs = entries.map(\.at).sorted { $0.wall < $1.wall }
    }

    /// `wall` on both clocks, by the nearest entry before it.
    func moment(_ wall: WallTime) -> Moment {
        var low = 0
        var high = pairs.count
        while low < high {
            let middle = (low + high) / 2
            if pairs[middle].wall <= wall { low = middle + 1 } else { high = middle }
        }
        guard let pair = low > 0 ? pairs[low - 1] : pairs.first else {
            return Moment(wall: wall, monotonic: MonotonicTime(microseconds: wall.microseconds))
        }
        return Moment(wall: wall, monotonic: pair.monotonic + (wall - pair.wall))
    }
}
