// SPDX-License-Identifier: Apache-2.0
import Diagnosis
import HealthEndpoint

/// A report for people.
enum PreflightText {
    /// The report, no line longer than `width`.
    static func render(_ report: PreflightReport, width: Int) -> String {
        var text = TerminalText.wrap(
            "\(report.node) at \(report.at): \(counts(report))", lead: word(report.verdict) + "  ", indent: 2,
            columns: width)
        for component in report.components { text += line(component, width) }
        for finding in report.findings { text += "\n" + told(finding, width) }
        text += "\n"
        if !report.examined.isEmpty {
            text += TerminalText.wrap(
                report.examined.joined(separator: "; "), lead: "Examined: ", indent: 2, columns: width)
        }
        for one in report.unread {
            text += TerminalText.wrap(one, lead: "Not examined: ", indent: 2, columns: width)
        }
        return text
    }

    private static func word(_ verdict: PreflightReport.Verdict) -> String {
        switch verdict {
        case .clear: "CLEAR"
        case .warnings: "WARNING"
        case .blockers: "BLOCKER"
        case .unknown: "UNKNOWN"
        }
    }

    private static func counts(_ report: PreflightReport) -> String {
        let counts = PreflightFinding.Severity.allCases.compactMap { severity -> String? in
            let count = report.findings.count { $0.severity == severity }
            return count == 0 ? nil : "\(count) \(severity.rawValue)\(count == 1 ? "" : "s")"
        }
        let found = counts.isEmpty ? "nothing found in what was examined" : counts.joined(separator: ", ")
        return report.unread.isEmpty ? found : found + "; not all could be examined"
    }

    private static func line(_ component: PreflightReport.Component, _ width: Int) -> String {
        let target = component.target.flatMap { $0 == component.running ? nil : " -> \($0)" } ?? ""
        return TerminalText.wrap(
            "\(component.name) \(component.running ?? "(not known)")\(target)", lead: "  ", indent: 4,
            columns: width)
    }

    private static func told(_ finding: PreflightFinding, _ width: Int) -> String {
        var text = TerminalText.wrap(
            "\(finding.id) (\(finding.subject))", lead: finding.severity.rawValue.uppercased() + "  ",
            indent: 2, columns: width)
        text += TerminalText.wrap(finding.sentence, lead: "  ", indent: 2, columns: width)
        var rows = finding.evidence.map { ("seen", $0) }
        rows += [("then", finding.consequence), ("first", finding.first), ("source", finding.source)]
        for (label, said) in rows where !said.isEmpty {
            let lead = "  " + label + String(repeating: " ", count: 8 - label.utf8.count)
            text += TerminalText.wrap(said, lead: lead, indent: 10, columns: width)
        }
        return text
    }
}
