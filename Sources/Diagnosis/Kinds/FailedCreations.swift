// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Failed creations and pulls as several kinds look at them: which pods they concern, what refutes them.
extension Told {
    /// What a creation does, in its order.
    private static let stages = ["sandbox", "container", "start"]

    /// The stage of these failures: the last of them, for a success of an earlier one says nothing.
    var stage: String? {
        signals.lazy.compactMap { $0.stageName.flatMap(Self.stages.firstIndex(of:)) }.max()
            .map { Self.stages[$0] }
    }

    /// How many pods are known to be concerned.
    var podCount: Int {
        var pods = Set<String>(minimumCapacity: signals.count)
        for signal in signals { if let pod = signal.concernedPod { pods.insert(pod) } }
        return pods.count
    }

    /// Two pods are known to be concerned.
    var isOfTwoPods: Bool { Self.areTwo(signals, \.concernedPod) }

    /// Whether a success of that pod speaks for all that is told: of one of the pods, or where the lines name none.
    func isRefuted(byPod pod: String?) -> Bool {
        let signals = signals.span
        var isOfPods = false
        for index in signals.indices {
            guard let failed = signals[index].concernedPod else { continue }
            if failed == pod { return true }
            isOfPods = true
        }
        return !isOfPods
    }

    /// Failures, counting what several lines tell of one (the runtime's and the kubelet's) once.
    var failures: Int {
        var latest = [String: MonotonicTime](minimumCapacity: signals.count)
        var count = 0
        for signal in signals {
            let pod = signal.concernedPod ?? ""
            if let last = latest[pod], signal.at.monotonic - last < .seconds(2) { continue }
            latest[pod] = signal.at.monotonic
            count += 1
        }
        return count
    }

    /// Attempts that failed, however many lines tell of each: those that an event counts, or as many as were told seconds apart.
    var attempts: Int {
        var (counted, apart) = (0, 0)
        var last: MonotonicTime?
        for signal in signals {
            let repeats = signal.repeats
            if repeats > 1 || signal.rule.hasPrefix("kl-event-") { counted += repeats }
            if let last, signal.at.monotonic - last < .seconds(3) { continue }
            apart += 1
            last = signal.at.monotonic
        }
        return max(apart, counted)
    }

    /// What is left of it from `time` on; nil for nothing.
    func since(_ time: MonotonicTime) -> Told? {
        let left = signals.kept { $0.at.monotonic >= time }
        return left.isEmpty ? nil : Told(cause: cause, signals: left)
    }
}

extension RuntimeCase {
    /// Whose success says that a cause is over.
    enum Refuter { case anyPod, concernedPod }

    /// What these signals tell of the kind about this runtime.
    func told(_ kind: IncidentKind, _ names: [SignalName]) -> [Told] {
        let signals = names.flatMap { facts.signals.all($0, of: kind) }.kept(concerns)
        return signals.isEmpty ? [] : Told.all(kind, signals)
    }

    /// A creation of the same stage that succeeded after the last failure, of a pod that speaks for it.
    func success(after told: Told, by refuter: Refuter) -> Signal? {
        lastSuccess(of: told, by: refuter) { $0 > told.last.at.monotonic }
    }

    /// The failures since the last success of the same stage: what was over by then is not part of this outage.
    func sinceLastSuccess(_ told: Told, by refuter: Refuter) -> Told {
        let success = lastSuccess(of: told, by: refuter) { $0 < told.last.at.monotonic }
        return success.flatMap { told.since($0.at.monotonic) } ?? told
    }

    private func lastSuccess(
        of told: Told, by refuter: Refuter, at isThen: (MonotonicTime) -> Bool
    ) -> Signal? {
        let successes = facts.signals.all(.createSucceeded)
        guard !successes.isEmpty else { return nil }
        let stage = told.stage
        return successes.last { success in
            isThen(success.at.monotonic) && concerns(success) && (stage == nil || success.stageName == stage)
                && (refuter == .anyPod || told.isRefuted(byPod: success.concernedPod))
        }
    }

    /// The nearest to the root of those that still happen: an old cause is not blamed for new failures.
    func nearest(of standing: [Told]) -> Told? {
        guard let latest = standing.map(\.last.at.monotonic).max() else { return nil }
        return standing.first { latest - $0.last.at.monotonic <= configuration.symptomWindow }
    }

    /// Whom it concerns, in words: "shop/web-0 and 2 other pods".
    func concerned(_ told: Told) -> String {
        guard let first = told.signals.lazy.compactMap(\.concernedPod).min() else { return "new pods" }
        let others = told.podCount - 1
        return others == 0 ? first : "\(first) and \(others) other pod\(others == 1 ? "" : "s")"
    }

    /// The lines, latest first, that show it.
    func evidence(_ told: Told) -> [Evidence] {
        told.signals.suffix(4).reversed().map { Evidence.journal($0) }
    }

    /// Reading what fails, where the unit is known.
    var readErrors: [NextStep] {
        hasUnit
            ? [NextStep("read what fails", "journalctl -u \(runtime.unit.name) -g 'level=error' -n 20")]
            : []
    }
}

extension Signal {
    /// So many events that are alike the kubelet tells one by one, then as one (client-go `tools/record/events_cache.go`).
    private static let combined = 10

    /// How often an event is told to have happened, in kubectl's words before its text ("x93 over 24m"); 1 of anything else.
    var repeats: Int {
        let text = excerpt.utf8.span
        let least =
            text.firstIndex(of: "(combined from similar events): ".utf8.span, from: 0) == nil
            ? 1 : Self.combined
        guard let mark = text.firstIndex(of: " (x".utf8.span, from: 0),
            let colon = text.firstIndex(of: ": ".utf8.span, from: 0), mark < colon
        else { return least }
        let digits = excerpt.utf8.dropFirst(mark + 3).prefix { (0x30...0x39).contains($0) }
        guard text.has(" over ".utf8.span, at: mark + 3 + digits.count), digits.count <= 9 else {
            return least
        }
        return max(least, Int(Substring(digits)) ?? 1)
    }
}

extension String {
    /// At most `limit` bytes: of a longer one the beginning and the end, where a Go error has its cause.
    func elided(_ limit: Int) -> String { PlainText.elided(utf8.span, limit: limit) }

    /// The end of an error chain: what went wrong at last, without the class that containerd puts behind it
    /// (`…: no such file or directory: unknown`, errdefs).
    var lastWords: String {
        var chain = self[...]
        for suffix in [": unknown", ": <nil>"] where chain.hasSuffix(suffix) {
            chain = chain.dropLast(suffix.count)
        }
        guard let colon = chain.utf8.lastIndex(of: UInt8(ascii: ":")) else { return String(chain) }
        return String(chain[chain.index(after: colon)...].drop { $0 == " " })
    }
}
