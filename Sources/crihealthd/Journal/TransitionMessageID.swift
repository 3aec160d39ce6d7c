import HealthModel

/// MESSAGE_ID of the journal entries about incidents: one for each kind, for ever the same, so that the journal's
/// catalog (systemd.journal-fields(7), catalog files: `journalctl --catalog`) explains them and
/// `journalctl MESSAGE_ID=…` finds them.
enum TransitionMessageID {
    /// By the kind's name. A new kind gets a line here and an entry in `systemd/crihealthd.catalog`; an id is never
    /// given away again.
    static let byKind: [String: String] = [
        "RuntimeDown": "9ed22920c1cb49dab4280d7dac3fbcc3",
        "CRIVersionUnsupported": "1017072293be4373b679867727eada34",
        "StatusBlocked": "d688d85f532b4a32b2439f21220df81a",
        "NetworkNotReady": "5ec6df9a06ba43108b7ed1fce1f2cf84",
        "RuntimeSwitched": "04914fe7af1d46269ae8375a5373d60f",
        "AddressInUse": "5276912ebbe84dc39c17a78212c9b310",
        "OrphanedContainers": "f1aace10b60947d1b0fd71060b06b479",
        "ShutdownNotGraceful": "fe14175105e04c57afbec26ceaf0c98a",
        "UpgradeIncomplete": "b8c608a326994ae78df34fcc1bfc97c3",
        "KnownDefect": "9eb5e9436d1c4ebfb65cdf1b01c6f0c3",
        "CreateFailing": "c4283ecc6e8346e38e088ea5c2e0948d",
        "ContainerStuck": "6e47b9ddd85f4742bafc3b771c1cac83",
        "MonitoringImpaired": "5125f9bb4dc1491493777106f6ba0855",
    ]

    /// Of kinds that rules of `rules.d` name.
    static let rule = "b1112f49765b456c8202d4165f542135"

    /// Of the entry that tells how many entries were withheld.
    static let withheld = "445a268f58c84dcdb09c9fef34c24da8"

    /// All of them, in order.
    static var all: [String] { (byKind.values + [rule, withheld]).sorted() }

    /// The id for a kind.
    static func of(_ kind: IncidentKind) -> String { byKind[kind.rawValue] ?? rule }
}
