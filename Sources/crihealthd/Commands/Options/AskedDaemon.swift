// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import HealthEndpoint

/// Which daemon is asked, in every command that asks one.
struct AskedDaemon: ParsableArguments {
    @Option(help: ArgumentHelp("Configuration file of the daemon.", valueName: "path"))
    var config: String?

    @Option(help: ArgumentHelp("Ask on this unix socket only.", valueName: "path"))
    var socket: String?

    @Option(help: ArgumentHelp("Ask on this TCP address only.", valueName: "addr:port"))
    var listen: String?

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
