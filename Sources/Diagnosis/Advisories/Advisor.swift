// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Holds what runs against the table, and keeps the answer until something changes.
struct Advisor: Sendable {
    /// Most pieces of advice that are kept.
    static let limit = 64

    let table: AdvisoryTable
    private(set) var advice: [Advice] = []
    /// What runs, and has a version that can be compared.
    private(set) var compared: [Component] = []
    private var key: [String] = []
    /// When each question was asked last.
    var asked: [Inquiry: MonotonicTime] = [:]

    init(_ table: AdvisoryTable) { self.table = table }

    /// Something that runs, and the version it names.
    struct Component: Hashable, Sendable {
        var name: String
        var version: String
    }

    /// Brings ``advice`` up to date.
    mutating func update(_ facts: NodeFacts) {
        let components = Self.components(facts)
        let deprecations = Self.deprecations(facts)
        let next =
            [facts.now.wall.date] + components.map { "\($0.name) \($0.version)" } + deprecations.map(\.id)
        guard next != key else { return }
        key = next
        compared = components.filter { SoftwareVersion($0.version) != nil }
        let all = components.flatMap { advice($0, on: facts.now.wall) } + deprecations
        advice = Array(
            all.sorted { ($0.category, $0.component, $0.id) < ($1.category, $1.component, $1.id) }
                .prefix(Self.limit))
    }

    /// The daemons that run and the OCI runtimes of what runs, as far as their versions are known, each once.
    static func components(_ facts: NodeFacts) -> [Component] {
        var found: [Component] = []
        for runtime in facts.runtimes {
            guard let version = facts.runningVersion(of: runtime) else { continue }
            found.append(Component(name: runtime.endpoint.runtime.rawValue, version: version.text))
            let started = facts.signals.last(.runtimeStarting, unit: runtime.unit.name)?.at.monotonic
            for signal in facts.signals.all(.ociRuntimeVersion) {
                guard signal.unit == runtime.unit.name, signal.at.monotonic >= started ?? signal.at.monotonic,
                    let name = signal.captures["handler"], let version = signal.captures["version"]
                else { continue }
                found.append(Component(name: name, version: version.trimmed))
            }
        }
        for path in paths(facts) {
            guard let version = facts.containers.versions[path]?.value else { continue }
            found.append(Component(name: version.name, version: version.version))
        }
        var seen: Set<Component> = []
        return found.filter { seen.insert($0).inserted }
    }

    private func advice(_ component: Component, on day: WallTime) -> [Advice] {
        guard let version = SoftwareVersion(component.version) else { return [] }
        let known = table.advisories.filter { $0.component == component.name && $0.affects(version) }
        var advice = known.map { advisory in
            Advice(
                id: advisory.id, category: advisory.category, component: component.name,
                version: component.version, sentence: advisory.sentence,
                fixedIn: advisory.fixedIn.map(\.description), source: advisory.source)
        }
        let line = table.lines.first { $0.component == component.name && $0.line == version.line }
        if let line, line.end < day {
            advice.append(
                Advice(
                    id: "\(component.name)-\(line.title)-end-of-life", category: .endOfLife,
                    component: component.name, version: component.version,
                    sentence:
                        "upstream ended the \(line.title) line on \(line.end.date): no fixes come any more",
                    source: line.source))
        }
        return advice
    }

    // MARK: Deprecations

    private static func deprecations(_ facts: NodeFacts) -> [Advice] {
        facts.runtimes.flatMap { runtime -> [Advice] in
            let version = facts.runningVersion(of: runtime)?.text ?? "unknown"
            var advice: [Advice] = []
            let condition = runtime.status?.condition("ContainerdHasNoDeprecationWarnings")
            if let condition, !condition.status {
                advice.append(
                    deprecation(
                        runtime, version, id: "\(runtime.name)-deprecation-warnings",
                        condition.message.isEmpty ? condition.reason : condition.message))
            }
            let started = facts.signals.last(.runtimeStarting, unit: runtime.unit.name)?.at.monotonic
            for signal in facts.signals.all(.deprecated) {
                guard signal.unit == runtime.unit.name, signal.at.monotonic >= started ?? signal.at.monotonic,
                    let name = signal.captures["detail"]
                else { continue }
                let id = "\(runtime.name)-deprecated-\(Self.word(name))"
                guard !advice.contains(where: { $0.id == id }) else { continue }
                advice.append(deprecation(runtime, version, id: id, signal.excerpt))
            }
            return advice
        }
    }

    private static func deprecation(
        _ runtime: RuntimeFacts, _ version: String, id: String, _ text: String
    ) -> Advice {
        Advice(
            id: id, category: .deprecation, component: runtime.endpoint.runtime.rawValue, version: version,
            sentence: "its configuration uses what a later version drops: \(text.bounded(300))",
            source: "https://github.com/containerd/containerd/blob/main/RELEASES.md")
    }

    private static func word(_ text: String) -> String {
        String(text.prefix(40).map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
    }
}

extension String {
    /// Without the mark that a sentence put behind a word.
    fileprivate var trimmed: String { hasSuffix(",") ? String(dropLast()) : self }
}
