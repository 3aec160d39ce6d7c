// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthEndpoint
import HealthModel
import Synchronization

/// A running server on a free port and a unix socket, and what it reported.
final class TestServer: Sendable {
    let server: HealthServer
    let directory: URL
    let reports: Reports

    var socketPath: String { directory.appending(path: "http.sock").path }

    /// Reports in the order in which they came.
    final class Reports: Sendable {
        private let all = Mutex<[ListenerReport]>([])

        func append(_ report: ListenerReport) { all.withLock { $0.append(report) } }

        var list: [ListenerReport] { all.withLock { $0 } }

        /// Waits up to ten seconds.
        func wait(for condition: ([ListenerReport]) -> Bool) -> Bool {
            for _ in 0..<1000 {
                if condition(list) { return true }
                usleep(10_000)
            }
            return condition(list)
        }
    }

    init(
        _ snapshot: Snapshot? = Fixtures.down, port: UInt16 = 0,
        configure: (inout HealthServer.Configuration) -> Void = { _ in },
        recording: (@Sendable () -> [Observation])? = nil
    ) throws {
        directory = URL(filePath: "/tmp/he-\(getpid())-\(UInt32.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        var configuration = HealthServer.Configuration()
        configuration.addresses = [
            .tcp(host: "127.0.0.1", port: port), .unix(path: directory.appending(path: "http.sock").path),
        ]
        configure(&configuration)
        let reports = Reports()
        self.reports = reports
        server = HealthServer(
            configuration: configuration, initial: snapshot, onListener: { reports.append($0) },
            recording: recording)
        server.start()
    }

    deinit {
        server.stop()
        try? FileManager.default.removeItem(at: directory)
    }

    /// The TCP port, once it is bound.
    var port: UInt16? {
        for case .listening(let port?) in reports.list.map(\.outcome) { return port }
        return nil
    }

    func tcp(receiveBuffer: Int32? = nil) throws -> Client {
        guard let port else { throw Client.Failure(call: "no TCP port", errno: 0) }
        return try Client(port: port, receiveBuffer: receiveBuffer)
    }

    func unix() throws -> Client { try Client(path: socketPath) }
}
