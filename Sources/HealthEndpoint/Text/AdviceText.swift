// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What is worth knowing of the versions that run: below everything that is wrong, and never part of it.
enum AdviceText {
    /// Most pieces that are told; the rest is counted.
    static let limit = 4

    /// What must be said with it.
    static let note = "By upstream version; your distribution may have backported fixes."

    static func write(_ advice: [Advice], _ origin: TextPage.Origin, to writer: inout TextWriter) {
        guard !advice.isEmpty else { return }
        writer.blank()
        writer.paragraph("Advice (by upstream version; your distribution may have backported fixes)")
        for piece in advice.prefix(limit) {
            writer.paragraph("\(sentence(piece)) [\(piece.id)]", lead: "  - ", indent: 4, maximum: 4)
        }
        if advice.count > limit {
            writer.line("and \(advice.count - limit) more" + origin.place("/v1/state"), indent: 2)
        }
    }

    /// `runc 1.1.5: what is known; fixed in 1.1.12`.
    static func sentence(_ advice: Advice) -> String {
        let fixed = advice.fixedIn.isEmpty ? "" : "; fixed in \(advice.fixedIn.joined(separator: ", "))"
        return "\(advice.component) \(advice.version): \(advice.sentence)\(fixed)"
    }
}
