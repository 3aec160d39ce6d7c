// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel

/// A runtime as the probe ladder sees it: a listening socket, and a crictl that answers for it.
final class FakeRuntime {
    let directory: TemporaryDirectory
    let socketPath: String
    let crictl: String
    private(set) var listener: Int32?

    /// `errs`: every call of its API ends in an error. `does`: what every call of crictl does instead, in sh.
    init(errs: Bool = false, does: String? = nil) throws {
        directory = try TemporaryDirectory()
        socketPath = directory.path + "/cri.sock"
        crictl = try directory.write(
            "crictl",
            does.map { "#!/bin/sh\n\($0)\n" } ?? Self.script(calls: directory.path + "/calls", errs: errs),
            mode: 0o755)
        try start()
    }

    deinit { stop() }

    /// Listens.
    func start() throws { listener = try OneShotServer.listen(socketPath) }

    /// Stops, and takes its socket away.
    func stop() {
        if let listener { close(listener) }
        listener = nil
        unlink(socketPath)
    }

    private static let error = """
        echo 'time="2026-11-22T01:42:28Z" level=fatal msg="getting the runtime version: rpc error: code = Internal desc = x"' >&2
        exit 1
        """

    /// The subcommands that were called so far.
    var calls: [String] {
        let text = (try? String(contentsOfFile: directory.path + "/calls", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init)
    }

    private static func script(calls: String, errs: Bool) -> String {
        """
        #!/bin/sh
        while [ "${1#--}" != "$1" ]; do shift; shift; done
        echo "$1" >> \(calls)
        \(errs ? error : "")
        case "$1" in
        version) printf 'Version:  0.1.0\\nRuntimeName:  containerd\\nRuntimeVersion:  1.6.20\\nRuntimeApiVersion:  v1\\n' ;;
        info) echo '{"status":{"conditions":[{"type":"RuntimeReady","status":true,"reason":"","message":""},
                {"type":"NetworkReady","status":true,"reason":"","message":""}]}}' ;;
        pods) echo '{"items":[]}' ;;
        ps) echo '{"containers":[]}' ;;
        esac
        """
    }
}
