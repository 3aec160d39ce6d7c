// SPDX-License-Identifier: Apache-2.0
import Diagnosis
import HealthModel

/// MESSAGE_ID of the journal entries about incidents: one for each kind, for ever the same, so that the journal's
/// catalog (systemd.journal-fields(7), catalog files: `journalctl --catalog`) explains them and
/// `journalctl MESSAGE_ID=…` finds them.
enum TransitionMessageID {
    /// By the kind's name. From the catalogue; a new kind gets an entry in `systemd/crihealthd.catalog`, too.
    static let byKind: [String: String] = Dictionary(
        Catalogue.all.map { ($0.kind.rawValue, $0.messageID) }, uniquingKeysWith: { first, _ in first })

    /// Of kinds that rules of `rules.d` name.
    static let rule = "b1112f49765b456c8202d4165f542135"

    /// Of the entry that tells how many entries were withheld.
    static let withheld = "445a268f58c84dcdb09c9fef34c24da8"

    /// All of them, in order.
    static var all: [String] { (byKind.values + [rule, withheld]).sorted() }

    /// The id for a kind.
    static func of(_ kind: IncidentKind) -> String { byKind[kind.rawValue] ?? rule }
}
