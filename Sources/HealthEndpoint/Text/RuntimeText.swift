import HealthModel

/// One watched runtime on the page.
enum RuntimeText {
    static func write(_ runtime: RuntimeView, to writer: inout TextWriter) {
        writer.blank()
        let name = runtime.endpoint.name
        var title =
            name + (runtime.rungs.allSatisfy(\.succeeded) ? ": has not answered yet" : ": does not answer")
        if let version = runtime.version {
            let prefix = version.name == name ? "" : name + ": "
            title = "\(prefix)\(version.name) \(version.version), CRI \(version.apiVersion)"
        }
        writer.paragraph(title)
        writer.field("socket", runtime.endpoint.socketPath)
        if let unit = runtime.unit { writer.field("unit", Self.unit(unit)) }
        if !runtime.rungs.isEmpty { writer.field("asked", runtime.rungs.map(rung).joined(separator: ", ")) }
        let holdings = holds(runtime)
        let isCurrent = runtime.rungs.allSatisfy(\.succeeded)
        if !holdings.isEmpty {
            writer.field(isCurrent ? "holds" : "held", holdings + (isCurrent ? "" : " (last list)"))
        }
    }

    /// `containerd.service active (running), pid 812, 3 restarts`.
    private static func unit(_ unit: UnitState) -> String {
        guard unit.exists else { return "\(unit.name) is \(unit.loadState)" }
        var text = "\(unit.name) \(unit.activeState) (\(unit.subState))"
        if unit.result != "success" { text += ", result \(unit.result)" }
        if let pid = unit.mainPID { text += ", pid \(pid)" }
        if unit.restarts > 0 { text += ", " + TimeText.count(UInt64(unit.restarts), "restart") }
        return text
    }

    /// `version 21 ms`, `connect FAILED (0 ms): connection refused`.
    private static func rung(_ rung: RungView) -> String {
        guard !rung.succeeded else { return "\(rung.rung.rawValue) \(rung.latency.brief)" }
        let problem = rung.problem.map { ": " + $0 } ?? ""
        return "\(rung.rung.rawValue) FAILED (\(rung.latency.brief))" + problem
    }

    /// `12 pods; containers: 31 running, 4 exited`.
    private static func holds(_ runtime: RuntimeView) -> String {
        var parts: [String] = []
        if let pods = runtime.pods { parts.append(TimeText.count(UInt64(clamping: pods), "pod")) }
        let states = runtime.containers.filter { $0.value > 0 }.sorted {
            ($1.value, $0.key) < ($0.value, $1.key)
        }
        let containers = states.prefix(8).map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        if !containers.isEmpty { parts.append("containers: " + containers) }
        return parts.joined(separator: "; ")
    }
}
