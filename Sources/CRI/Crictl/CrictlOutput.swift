// SPDX-License-Identifier: Apache-2.0
public import HealthModel

/// What crictl's output means. Pure: live calls and recordings are read by the same code.
public enum CrictlOutput {
    /// The outcome of a child that was run.
    public static func outcome(rung: ProbeReport.Rung, execution: Execution) -> ProbeReport.Outcome {
        switch execution.ending {
        case .exited(let code):
            outcome(rung: rung, exitCode: code, stdout: execution.stdout, stderr: execution.stderr)
        case .signaled(let signal):
            .broken(ProbeBreakage(reason: .crictlKilled, text: "crictl was killed by signal \(signal)"))
        case .overran(connected: true):
            .failed(ProbeFailure(reason: .timedOut, text: "crictl was connected and had no answer in time"))
        case .overran(connected: false):
            .broken(ProbeBreakage(reason: .crictlKilled, text: "crictl did not get to connect in time"))
        case .overflowed(let stream):
            .broken(ProbeBreakage(reason: .outputTooLarge, text: "too much \(stream.rawValue)"))
        case .abandoned:
            .broken(
                ProbeBreakage(reason: .crictlKilled, text: "crictl was killed and is stuck in the kernel"))
        case .lost:
            .broken(ProbeBreakage(reason: .crictlKilled, text: "the exit status of crictl was lost"))
        }
    }

    /// The outcome of a call that ended by itself: what it printed on success, else why it failed.
    public static func outcome(
        rung: ProbeReport.Rung, exitCode: Int32, stdout: [UInt8], stderr: [UInt8]
    ) -> ProbeReport.Outcome {
        guard exitCode == 0 else { return CrictlFailure.classify(stderr: stderr, exitCode: exitCode) }
        do {
            return switch rung {
            case .socket, .connect: .reached
            case .version: .version(try VersionText.parse(stdout))
            case .status: .status(try CrictlJSON.status(stdout))
            case .pods: .pods(try CrictlJSON.pods(stdout))
            case .containers: .containers(try CrictlJSON.containers(stdout))
            }
        } catch {
            return .failed(ProbeFailure(reason: .unreadable, text: Text.excerpt(error.text)))
        }
    }

    /// The rung of a crictl subcommand (`version`, `info`, `pods`, `ps`), or nil.
    public static func rung(subcommand: String) -> ProbeReport.Rung? {
        switch subcommand {
        case "version": .version
        case "info": .status
        case "pods": .pods
        case "ps": .containers
        default: nil
        }
    }
}

/// Why what crictl printed could not be read.
struct UnreadableOutput: Error, Hashable {
    let text: String
}

/// `crictl version`: lines `Name:  value`.
enum VersionText {
    static func parse(_ bytes: [UInt8]) throws(UnreadableOutput) -> RuntimeVersion {
        var values: [String: String] = [:]
        let text = String(decoding: bytes.prefix(4096), as: UTF8.self)
        for line in text.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            values[Text.excerpt(line[..<colon])] = Text.excerpt(line[line.index(after: colon)...], limit: 128)
        }
        guard let version = values["RuntimeVersion"] else {
            throw UnreadableOutput(text: "crictl version printed no RuntimeVersion: \(text.prefix(200))")
        }
        return RuntimeVersion(
            name: values["RuntimeName"] ?? "", version: version, apiVersion: values["RuntimeApiVersion"] ?? ""
        )
    }
}
