// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Which versions of CRI one endpoint was seen to serve or to refuse.
struct ServiceFacts: Hashable, Codable, Sendable {
    /// A version that was refused with gRPC Unimplemented.
    struct Refusal: Hashable, Codable, Sendable {
        var since: Moment
        var at: Moment
        var count: Int
        /// What the client printed.
        var text: String
    }

    /// The latest run of refusals of `runtime.v1`; nil while it is served.
    var v1: Refusal?
    /// The latest run of refusals of `runtime.v1alpha2`, by a client that falls back to it.
    var v1alpha2: Refusal?
    /// When `runtime.v1alpha2` answered last.
    var alphaAnsweredAt: Moment?
    /// When `runtime.v1` answered last.
    var v1AnsweredAt: Moment?

    /// Takes an answer of the CRI service, whatever it was. `Version` alone decides: the other calls of an old client say
    /// nothing of the version, and a refused method is no refused service.
    mutating func take(_ report: ProbeReport, at: Moment) {
        guard report.rung == .version else { return }
        switch report.outcome {
        case .version(let version) where version.apiVersion == "v1":
            self = ServiceFacts()
            v1AnsweredAt = at
        case .version:
            v1alpha2 = nil
            alphaAnsweredAt = at
        case .failed(let failure) where failure.reason == .unimplemented:
            if failure.text.contains("runtime.v1alpha2.") {
                Self.extend(&v1alpha2, at, failure.text)
                alphaAnsweredAt = nil
            }
            // A client that falls back tries v1 first (cri-tools 1.24 and 1.25).
            Self.extend(&v1, at, failure.text)
        default: break
        }
    }

    private static func extend(_ refusal: inout Refusal?, _ at: Moment, _ text: String) {
        guard let run = refusal else {
            refusal = Refusal(since: at, at: at, count: 1, text: text)
            return
        }
        refusal = Refusal(since: run.since, at: at, count: run.count + 1, text: text)
    }
}
