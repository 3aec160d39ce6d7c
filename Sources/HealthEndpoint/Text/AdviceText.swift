import HealthModel

/// What is worth knowing of the versions that run: below everything that is wrong, and never part of it.
enum AdviceText {
    /// Most pieces that are told; the rest is counted.
    static let limit = 4

    static func write(_ advice: [Advice], to writer: inout TextWriter) {
        guard !advice.isEmpty else { return }
        writer.blank()
        writer.paragraph("Advice (by upstream's versions; your distribution may have patched them)")
        for piece in advice.prefix(limit) { write(piece, to: &writer) }
        if advice.count > limit {
            writer.line("and \(advice.count - limit) more: /v1/state", indent: 2)
        }
    }

    private static func write(_ advice: Advice, to writer: inout TextWriter) {
        let fixed = advice.fixedIn.isEmpty ? "" : "; fixed in \(advice.fixedIn.joined(separator: ", "))"
        writer.paragraph(
            "\(advice.component) \(advice.version): \(advice.sentence)\(fixed) [\(advice.id)]", lead: "  - ",
            indent: 4, maximum: 4)
    }
}
