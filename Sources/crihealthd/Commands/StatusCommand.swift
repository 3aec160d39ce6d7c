import ArgumentParser
import FoundationEssentials
import HealthEndpoint
import HealthModel

/// `crihealthd status`: asks the daemon.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Ask the running daemon how the node is.",
        discussion:
            "Exits with 0 when the node is healthy, 1 degraded, 2 unhealthy, 3 unknown or without an answer.")

    @Option(help: ArgumentHelp("Configuration file that the daemon uses.", valueName: "path"))
    var config: String?

    @Option(help: ArgumentHelp("Ask on this unix socket only.", valueName: "path"))
    var socket: String?

    @Option(help: ArgumentHelp("Ask on this TCP address only.", valueName: "address:port"))
    var listen: String?

    @Option(name: .shortAndLong, help: "text or json.")
    var output: OutputFormat = .text

    /// Asks, prints, and exits with the verdict.
    func run() throws {
        let answer: StatusAnswer
        do {
            answer = try StatusAnswer.ask(try targets(), format: output)
        } catch {
            Console.error("crihealthd: no answer from the daemon\n\(error)")
            throw ExitCode(ExitStatus.unreachable)
        }
        Output.write(answer.text)
        throw ExitCode(ExitStatus.code(answer.verdict))
    }

    /// Whom to ask, in order.
    func targets() throws -> [ListenAddress] {
        if let socket { return [.unix(path: socket)] }
        if let listen {
            guard let address = ListenAddress(listen) else {
                throw ValidationError("--listen: \"\(listen)\" is not a numeric address with a port")
            }
            return [address]
        }
        let path = config ?? Configuration.defaultPath
        let configuration = try ConfigurationReader.load(path: path, required: config != nil)
        return [configuration.socket.map { .unix(path: $0) }, configuration.listen].compactMap(\.self)
    }
}

/// What the daemon said.
struct StatusAnswer: Equatable {
    /// Nobody answered well: one line per address.
    struct NoAnswer: Error, Equatable, CustomStringConvertible {
        /// Why not, in the order of asking.
        var reasons: [String]

        var description: String { reasons.joined(separator: "\n") }
    }

    private struct State: Decodable {
        var verdict: Snapshot.Verdict
    }

    /// As it is printed.
    var text: String
    /// The one word.
    var verdict: Snapshot.Verdict

    /// Asks one after the other until one answers.
    static func ask(
        _ targets: [ListenAddress], format: OutputFormat, deadline: Duration = .seconds(5)
    ) throws(NoAnswer) -> StatusAnswer {
        var reasons: [String] = []
        for target in targets {
            let client = HTTPClient(target: target, deadline: deadline)
            do throws(HTTPClientError) {
                let answer =
                    switch format {
                    case .text: try client.get("/", accept: "text/plain")
                    case .json: try client.get("/v1/state?pretty", accept: "application/json")
                    }
                guard answer.status == 200, let verdict = verdict(answer.body, format) else {
                    reasons.append("\(target): this is not crihealthd (HTTP status \(answer.status))")
                    continue
                }
                return StatusAnswer(text: String(decoding: answer.body, as: UTF8.self), verdict: verdict)
            } catch {
                reasons.append(error.description)
            }
        }
        throw NoAnswer(reasons: reasons.isEmpty ? ["the configuration names no address"] : reasons)
    }

    /// The page leads with its verdict in capitals; the document has it by name.
    private static func verdict(_ body: [UInt8], _ format: OutputFormat) -> Snapshot.Verdict? {
        switch format {
        case .text:
            let word = body.prefix { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\n") }.prefix(16)
            return Snapshot.Verdict(rawValue: String(decoding: word, as: UTF8.self).lowercased())
        case .json: return try? JSONDecoder().decode(State.self, from: Data(body)).verdict
        }
    }
}
