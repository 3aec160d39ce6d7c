// SPDX-License-Identifier: Apache-2.0
import HealthModel

@testable import Diagnosis

extension CauseScene {
    /// A probe that cannot be made, beside a runtime that is well.
    private static func probe(
        _ cause: Cause, _ reason: ProbeBreakage.Reason, nearMiss: @escaping @Sendable (inout Scene) -> Void
    ) -> CauseScene {
        CauseScene(
            .monitoringImpaired, cause,
            play: {
                $0.starts()
                $0.probe(.version, .broken(ProbeBreakage(reason: reason, text: "recorded")))
            },
            nearMiss: {
                $0.starts()
                nearMiss(&$0)
                $0.wait(.seconds(60))
            },
            end: {
                $0.wait(.seconds(1))
                $0.answers()
            })
    }

    /// What the daemon says of one of its senses, and what it says of it when all is well.
    private static func sense(
        _ cause: Cause, _ broken: SelfReport, well: SelfReport, lasts: Duration = .seconds(1),
        nearMiss: [SelfReport]
    ) -> CauseScene {
        CauseScene(
            .monitoringImpaired, cause,
            play: {
                $0.starts()
                $0.feed(.daemon(broken))
                $0.wait(lasts)
            },
            nearMiss: {
                $0.starts()
                for report in nearMiss { $0.feed(.daemon(report)) }
                $0.wait(.seconds(60))
            },
            end: {
                $0.feed(.daemon(well))
                $0.wait(.seconds(1))
            })
    }

    static let monitoringImpaired: [CauseScene] = probes + senses

    private static let probes: [CauseScene] = [
        probe(.crictlMissing, .crictlMissing) { $0.fails(.socketMissing, at: .socket) },
        probe(.permissionDenied, .permissionDenied) { $0.fails(.refused, at: .connect) },
        probe(.proberUnreachable, .proberUnreachable) { $0.fails(.timedOut) },
        probe(.crictlUnusable, .crictlUsage) {
            // Who stops this daemon kills its crictl with it.
            $0.probe(.version, .broken(ProbeBreakage(reason: .crictlKilled, text: "SIGTERM")))
            $0.wait(.seconds(1))
            $0.answers()
        },
    ]

    private static let senses: [CauseScene] = [
        sense(
            .journalUnreadable, .journal(.failed(errno: 13, operation: "sd_journal_open")),
            well: .journal(.following),
            nearMiss: [.journal(.noFiles), .journal(.polling(errno: 24)), .journal(.catchingUp)]),
        sense(
            .busUnavailable, .bus(problem: "connect: Connection refused"), well: .bus(problem: nil),
            lasts: .seconds(4),
            // systemd executes itself anew.
            nearMiss: [.bus(problem: "connect: Connection refused"), .bus(problem: nil)]),
        sense(
            .checkpointUnwritable, .checkpoint(problem: "No space left on device"),
            well: .checkpoint(problem: nil), nearMiss: [.checkpoint(problem: nil)]),
        sense(
            .rulesRefused, .rules(refused: ["10-own.toml:3: a rule needs an id"]), well: .rules(refused: []),
            nearMiss: [.rules(refused: [])]),
        sense(
            .listenerUnavailable, .listener(address: "127.0.0.1:9310", problem: "Address already in use"),
            well: .listener(address: "127.0.0.1:9310", problem: nil),
            nearMiss: [.listener(address: "127.0.0.1:9310", problem: nil)]),
        CauseScene(
            .monitoringImpaired, .blindWindow,
            play: {
                $0.starts()
                $0.feed(
                    .daemon(
                        .blind(
                            BlindWindow(
                                reason: .suppressed, from: nil, to: $0.now.wall, unit: Scene.unit,
                                entries: 12))))
            },
            // The follower declares what journald dropped; the entry that says so is not counted again.
            nearMiss: {
                $0.starts()
                $0.journal(
                    source: .journald, message: "Suppressed 12 messages from containerd.service",
                    messageID: MessageID.journalDropped, fields: ["N_DROPPED": "12"])
            },
            end: { $0.wait($0.engine.configuration.blindWindowShown + .seconds(1)) }),
    ]
}
