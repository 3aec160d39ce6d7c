// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// A sentence of systemd's manager, as the fields that it was logged with say it.
///
/// Sources: systemd `src/core/job.c` (jobs), `src/core/service.c` and `src/core/unit.c` (units), v219 to v257.
struct ManagerSentence: Hashable {
    var unit: String?
    var messageID: String?
    var fields: [String: String] = [:]
    /// What a job's sentence calls its unit.
    var description: String?
    /// In the form that rules know: `UNIT: …` for what older versions say without a colon.
    var message: String

    /// Reads a sentence; `descriptions` says which units its descriptions stand for.
    init(_ message: String, _ descriptions: UnitDescriptions) {
        self.message = message
        if let (unit, rest) = Self.unitBefore(message) {
            self.unit = unit
            read(rest, of: unit)
        } else if let job = Self.job(message) {
            messageID = job.messageID
            unit = descriptions.unit(job.name)
            description = job.name
            if let result = job.result { fields["JOB_RESULT"] = result }
        } else {
            readOld(message)
        }
    }

    // MARK: Of a unit

    /// `crio.service: Main process exited, …`; `unit` in front of it as v219 sometimes has it.
    private static func unitBefore(_ message: String) -> (String, Substring)? {
        guard let colon = message.firstRange(of: ": ") else {
            // v219: `kubelet.service failed.`, `crio.service holdoff time over, scheduling restart.`
            guard let blank = message.firstIndex(of: " ") else { return nil }
            let name = String(message[..<blank])
            return UnitDescriptions.isUnit(name) ? (name, message[message.index(after: blank)...]) : nil
        }
        let name = String(message[..<colon.lowerBound])
        if UnitDescriptions.isUnit(name) { return (name, message[colon.upperBound...]) }
        guard let blank = message.firstIndex(of: " "), blank < colon.lowerBound else { return nil }
        let first = String(message[..<blank])
        return UnitDescriptions.isUnit(first) ? (first, message[message.index(after: blank)...]) : nil
    }

    private mutating func read(_ rest: Substring, of unit: String) {
        if let exit = Self.exit(rest) {
            messageID = MessageID.processExit
            fields["EXIT_CODE"] = exit.code
            fields["EXIT_STATUS"] = exit.status
        } else if rest.hasPrefix("Failed with result '") {
            messageID = MessageID.unitFailed
            fields["UNIT_RESULT"] = String(rest.dropFirst(20).prefix { $0 != "'" })
        } else if rest.hasPrefix("failed to run '") {
            // Before v230 the result is not said: nothing of the unit could be run.
            messageID = MessageID.unitFailed
            fields["UNIT_RESULT"] = "resources"
        } else if rest.hasPrefix("Unit entered failed state") || rest == "failed." {
            messageID = MessageID.unitFailed
        } else if rest.hasPrefix("Deactivated successfully") || rest.hasPrefix("Succeeded.") {
            messageID = MessageID.unitSucceeded
        } else if rest.hasPrefix("Scheduled restart job") {
            messageID = MessageID.restartScheduled
            let digits = rest.reversed().drop { !$0.isNumber }.prefix { $0.isNumber }
            if !digits.isEmpty { fields["N_RESTARTS"] = String(digits.reversed()) }
        } else if Self.isHoldOff(rest) {
            messageID = MessageID.restartScheduled
        } else if rest.hasPrefix("A process of this unit has been killed by the OOM killer") {
            messageID = MessageID.outOfMemory
        }
    }

    /// What is logged before a restart is scheduled, and by versions before v233 instead of that.
    static func isHoldOff(_ rest: Substring) -> Bool {
        rest.hasSuffix("scheduling restart.")
            && (rest.hasPrefix("Service hold-off time over") || rest.hasPrefix("holdoff time over")
                || rest.hasPrefix("Service holdoff time over") || rest.hasPrefix("Service RestartSec="))
    }

    /// `Main process exited, code=exited, status=1/FAILURE`, `control process exited, code=exited status=1`.
    private static func exit(_ rest: Substring) -> (code: String, status: String)? {
        let whats = [
            "Main process exited, ", "main process exited, ", "Control process exited, ",
            "control process exited, ",
        ]
        guard let what = whats.first(where: { rest.hasPrefix($0) }) else { return nil }
        let tail = rest.dropFirst(what.count)
        guard let code = value("code=", tail), let status = value("status=", tail) else { return nil }
        return (code, String(status.prefix { $0 != "/" }))
    }

    private static func value(_ key: String, _ text: Substring) -> String? {
        guard let mark = text.firstRange(of: key) else { return nil }
        let value = text[mark.upperBound...].prefix { $0 != "," && $0 != " " }
        return value.isEmpty ? nil : String(value)
    }

    // MARK: Of a job

    private struct Job {
        var name: String
        var messageID: String?
        var result: String?
    }

    private static func job(_ message: String) -> Job? {
        for (prefix, suffix, id, result) in jobs where message.hasPrefix(prefix) && message.hasSuffix(suffix)
        {
            let name = message.dropFirst(prefix.count).dropLast(suffix.count)
            return name.isEmpty ? nil : Job(name: String(name), messageID: id, result: result)
        }
        return nil
    }

    private static let jobs: [(prefix: String, suffix: String, id: String?, result: String?)] = [
        ("Starting ", "...", MessageID.unitStarting, nil), ("Starting ", "…", MessageID.unitStarting, nil),
        ("Started ", ".", MessageID.unitStarted, "done"), ("Finished ", ".", MessageID.unitStarted, "done"),
        ("Reached target ", ".", MessageID.unitStarted, "done"),
        ("Stopping ", "...", MessageID.unitStopping, nil), ("Stopping ", "…", MessageID.unitStopping, nil),
        ("Stopped target ", ".", MessageID.unitStopped, "done"),
        ("Stopped (with error) ", ".", MessageID.unitStopped, "failed"),
        ("Stopped ", ".", MessageID.unitStopped, "done"),
        ("Failed to start ", ".", MessageID.unitFailedToStart, "failed"),
        ("Timed out starting ", ".", MessageID.unitFailedToStart, "timeout"),
        ("Dependency failed for ", ".", MessageID.unitFailedToStart, "dependency"),
        ("Stopped ", "", MessageID.unitStopped, "done"), ("Started ", "", MessageID.unitStarted, "done"),
        ("Failed to start ", "", MessageID.unitFailedToStart, "failed"),
    ]

    // MARK: Older words

    private mutating func readOld(_ message: String) {
        if message.hasPrefix("Unit "), message.contains(" entered failed state") {
            name(message.dropFirst(5))
            messageID = MessageID.unitFailed
        } else if message.hasPrefix("start request repeated too quickly for ") {
            name(message.dropFirst(39))
            if let unit { self.message = "\(unit): Start request repeated too quickly." }
        } else if message.hasPrefix("Job ") {
            // The job, and behind the slash what it was to do.
            let job = message.dropFirst(4).prefix { $0 != "/" && $0 != " " }
            name(job)
            if let unit, message.contains(" failed with result 'dependency'") {
                self.message = "\(unit): Job \(unit)/start failed with result 'dependency'."
            }
        }
    }

    private mutating func name(_ text: Substring) {
        let name = String(text.prefix { $0 != " " && $0 != "," })
        if UnitDescriptions.isUnit(name) { unit = name }
    }
}
