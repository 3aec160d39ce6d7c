// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What a recording has, and so what it lacks.
struct RecordingWitness {
    private var hasEntries = false
    private var hasAnswers = false
    private var journal: JournalHealth?
    private var breakage: ProbeBreakage?

    /// Takes an observation in.
    mutating func take(_ observation: Observation) {
        switch observation.event {
        case .journal: hasEntries = true
        case .daemon(.journal(let health)): journal = health
        case .probe(let report):
            switch report.outcome {
            case .broken(let breakage): self.breakage = breakage
            case .failed, .version, .status, .pods, .containers: hasAnswers = true
            case .reached: break
            }
        default: break
        }
    }

    /// What is not in it although it was looked for, each in words: nobody who reads it can tell a quiet node from one that
    /// could not be read.
    var missing: [String] {
        var missing: [String] = []
        if !hasEntries, let problem = Self.problem(journal) { missing.append("every log line (\(problem))") }
        if !hasAnswers, let breakage {
            let text = breakage.text.isEmpty ? breakage.reason.rawValue : breakage.text
            missing.append("every answer of the runtime (\(text))")
        }
        return missing
    }

    private static func problem(_ health: JournalHealth?) -> String? {
        switch health {
        case .noFiles: "no journal file can be read"
        case .failed(let errno, let operation): "\(operation): \(ErrnoText.describe(errno))"
        case .following, .polling, .catchingUp, nil: nil
        }
    }
}
