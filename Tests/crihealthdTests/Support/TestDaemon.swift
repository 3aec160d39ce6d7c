// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthEndpoint
import Logging

@testable import crihealthd

/// A daemon on a directory of its own: no bus, no TCP, an empty journal, quick probes.
struct TestDaemon {
    let daemon: Daemon
    let socket: String

    init(
        _ runtime: FakeRuntime, state: TemporaryDirectory, journal: TemporaryDirectory,
        change: (inout Configuration) -> Void = { _ in }
    ) throws {
        socket = state.path + "/http.sock"
        let configuration = Self.configuration(runtime, state, journal, change)
        daemon = try Daemon(
            configuration: configuration, surroundings: Self.surroundings(), logger: Self.logger,
            threshold: LogThreshold(.critical))
        daemon.start()
    }

    static func surroundings() -> Daemon.Surroundings { .init(usesBus: false) }

    static func configuration(
        _ runtime: FakeRuntime, _ state: TemporaryDirectory, _ journal: TemporaryDirectory,
        _ change: (inout Configuration) -> Void = { _ in }
    ) -> Configuration {
        var configuration = Configuration()
        configuration.listen = nil
        configuration.socket = state.path + "/http.sock"
        configuration.stateDirectory = state.path + "/state"
        configuration.rulesDirectory = state.path + "/rules.d"
        configuration.journal.directory = journal.path
        configuration.prober = .inProcess
        configuration.cri.endpoints = [runtime.socketPath]
        configuration.cri.crictl = runtime.crictl
        configuration.cri.pace.native = .milliseconds(100)
        configuration.cri.pace.calls = .milliseconds(500)
        configuration.cri.pace.suspect = .milliseconds(200)
        change(&configuration)
        return configuration
    }

    static var logger: Logger {
        Logger(label: "test") { _ in StderrLogHandler(threshold: LogThreshold(.critical)) }
    }

    /// The answer of a path, as text.
    func page(_ path: String) -> String {
        let answer = try? HTTPClient(target: .unix(path: socket)).get(path, accept: "application/json")
        return answer.map { String(decoding: $0.body, as: UTF8.self) } ?? ""
    }

    /// What `status` would say.
    func status() throws -> StatusAnswer { try StatusAnswer.ask([.unix(path: socket)], format: .text) }

    /// The open incidents, by the endpoint.
    func open() throws -> [OpenIncident] {
        struct State: Decodable { var openIncidents: [OpenIncident] }
        let text = page("/v1/state")
        guard !text.isEmpty else { return [] }
        return try JSONDecoder().decode(State.self, from: Data(text.utf8)).openIncidents
    }
}

/// The parts of an incident's document that these tests read.
struct OpenIncident: Decodable, Equatable {
    var id: String
    var kind: String
    var openedAt: String
}
