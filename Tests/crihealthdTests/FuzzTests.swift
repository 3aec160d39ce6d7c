// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

@testable import CRI
@testable import Diagnosis
@testable import Systemd
@testable import crihealthd

/// Seeded mutations of everything that is read: each is answered or refused, and none ends the process.
///
/// The seed is printed, and `FUZZ_SEED` repeats it; `FUZZ_SECONDS` says how long each input is tried (`make fuzz`).
@Suite(.serialized) struct FuzzTests {
    static let seed =
        ProcessInfo.processInfo.environment["FUZZ_SEED"].flatMap { UInt64($0) } ?? .random(in: 0 ... .max)
    static let seconds =
        ProcessInfo.processInfo.environment["FUZZ_SECONDS"].flatMap { Double($0) } ?? 1.5

    /// What is tried, by name.
    static let targets = [
        "export", "observations", "checkpoint", "frames", "rules", "config", "advisories", "version", "info",
        "pods",
        "containers", "lines", "times",
    ]

    @Test(arguments: targets) func nothingEndsTheProcess(_ target: String) throws {
        let seeds = try Self.seeds(target)
        var mutation = Mutation(seed: Self.seed, of: seeds)
        let end = Date.now + Self.seconds
        var tried = 0
        while Date.now < end {
            Self.feed(target, mutation.next())
            tried += 1
        }
        print("fuzz \(target): seed \(Self.seed), \(tried) inputs")
        #expect(tried > 0)
    }

    private static func feed(_ target: String, _ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        switch target {
        case "export":
            for entry in (try? JournalExport.entries(in: bytes)) ?? [] {
                _ = Recordings.rules.recognize(entry)
                _ = entry.at.wall.description
            }
        case "observations":
            guard let observation = try? JSONDecoder().decode(Observation.self, from: Data(bytes)) else {
                return
            }
            let replayer = Replayer.replay([observation, observation], rules: Recordings.rules)
            _ = replayer.incidents.map { "\($0.openedAt.date) \($0.lastSeenAt)" }
        case "checkpoint":
            guard CheckpointFrame.fault(in: bytes) == nil,
                let state = try? JSONDecoder().decode(EngineState.self, from: Data(bytes)),
                state.fault(
                    at: Moment(wall: .init(microseconds: 1), monotonic: .init(microseconds: 1)), bootID: "b")
                    == nil
            else { return }
            var engine = Engine(rules: Recordings.rules, restoring: state)
            _ = engine.receive(
                Observation(
                    at: Moment(wall: .init(microseconds: 1), monotonic: .init(microseconds: 1)), event: .tick)
            )
        case "frames":
            _ = (ProbeWire.decode(ProbeQuestion.self, bytes), ProbeWire.decode(ProbeAnswer.self, bytes))
        case "rules": _ = try? SignalRules(documents: [RuleDocument(name: "f", text: text)])
        case "config": _ = try? ConfigurationReader.parse(text, file: "f")
        case "advisories": _ = try? AdvisoryTable().adding([RuleDocument(name: "f", text: text)])
        case "version": _ = try? VersionText.parse(bytes)
        case "info": _ = try? CrictlJSON.status(bytes)
        case "pods": _ = try? CrictlJSON.pods(bytes)
        case "containers": _ = try? CrictlJSON.containers(bytes)
        case "lines":
            for unit in ["containerd.service", "kubelet.service", "crio.service"] {
                let moment = Moment(wall: .init(microseconds: 0), monotonic: .init(microseconds: 0))
                _ = Recordings.rules.recognize(
                    JournalEntry(cursor: "", at: moment, source: .unit, unit: unit, message: text))
            }
        default:
            _ = WallTime(rfc3339: text)?.description
            _ = DurationText.parse(text)
            _ = Int64(text).map { "\(WallTime(microseconds: $0).date)\(Duration.microseconds($0).brief)" }
        }
    }

    private static func seeds(_ target: String) throws -> [[UInt8]] {
        let observations = try Recordings.observations("containerd-1.6.20-kill9")
        func json(_ value: some Encodable) -> [UInt8] {
            (try? JSONEncoder().encode(value)).map(Array.init) ?? []
        }
        switch target {
        case "export":
            let all = try Data(
                contentsOf: URL(filePath: Recordings.path("containerd-1.6.20-kill9") + "/journal.export"))
            return [Array(all.prefix(6000)), Array(all.dropFirst(20_000).prefix(6000))]
        case "observations": return observations.prefix(60).map(json)
        case "checkpoint":
            var engine = Engine(rules: Recordings.rules)
            for observation in observations { _ = engine.receive(observation) }
            return [json(engine.state)]
        case "frames": return [json(ProbeQuestion(ask: .endpoints)), json(observations.first)]
        case "rules": return ShippedRules.documents.prefix(4).map { Array($0.text.utf8.prefix(3000)) }
        case "config":
            return [
                "listen = \"127.0.0.1:10274\"\nlog_lines = true\n[journal]\nunits = [\"a\"]\nbacklog_age = \"1d\"\n[cri]\nendpoints = [\"unix:///x\"]\n"
            ].map { Array($0.utf8) }
        case "advisories":
            return [
                "date = \"2026-08-31\"\n[[advisory]]\nid = \"a\"\ncomponent = \"containerd\"\ncategory = \"defect\"\nsentence = \"x\"\nfixed-in = [\"2.0.2\"]\nsource = \"y\"\n"
            ].map { Array($0.utf8) }
        case "version":
            return [
                "Version:  0.1.0\nRuntimeName:  containerd\nRuntimeVersion:  1.6.20\nRuntimeApiVersion:  v1\n"
            ].map { Array($0.utf8) }
        case "info":
            return [
                "{\"status\":{\"conditions\":[{\"type\":\"RuntimeReady\",\"status\":true,\"reason\":\"\",\"message\":\"\"}]},\"config\":{\"cni\":{\"binDir\":\"/x\"}}}"
            ].map { Array($0.utf8) }
        case "pods":
            return [
                "{\"items\":[{\"id\":\"a\",\"metadata\":{\"name\":\"n\",\"uid\":\"u\",\"namespace\":\"d\",\"attempt\":0},\"state\":\"SANDBOX_READY\",\"createdAt\":\"1690000000000000000\",\"labels\":{}}]}"
            ].map { Array($0.utf8) }
        case "containers":
            return [
                "{\"containers\":[{\"id\":\"a\",\"podSandboxId\":\"b\",\"metadata\":{\"name\":\"n\",\"attempt\":0},\"state\":\"CONTAINER_RUNNING\",\"createdAt\":\"1690000000000000000\",\"image\":{\"image\":\"x\"}}]}"
            ].map { Array($0.utf8) }
        case "lines": return Recordings.rules.rules.flatMap(\.examples).map { Array($0.utf8) }
        default:
            return ["2026-11-22T01:42:28.6+01:00", "1m30s", "-9223372036854775808", "9223372036854775807"].map
            { Array($0.utf8) }
        }
    }
}

/// Mutations of bytes: the same for the same seed.
struct Mutation {
    private var random: SplitMix64
    private let seeds: [[UInt8]]
    private static let tokens = [
        "9223372036854775807", "-9223372036854775808", "18446744073709551615", "1e308", "null", "{", "}", "[",
        "]", "\"", "\\",
        "\n", "\0", "\u{1B}", "\u{202E}", "=", ":", ",", "\\u0000", "msg=\"", "err=\"", "container init: ",
        "mkdir ", "exec: \"", "`",
        "-1", "0", "true", "password=", "://a:b@",
    ].map { Array($0.utf8) }

    init(seed: UInt64, of seeds: [[UInt8]]) {
        (random, self.seeds) = (SplitMix64(seed: seed), seeds.filter { !$0.isEmpty })
    }

    /// One of the seeds, changed in one to four places.
    mutating func next() -> [UInt8] {
        var bytes = seeds[below(seeds.count)]
        for _ in 0...below(4) {
            let place = below(bytes.count + 1)
            switch below(10) {
            case 0..<4: bytes.insert(contentsOf: Self.tokens[below(Self.tokens.count)], at: place)
            case 4..<6: bytes.removeSubrange(place..<min(bytes.count, place + 1 + below(8)))
            case 6: if place < bytes.count { bytes[place] = UInt8(below(256)) }
            case 7:
                // A number becomes another.
                guard
                    let digit = bytes[min(place, bytes.count)...].firstIndex(where: {
                        (0x30...0x39).contains($0)
                    })
                else { continue }
                let end = bytes[digit...].firstIndex { !(0x30...0x39).contains($0) } ?? bytes.count
                bytes.replaceSubrange(digit..<end, with: Self.tokens[below(4)])
            default:
                let from = below(bytes.count + 1)
                bytes.insert(contentsOf: bytes[from..<min(bytes.count, from + 1 + below(40))], at: place)
            }
        }
        return bytes
    }

    private mutating func below(_ bound: Int) -> Int {
        Int(random.next() % UInt64(max(bound, 1)))
    }
}
