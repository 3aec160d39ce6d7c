// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// CRI-O's configuration files, in the order in which CRI-O reads them (crio.conf(5), crio.conf.d(5)).
struct CRIOConfigurationFiles: Sendable {
    let files: Files

    private static let main = "/etc/crio/crio.conf"
    private static let folder = "/etc/crio/crio.conf.d"
    private static let sizeLimit = 256 << 10

    /// Nil when there is none at all.
    func read() -> RuntimeConfiguration? {
        var names: [String] = []
        try? files.forEachName(Self.folder) { name in
            names.append(name)
            return names.count < 1024
        }
        let paths = [Self.main] + names.sorted().map { "\(Self.folder)/\($0)" }
        let texts = paths.compactMap { path -> (file: RuntimeConfiguration.File, text: String)? in
            guard let status = try? files.status(path), status.isRegular,
                let text = files.text(path, limit: Self.sizeLimit)
            else { return nil }
            return (.init(path: path, modifiedAt: status.modifiedAt, changedAt: status.changedAt), text)
        }
        return texts.isEmpty ? nil : RuntimeConfiguration(texts: texts)
    }
}
