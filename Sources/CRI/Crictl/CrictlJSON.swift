// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import HealthModel

/// Reads `crictl info`, `pods` and `ps` with `-o json`: protobuf's JSON of CRI's responses, in the spellings
/// of crictl 1.25 and 1.36. Unknown fields are ignored, missing ones have protobuf's defaults; only the
/// outermost field must be there.
enum CrictlJSON {
    static func status(_ bytes: [UInt8]) throws(UnreadableOutput) -> RuntimeStatus {
        let info = try decode(InfoJSON.self, bytes)
        return RuntimeStatus(
            conditions: info.conditions.map {
                RuntimeStatus.Condition(
                    type: Text.excerpt($0.type, limit: 128), status: $0.status,
                    reason: Text.excerpt($0.reason, limit: 256),
                    message: Text.excerpt($0.message, limit: 1024))
            },
            lastCNILoadStatus: info.lastCNILoadStatus.map { Text.excerpt($0, limit: 1024) },
            cniConfDir: info.cniConfDir.map { Text.excerpt($0) },
            defaultRuntime: info.defaultRuntime.map { Text.excerpt($0, limit: 128) },
            places: info.places == RuntimePlaces() ? nil : info.places)
    }

    static func pods(_ bytes: [UInt8]) throws(UnreadableOutput) -> [PodSandbox] {
        try decode(PodsJSON.self, bytes).items.map {
            PodSandbox(
                id: Text.excerpt($0.id, limit: 128), name: Text.excerpt($0.metadata.name),
                namespace: Text.excerpt($0.metadata.namespace), uid: Text.excerpt($0.metadata.uid),
                attempt: $0.metadata.attempt, ready: $0.state == "SANDBOX_READY" || $0.state == "0",
                createdAt: $0.createdAt,
                runtimeHandler: $0.runtimeHandler.map { Text.excerpt($0, limit: 128) })
        }
    }

    static func containers(_ bytes: [UInt8]) throws(UnreadableOutput) -> [Container] {
        try decode(ContainersJSON.self, bytes).containers.map {
            Container(
                id: Text.excerpt($0.id, limit: 128), podSandboxID: Text.excerpt($0.podSandboxId, limit: 128),
                name: Text.excerpt($0.metadata.name),
                podName: Text.excerpt($0.labels["io.kubernetes.pod.name"] ?? ""),
                namespace: Text.excerpt($0.labels["io.kubernetes.pod.namespace"] ?? ""),
                state: containerState($0.state), attempt: $0.metadata.attempt, createdAt: $0.createdAt)
        }
    }

    /// By name, or by number as protobuf's JSON may print an enum.
    private static func containerState(_ state: String) -> Container.State {
        switch state {
        case "CONTAINER_CREATED", "0": .created
        case "CONTAINER_RUNNING", "1": .running
        case "CONTAINER_EXITED", "2": .exited
        default: .unknown
        }
    }

    private static func decode<T: Decodable>(_ type: T.Type, _ bytes: [UInt8]) throws(UnreadableOutput) -> T {
        try JSONShape.check(bytes)
        // Go prints UTF-8; what is not becomes U+FFFD rather than a reason to lose the rest.
        let repaired = String(validating: bytes, as: UTF8.self) == nil
        let data = repaired ? Data(String(decoding: bytes, as: UTF8.self).utf8) : Data(bytes)
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch let error as DecodingError {
            throw UnreadableOutput(text: describe(error))
        } catch {
            throw UnreadableOutput(text: "crictl printed no JSON that can be read")
        }
    }

    private static func describe(_ error: DecodingError) -> String {
        switch error {
        case .dataCorrupted(let context): "crictl printed no JSON: \(context.debugDescription)"
        case .keyNotFound(let key, _): "crictl printed JSON without \(key.stringValue)"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "crictl printed other JSON than expected at \(path(context)): \(context.debugDescription)"
        @unknown default: "crictl printed no JSON that can be read"
        }
    }

    private static func path(_ context: DecodingError.Context) -> String {
        context.codingPath.map(\.stringValue).joined(separator: ".")
    }
}

/// What is checked before a decoder may recurse into a stranger's JSON.
enum JSONShape {
    /// containerd's `info` nests 10 deep.
    static let deepest = 64
    /// Values and keys; 1000 containers with 20 labels each have about 60,000.
    static let mostValues = 1_000_000

    /// One pass over the bytes: nesting, and how many commas, colons and openings there are outside strings.
    static func check(_ bytes: [UInt8]) throws(UnreadableOutput) {
        var depth = 0
        var values = 0
        var inString = false
        var escaped = false
        for byte in bytes {
            if inString {
                if escaped {
                    escaped = false
                } else if byte == UInt8(ascii: "\\") {
                    escaped = true
                } else if byte == UInt8(ascii: "\"") {
                    inString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): inString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                values += 1
                guard depth <= deepest else {
                    throw UnreadableOutput(text: "crictl printed JSON nested deeper than \(deepest)")
                }
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: ","), UInt8(ascii: ":"): values += 1
            default: continue
            }
        }
        guard values <= mostValues else {
            throw UnreadableOutput(text: "crictl printed JSON of more than \(mostValues) values")
        }
    }
}
