// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// The CRI requests that began and whose end was not told: bounded, oldest out first.
///
/// A runtime logs where a request begins and where it ends. One that is refused because its name is reserved is a retry, and
/// ends nothing.
struct RequestBook: Hashable, Codable, Sendable {
    /// A request without an end.
    struct Request: Hashable, Codable, Sendable {
        /// `RunPodSandbox`, `CreateContainer`, `StartContainer`, `StopContainer`, `StopPodSandbox`.
        var operation: String
        /// The line that began it.
        var begin: Signal
        /// How often the same was asked for again.
        var retries = 0
        /// What the caller itself granted: a stop's grace period.
        var grace: Duration = .zero
    }

    private static let kept = 256

    private var open: [String: Request] = [:]
    /// When the last one of each ended, well or not.
    private var ended: [String: MonotonicTime] = [:]

    /// Nothing is under way: then no line but one that begins a request changes anything.
    var isIdle: Bool { open.isEmpty }

    /// All of a unit's, oldest first.
    func all(unit: String) -> [Request] {
        open.values.filter { $0.begin.unit == unit }.sorted {
            ($0.begin.at.monotonic, $0.begin.cursor) < ($1.begin.at.monotonic, $1.begin.cursor)
        }
    }

    /// Takes in what a line says of a request.
    mutating func take(_ signal: Signal) {
        switch signal.name {
        case .sandboxRequested: begin(signal, "RunPodSandbox")
        case .requestBegun: begin(signal, signal.captures["operation"] ?? "")
        case .requestEnded, .createSucceeded, .createFailed, .sandboxNetworkFailed, .stopFailed: end(signal)
        case .nameReserved: refuse(signal)
        case .runtimeStarting, .runtimeBooted, .runtimeStopping:
            open = open.filter { $0.value.begin.unit != signal.unit }
        default: break
        }
    }

    /// A new boot.
    mutating func clear() {
        open = [:]
        ended = [:]
    }

    /// Whether the sandbox that this refused request wants was asked for before, and that request has ended: what holds the
    /// name is left over, and nothing hangs.
    func isHeldByEnded(_ refusal: Signal) -> Bool {
        guard let pod = refusal.reservedFor else { return false }
        let key = "RunPodSandbox \(pod)"
        return open[key] == nil && ended[key].map { $0 <= refusal.at.monotonic } ?? false
    }

    /// The refused request is over; the one before it, where it is known, goes on.
    private mutating func refuse(_ signal: Signal) {
        guard let pod = signal.reservedFor, let request = open["RunPodSandbox \(pod)"],
            request.begin.unit == signal.unit
        else { return }
        if request.retries > 0 {
            open["RunPodSandbox \(pod)"]?.retries.increment(by: -1)
        } else {
            open["RunPodSandbox \(pod)"] = nil
        }
    }

    private mutating func begin(_ signal: Signal, _ operation: String) {
        guard let key = Self.key(signal, operation) else { return }
        if open[key] != nil {
            open[key]?.retries.increment()
            return
        }
        if open.count >= Self.kept,
            let oldest = open.min(by: { $0.value.begin.at.monotonic < $1.value.begin.at.monotonic })
        {
            open[oldest.key] = nil
        }
        let grace = signal.captures["timeout"].flatMap { Int64($0) } ?? 0
        open[key] = Request(operation: operation, begin: signal, grace: .seconds(max(0, min(grace, 1 << 31))))
    }

    /// The end of one, by whatever the line names it.
    private mutating func end(_ signal: Signal) {
        guard !open.isEmpty else { return }
        for operation in Self.operations(signal) {
            guard let key = Self.key(signal, operation), open.removeValue(forKey: key) != nil else {
                continue
            }
            if ended.count >= Self.kept { ended = [:] }
            ended[key] = signal.at.monotonic
        }
    }

    private static func operations(_ signal: Signal) -> [String] {
        if let operation = signal.captures["operation"] { return [operation] }
        switch signal.name {
        case .sandboxNetworkFailed: return ["RunPodSandbox"]
        case .stopFailed: return ["StopContainer", "StopPodSandbox"]
        default:
            switch signal.captures["what"] {
            case "sandbox": return ["RunPodSandbox"]
            case "container": return ["CreateContainer"]
            case "start": return ["StartContainer"]
            default: return ["RunPodSandbox", "CreateContainer", "StartContainer"]
            }
        }
    }

    private static func key(_ signal: Signal, _ operation: String) -> String? {
        let captures = signal.captures
        switch operation {
        case "RunPodSandbox":
            guard let pod = captures["pod"] else { return nil }
            return "RunPodSandbox \(captures["namespace"] ?? "")/\(pod)"
        case "CreateContainer":
            guard let container = captures["container"] else { return nil }
            let place = captures["sandbox"] ?? captures["pod"].map { "\(captures["namespace"] ?? "")/\($0)" }
            return place.map { "CreateContainer \($0) \(container)" }
        case "StopPodSandbox": return captures["sandbox"].map { "StopPodSandbox \($0)" }
        case "StartContainer", "StopContainer": return captures["id"].map { "\(operation) \($0)" }
        default: return nil
        }
    }
}

extension Signal {
    /// The pod whose name the runtime holds: `shop/web-1` of `k8s_CONTAINER_POD_NAMESPACE_UID_ATTEMPT`, or without the
    /// container (CRI-O, dockershim), or without `k8s` (containerd); nil where the name has not all its parts.
    var reservedFor: String? {
        guard let parts = captures["name"].map(Self.nameParts), parts.count >= 4 else { return nil }
        return "\(parts[parts.count - 3])/\(parts[parts.count - 4])"
    }

    /// Of the name of a sandbox or container, without the quotes and the punctuation around it.
    static func nameParts(_ name: String) -> [Substring] {
        let plain = name.filter { $0 != "\"" && $0 != "\\" && $0 != ":" }
        let parts = plain.split(separator: "_")
        return parts.first == "k8s" || parts.first == "/k8s" ? Array(parts.dropFirst()) : parts
    }
}
