// SPDX-License-Identifier: Apache-2.0

/// One metric family, as both text formats need it.
struct MetricFamily: Hashable, Sendable {
    /// The types of OpenMetrics 1.0 that are used.
    enum Kind: Hashable, Sendable {
        case gauge
        /// Samples end in `_total`.
        case counter
        /// Samples end in `_info`; the value is always 1.
        case info
        /// Samples end in `_sum` and `_count`; no quantiles.
        case summary
    }

    struct Sample: Hashable, Sendable {
        var suffix = ""
        var labels: [Label]
        var value: Double
    }

    struct Label: Hashable, Sendable {
        var name: String
        var value: String

        init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Without `_total` and `_info`.
    var name: String
    var kind: Kind
    var help: String
    var samples: [Sample]
}

/// The two formats that Prometheus reads.
enum ExpositionFormat: Sendable {
    /// Prometheus text format 0.0.4.
    case prometheus
    /// OpenMetrics 1.0.0.
    case openMetrics

    /// What the scraper likes best.
    static func negotiated(_ accept: String) -> ExpositionFormat {
        let openMetrics = "application/openmetrics-text; version=1.0.0"
        let chosen = Accept.choose(["text/plain; version=0.0.4", openMetrics], header: accept)
        return chosen == openMetrics ? .openMetrics : .prometheus
    }

    var contentType: String {
        switch self {
        case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }
}

/// Writes families as text.
enum Exposition {
    /// Longest label value, in Unicode scalars.
    static let labelLimit = 128

    static func render(_ families: [MetricFamily], _ format: ExpositionFormat) -> String {
        var text = ""
        for family in families { write(family, format, to: &text) }
        if format == .openMetrics { text += "# EOF\n" }
        return text
    }

    private static func write(_ family: MetricFamily, _ format: ExpositionFormat, to text: inout String) {
        let suffix = family.kind.suffix
        // The older format has no families of `_total` and `_info`: there the type belongs to the sample's own name.
        let name = format == .openMetrics ? family.name : family.name + suffix
        text += "# HELP \(name) \(escaped(family.help, quotes: format == .openMetrics))\n"
        text += "# TYPE \(name) \(family.kind.name(format))\n"
        for sample in family.samples {
            text += family.name + suffix + sample.suffix
            if !sample.labels.isEmpty {
                let labels = sample.labels.map { "\($0.name)=\"\(labelValue($0.value))\"" }
                text += "{" + labels.joined(separator: ",") + "}"
            }
            text += " " + number(sample.value) + "\n"
        }
    }

    /// Printable, bounded, escaped: backslash, quote, line feed.
    private static func labelValue(_ value: String) -> String {
        escaped(Printable.line(value, limit: labelLimit), quotes: true)
    }

    private static func escaped(_ value: String, quotes: Bool) -> String {
        var out = String.UnicodeScalarView()
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": out.append(contentsOf: "\\\\".unicodeScalars)
            case "\n": out.append(contentsOf: "\\n".unicodeScalars)
            case "\"" where quotes: out.append(contentsOf: "\\\"".unicodeScalars)
            default: out.append(scalar)
            }
        }
        return String(out)
    }

    /// Whole numbers without a fraction.
    private static func number(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf" }
        guard value.rounded() == value, abs(value) < 1e15 else { return "\(value)" }
        return "\(Int64(value))"
    }
}

extension MetricFamily.Kind {
    /// What every sample's name ends in.
    fileprivate var suffix: String {
        switch self {
        case .counter: "_total"
        case .info: "_info"
        case .gauge, .summary: ""
        }
    }

    fileprivate func name(_ format: ExpositionFormat) -> String {
        switch self {
        case .gauge: "gauge"
        case .counter: "counter"
        case .summary: "summary"
        case .info: format == .openMetrics ? "info" : "gauge"
        }
    }
}
