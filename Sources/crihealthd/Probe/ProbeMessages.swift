// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import HealthModel

/// What crosses the prober's socket. Both ends are one binary; the version tells them apart across an upgrade.
///
/// A frame is its length (four bytes, big endian) and so many bytes of JSON. The daemon sends questions, the prober
/// answers each before it reads the next.
enum ProbeWire {
    /// Raised with every change that an older end would misread.
    static let version = 5
    /// Largest question: 64 container ids of 64 digits fit.
    static let questionLimit = 8 * 1024
    /// Largest answer.
    static let answerLimit = 16 << 20
    /// From the first to the last byte of a question, and for writing an answer.
    static let frameDeadline: Duration = .seconds(2)
}

/// A question, with what is needed to understand it.
struct ProbeQuestion: Equatable, Codable, Sendable {
    /// All that can be asked.
    enum Ask: Equatable, Codable, Sendable {
        /// Which endpoints are there?
        case endpoints
        /// Ask one rung, or socket and connect(2), of the endpoint behind this socket, which must be one of the prober's
        /// own, and whether it greets.
        case climb(socket: String, rungs: [ProbeReport.Rung], greeting: Bool)
        /// Look at the node.
        case node(Inquiry)
        /// What was appended to this log file?
        case logFile(path: String, from: LogFilePosition?)
    }

    /// ``ProbeWire/version`` of the asker.
    var version = ProbeWire.version
    /// What is asked.
    var ask: Ask
}

/// The answer to one question.
struct ProbeAnswer: Equatable, Codable, Sendable {
    /// By the kind of question.
    enum Reply: Equatable, Codable, Sendable {
        /// The prober's own endpoints.
        case endpoints([FoundEndpoint])
        /// The rungs, and whether it greets.
        case climb(Climb)
        /// The node; nil: nobody can tell.
        case node(NodeReport?)
        /// The log file's next piece; nil: it is not there.
        case logFile(LogFilePiece?)
        /// No answer.
        case refused(Refusal)
    }

    /// Why a question is not answered.
    enum Refusal: String, Equatable, Codable, Sendable {
        /// Not a question of this version.
        case malformed
        /// The asker is of another version.
        case otherVersion
        /// Not on the closed list, or about something that the prober does not know.
        case notAllowed
        /// Too many questions.
        case tooMany
        /// The answer would be too large.
        case tooLarge
    }

    /// ``ProbeWire/version`` of the prober.
    var version = ProbeWire.version
    /// What is answered.
    var reply: Reply
}

extension ProbeWire {
    /// The content of a frame.
    static func encode(_ value: some Encodable) -> [UInt8]? {
        (try? JSONEncoder().encode(value)).map(Array.init)
    }

    /// Reads the content of a frame; nil when it is not such a value.
    static func decode<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) -> Value? {
        try? JSONDecoder().decode(type, from: Data(bytes))
    }

    /// The version alone, of a message that may have another shape otherwise.
    static func version(of bytes: [UInt8]) -> Int? {
        struct Head: Decodable { var version: Int }
        return decode(Head.self, bytes)?.version
    }
}
