// SPDX-License-Identifier: Apache-2.0
import HealthModel

extension SignalLog {
    /// What systemd said of the command that it could not execute for a unit's main process: missing, or unusable.
    ///
    /// Its line stands right before the exit record (systemd src/core/exec-invoke.c: the forked child writes it, and ends with
    /// 203/EXEC). A command before it that may fail (`ExecStartPre=-/sbin/modprobe overlay`) gets the same line at each start,
    /// and no exit record: so the last line before the end counts, that of the unit's own command before others, and an end
    /// of another kind makes none of them the cause. Without an exit record, as in a paste, `time` says how far back.
    func execFailure(of unit: UnitFacts, since time: MonotonicTime) -> Signal? {
        if let exit = unit.exit, !exit.isExecFailure { return nil }
        if unit.exit == nil, let result = unit.result, result != "exit-code" { return nil }
        let from = unit.exit.map { $0.at.monotonic - .seconds(1) } ?? time
        let lines = [SignalName.binaryMissing, .binaryUnusable]
            .flatMap { all($0, unit: unit.name, since: from) }
            .filter { line in
                line.isOfSystemd && unit.exit.map { line.at.monotonic <= $0.at.monotonic } ?? true
            }
            .sorted { $0.at.monotonic < $1.at.monotonic }
        guard let own = unit.state?.execStart else { return lines.last }
        let ofOwn = lines.last { $0.captures["path"] == own }
        // The bus tells of an end before the journal has told all of it.
        return unit.exit?.cursor == nil ? ofOwn : ofOwn ?? lines.last
    }

    /// Why a unit's own binary does not run: as systemd said of it, else as the dynamic linker did in its place.
    func binaryFailure(of unit: UnitFacts, since time: MonotonicTime) -> Signal? {
        execFailure(of: unit, since: time)
            ?? all(.binaryUnusable, unit: unit.name, since: time).last { !$0.isOfSystemd }
    }
}

extension UnitFacts.Exit {
    /// systemd could not execute the command (203/EXEC, systemd.exec(5)).
    var isExecFailure: Bool { code == "exited" && status == 203 }
}

extension Signal {
    /// systemd said it of the unit; the unit's own process did not.
    var isOfSystemd: Bool { captures["by"] == "systemd" }
}
