// SPDX-License-Identifier: Apache-2.0
import Foundation
import HealthModel
import Testing

/// A recording as another node would have told it: other ids, ports, names, units, versions, message forms.
struct Variant: CustomTestStringConvertible, Sendable {
    var name: String
    /// Rewrites the observations' JSON, where every text and number of them is.
    var rewrite: @Sendable (String) -> String
    /// Drops what that node would not have told.
    var keeps: @Sendable (Observation) -> Bool = { _ in true }

    var testDescription: String { name }

    func apply(to observations: [Observation]) throws -> [Observation] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(observations.filter(keeps)), as: UTF8.self)
        return try JSONDecoder().decode([Observation].self, from: Data(rewrite(text).utf8))
    }

    // MARK: Ids, ports, names

    /// Every container id (64 digits, and the 12 to 20 that logs and names cut them to) by another, and whatever else is
    /// the lab's own. (By Unicode's word boundaries an id that ends in a letter and `.scope` would be one word.)
    static let otherNode = Variant(name: "other ids, ports and names") { text in
        let digits = Dictionary(
            uniqueKeysWithValues: zip("0123456789abcdef", "7c0e95b1d83f2a64"))
        var result = text.replacing(#/\b[0-9a-f]{12,64}\b/#.wordBoundaryKind(.simple)) { match -> String in
            let isID = match.output.count == 64 || match.output.count <= 20
            guard isID, match.output.contains(where: \.isLetter) else { return String(match.output) }
            return String(match.output.compactMap { digits[$0] })
        }
        let ports: [Substring: String] = ["18080": "31999", "1338": "10444", "10011": "45001"]
        result = result.replacing(#/\b[0-9]{4,5}\b/#) { ports[$0.output] ?? String($0.output) }
        for (old, new) in [
            ("ds-host", "calico-node-x7k2p"), ("hostweb", "felix"), ("kube-system", "networking"),
            ("porthog", "haproxy"), ("socat", "haproxy"), ("graceful", "ledger"),
        ] {
            result = result.replacing(old, with: new)
        }
        return result
    }

    // MARK: Units

    /// k3s and its kind run containerd as their child: another unit, another socket, and its log in a file.
    static func embedded(_ unit: String) -> Variant {
        Variant(name: unit) { text in
            text.replacing("/run/containerd/containerd.sock", with: "/run/k3s/containerd/containerd.sock")
                .replacing("containerd.service", with: unit)
        } keeps: { observation in
            guard case .journal(let entry) = observation.event else { return true }
            return entry.source != .unit
        }
    }

    // MARK: Versions

    /// containerd 2.x names plugins in fields of their own.
    static func containerd2(_ version: String) -> Variant {
        Variant(name: "containerd \(version)") { text in
            text.replacing(#/loading plugin \\\\\\"(?<id>[a-z0-9.-]+)\\\\\\"\.\.\.\\"/#) {
                #"loading plugin\" id=\#($0.output.id)"#
            }
            .replacing(#/failed to load plugin (?<id>[a-z0-9.-]+)\\" error=/#) {
                #"failed to load plugin\" id=\#($0.output.id) error="#
            }
            .replacing("1.6.20~ds1-1+deb12u3", with: version).replacing("1.6.20~ds1", with: version)
        }
    }

    static func version(_ old: String, _ new: String) -> Variant {
        Variant(name: "\(old) as \(new)") { $0.replacing(old, with: new) }
    }

    /// A client of the 1.26 line words the refusal otherwise.
    static let client126 = Variant(name: "crictl 1.26") {
        $0.replacing(
            "validate CRI v1 runtime API for endpoint",
            with: "CRI v1 runtime API is not implemented for endpoint")
    }

    // MARK: OCI runtimes

    /// crun before, runc now: paths, roots, descriptions of scopes, and how each says that it does not know a container.
    static let runcAfterCrun = Variant(name: "crun to runc") { text in
        text.replacing(
            #/error opening file `[^`]*`: No such file or directory/#, with: "container does not exist"
        )
        .replacing(#/libcontainer container [0-9a-f]{64}/#, with: "LIBCRUN container")
        .replacing("libcrun container", with: "libcontainer container x")
        .replacing("LIBCRUN", with: "libcrun")
        .replacing("crun", with: "\u{1}").replacing("runc", with: "crun").replacing("\u{1}", with: "runc")
    }

    /// One OCI runtime that came to keep its state elsewhere (cri-o/packaging#104).
    static let otherRoot = Variant(name: "crun in another root") { text in
        text.replacing("/usr/bin/runc", with: "/usr/libexec/crio/crun").replacing(
            "/run/runc", with: "/run/old-crun"
        )
        .replacing(#/libcontainer container [0-9a-f]{64}/#, with: "libcrun container")
    }

    /// How CRI-O ≥ 1.31 words a stop that timed out, with the times of 1.32.
    static let laterCRIO = Variant(name: "CRI-O 1.32 forms") { text in
        text.replacing(
            "with stop signal timed out. Killing...", with: "with stop signal(SIGTERM) timed out. Killing..."
        )
        .replacing("1.30.6", with: "1.32.4")
        .replacing(#/time=\\"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d+Z)/#) {
            #"time=\"\#($0.output.1)T\#($0.output.2)"#
        }
    }
}
