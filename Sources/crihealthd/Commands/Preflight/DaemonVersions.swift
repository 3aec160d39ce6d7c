// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import HealthEndpoint

/// Versions as the running daemon knows them: it may have heard one that a single look does not, or that this user may not
/// ask for.
struct DaemonVersions: Decodable {
    struct Named: Decodable {
        var name: String
        var version: String
    }

    var runtimes: [Named]
    var ociRuntimes: [Named]
    var kubelet: String?

    /// By component; empty where no daemon answers.
    static func ask(_ targets: [ListenAddress]) -> [String: String] {
        do throws(StatusAnswer.NoAnswer) {
            return try StatusAnswer.firstAnswer(of: targets, "/v1/versions", "application/json", .seconds(2))
            {
                (try? JSONDecoder().decode(Self.self, from: Data($0.body)))?.byComponent
            }
        } catch {
            return [:]
        }
    }

    private var byComponent: [String: String] {
        var versions: [String: String] = [:]
        for one in runtimes + ociRuntimes { versions[one.name] = one.version }
        if let kubelet { versions["kubelet"] = kubelet }
        return versions
    }
}
