// SPDX-License-Identifier: Apache-2.0
import Diagnosis
import HealthEndpoint
import HealthModel

/// What is printed of a support bundle: a line for each node, then each node's page.
struct BundleReplay {
    private struct Node {
        var name: String
        var replayer: Replayer
        var end: Moment
        var survey: TextSurvey?
    }

    private let nodes: [Node]
    private let bundle: Bundle

    /// Replays every node of a bundle.
    init(_ bundle: Bundle, _ path: String, rules: SignalRules) throws(ReplayError) {
        self.bundle = bundle
        var nodes: [Node] = []
        for log in bundle.logs {
            let replayer = Replayer.replay(log.material.observations, rules: rules)
            guard let end = replayer.last else { continue }
            nodes.append(Node(name: log.name, replayer: replayer, end: end, survey: log.material.survey))
        }
        guard !nodes.isEmpty else {
            if let first = bundle.passedOver.first { throw .notAnInput(path: path, hint: first) }
            throw .empty(path: path)
        }
        self.nodes = nodes
    }

    /// The page.
    func text(width: Int) -> String {
        var parts: [String] = []
        if nodes.count > 1 || !bundle.passedOver.isEmpty { parts.append(summary(width)) }
        for node in nodes {
            let title = nodes.count > 1 ? "==== \(TerminalText.line(node.name)) ====\n" : ""
            parts.append(
                title + ReplayText.render(node.replayer, at: node.end, width: width, survey: node.survey))
        }
        return parts.joined(separator: "\n")
    }

    private func summary(_ width: Int) -> String {
        let logs = bundle.files == 1 ? "1 log" : "\(bundle.files) logs"
        var text = TerminalText.wrap(
            "\(nodes.count == 1 ? "1 node" : "\(nodes.count) nodes"), \(logs)", indent: 0, columns: width)
        for node in nodes {
            let snapshot = node.replayer.engine.snapshot(at: node.end)
            let open = snapshot.open.first?.sentence
            let word =
                open ?? (node.replayer.incidents.isEmpty ? "no incident" : "nothing is open at its end")
            text += TerminalText.wrap(
                "\(TerminalText.line(node.name)): \(word)", lead: "  ", indent: 2, columns: width)
        }
        for problem in bundle.passedOver {
            text += TerminalText.wrap(
                "not read: \(TerminalText.line(problem))", lead: "  ", indent: 2, columns: width)
        }
        return text
    }

    /// One object for each node.
    var json: [UInt8] {
        var bytes = Array("{\"nodes\": [".utf8)
        for (index, node) in nodes.enumerated() {
            bytes += (index > 0 ? ",\n" : "\n").utf8
            bytes += "{\"node\": ".utf8
            bytes += IncidentArray.json(of: node.name)
            bytes += ", \"incidents\": ".utf8
            bytes += IncidentArray.json(node.replayer.incidents, now: node.end.wall).dropLast()
            bytes += "}".utf8
        }
        return bytes + "\n]}\n".utf8
    }
}
