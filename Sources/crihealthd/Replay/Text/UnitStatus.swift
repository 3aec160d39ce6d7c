// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// The head of what `systemctl status` prints of a service: its state, and how its processes ended. Below it stand lines of
/// its log, which are read as any other.
///
/// Of a service that is down it gives the sentences that systemd logged for it. Source: systemd `src/systemctl/systemctl-show.c`
/// (`print_status_info`), v219 to v257.
struct UnitStatus {
    /// How a process ended, as systemd's own sentence says it: `code=exited, status=203/EXEC`.
    private struct End {
        var words: String
        var isGood: Bool
    }

    let unit: String
    /// `crio.service - Container Runtime Interface for OCI (CRI-O)`.
    private let title: String
    /// Since when it is in its state.
    private(set) var since: TextTime?
    /// Whether lines of the head may still come.
    private(set) var isOpen = true
    /// Whether the log below tells by itself how the main process ended.
    var isTold = false
    private var state = ""
    private var result: String?
    private var main: End?
    private var control: End?

    /// Begins with `● crio.service - Container Runtime …`; nil for any other line.
    init?(_ line: [UInt8]) {
        let text = line.drop { $0 == 0x20 }
        guard let first = text.first, Self.firstBytes.contains(first) else { return nil }
        let words = String(decoding: text.prefix(512), as: UTF8.self)
        guard let bullet = words.first, Self.bullets.contains(bullet), words.dropFirst().first == " " else {
            return nil
        }
        let title = String(words.dropFirst(2))
        let name = title.firstRange(of: " - ").map { String(title[..<$0.lowerBound]) } ?? title
        guard name.hasSuffix(".service"), UnitDescriptions.isUnit(name) else { return nil }
        (unit, self.title) = (name, title)
    }

    private static let firstBytes: Set<UInt8> = [0xE2, 0xC3, UInt8(ascii: "*"), UInt8(ascii: "?")]
    /// One for each state since v246, in ASCII where the terminal knows no more.
    private static let bullets: Set<Character> = ["●", "○", "×", "↻", "◌", "*", "?"]

    // MARK: Its lines

    /// Takes a line of the head; false for one that is none, with which the head ends.
    mutating func take(_ line: [UInt8]) -> Bool {
        let text = String(decoding: line.drop { $0 == 0x20 || $0 == 0x09 }.prefix(4096), as: UTF8.self)
        guard let key = Self.keys.first(where: { text.hasPrefix($0) }) else {
            isOpen = false
            return false
        }
        let value = text.dropFirst(key.count)
        switch key {
        case "Active: ": readState(value)
        case "Main PID: ": main = Self.end(value) ?? main
        case "Process: ":
            guard let end = Self.end(value) else { break }
            if value.contains(" ExecStartPre=") {
                if !end.isGood { control = end }
            } else if value.contains(" ExecStart=") {
                main = main ?? end
            }
        default: break
        }
        return true
    }

    private static let keys = [
        "Active: ", "Process: ", "Main PID: ", "Loaded: ", "Drop-In: ", "Docs: ", "Status: ", "Error: ",
        "Tasks: ", "Memory: ", "CPU: ", "CGroup: ", "TriggeredBy: ", "Triggers: ", "Duration: ",
        "Invocation: ", "IO: ", "IP: ", "Condition: ", "Transient: ", "FD Store: ", "└─", "├─", "│",
    ]

    /// `failed (Result: exit-code) since Thu 2021-01-07 15:44:41 CET; 7min ago`.
    private mutating func readState(_ value: Substring) {
        let mark = value.firstRange(of: " since ")
        state = String(value[..<(mark?.lowerBound ?? value.endIndex)])
        if let open = state.firstRange(of: "(Result: ") {
            result = String(state[open.upperBound...].prefix { $0 != ")" })
        }
        guard let mark else { return }
        // The day's name may be in any language.
        let words = value[mark.upperBound...].prefix { $0 != ";" }.split(separator: " ")
        guard let date = words.firstIndex(where: { $0.utf8.count == 10 && $0.contains("-") }) else { return }
        let plain = (["Day"] + words[date...].map(String.init) + [""]).joined(separator: " ")
        var cursor = ByteCursor(Array(plain.utf8))
        since = cursor.fullTime()
    }

    /// `1457 (code=exited, status=1/FAILURE)`, `(code=killed, signal=TERM)`.
    private static func end(_ value: Substring) -> End? {
        guard let open = value.firstRange(of: "(code=") else { return nil }
        let inner = value[open.upperBound...].prefix { $0 != ")" }
        let code = inner.prefix { $0 != "," }
        if let status = inner.firstRange(of: "status=") {
            let status = inner[status.upperBound...]
            guard let number = Int32(status.prefix { $0.isNumber }) else { return nil }
            return End(words: "code=\(code), status=\(status)", isGood: number == 0)
        }
        guard let mark = inner.firstRange(of: "signal=") else { return nil }
        let signal = String(inner[mark.upperBound...])
        guard let number = signals[signal] else { return nil }
        return End(words: "code=\(code), status=\(number)/\(signal)", isGood: false)
    }

    private static let signals = [
        "HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "TRAP": 5, "ABRT": 6, "BUS": 7, "FPE": 8, "KILL": 9,
        "SEGV": 11, "PIPE": 13, "ALRM": 14, "TERM": 15,
    ]

    // MARK: What systemd said

    /// systemd's sentences of its end; none of a service that is up, or of one that never ran.
    var sentences: [String] {
        let isLooping = state.contains("auto-restart")
        guard isLooping || state.hasPrefix("failed") else {
            return state.hasPrefix("inactive") && since != nil ? ["Stopped \(title)."] : []
        }
        var sentences: [String] = []
        if let control, !isTold {
            sentences.append("\(unit): Control process exited, \(control.words)")
        } else if let main, !main.isGood, !isTold {
            sentences.append("\(unit): Main process exited, \(main.words)")
        }
        if result == "start-limit" || result == "start-limit-hit" {
            sentences.append("\(unit): Start request repeated too quickly.")
        }
        if let result {
            sentences.append(
                "\(unit): Failed with result '\(result == "start-limit" ? "start-limit-hit" : result)'.")
        }
        if isLooping { sentences.append("\(unit): Service hold-off time over, scheduling restart.") }
        return sentences
    }
}
