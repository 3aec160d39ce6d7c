// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// `crictl info`.
struct InfoJSON: Decodable {
    struct Condition: Decodable {
        let type: String
        let status: Bool
        let reason: String
        let message: String

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: Key.self)
            type = fields.text("type")
            status = fields.flag("status")
            reason = fields.text("reason")
            message = fields.text("message")
        }
    }

    let conditions: [Condition]
    let lastCNILoadStatus: String?
    let cniConfDir: String?
    let defaultRuntime: String?
    let places: RuntimePlaces

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        conditions = try fields.nestedContainer(keyedBy: Key.self, forKey: "status").list("conditions")
        lastCNILoadStatus = fields.optionalText("lastCNILoadStatus")
        // containerd prints its whole configuration, CRI-O a few fields of its own (the default runtime since
        // 1.33); a field that changes its type there must not cost the conditions.
        let config = fields.object("config")
        cniConfDir =
            config?.object("cni")?.optionalText("confDir")
            ?? fields.object("cniconfig")?.optionalText("PluginConfDir")
        defaultRuntime =
            config?.object("containerd")?.optionalText("defaultRuntimeName")
            ?? config?.object("crio")?.optionalText("DefaultRuntime")
        places = PlacesJSON.read(config, cniConfDir: cniConfDir, defaultRuntime: defaultRuntime)
    }
}

/// `metadata` of a sandbox or a container.
struct MetadataJSON: Decodable {
    var name = ""
    var uid = ""
    var namespace = ""
    var attempt: UInt32 = 0

    init() {}

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        name = fields.text("name")
        uid = fields.text("uid")
        namespace = fields.text("namespace")
        attempt = fields.integer("attempt").flatMap { UInt32(exactly: $0) } ?? 0
    }
}

/// `crictl pods -o json`.
struct PodsJSON: Decodable {
    struct Item: Decodable {
        let id: String
        let metadata: MetadataJSON
        let state: String
        let createdAt: WallTime?
        let runtimeHandler: String?

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: Key.self)
            id = fields.text("id")
            runtimeHandler = fields.optionalText("runtimeHandler")
            metadata = (try? fields.decodeIfPresent(MetadataJSON.self, forKey: "metadata")) ?? MetadataJSON()
            state = fields.state()
            createdAt = fields.creation()
        }
    }

    let items: [Item]

    init(from decoder: any Decoder) throws {
        items = try decoder.container(keyedBy: Key.self).list("items")
    }
}

/// `crictl ps --all -o json`.
struct ContainersJSON: Decodable {
    struct Item: Decodable {
        let id: String
        let podSandboxId: String
        let metadata: MetadataJSON
        let state: String
        let createdAt: WallTime?
        let labels: [String: String]

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: Key.self)
            id = fields.text("id")
            podSandboxId = fields.text("podSandboxId")
            metadata = (try? fields.decodeIfPresent(MetadataJSON.self, forKey: "metadata")) ?? MetadataJSON()
            state = fields.state()
            createdAt = fields.creation()
            labels = (try? fields.decodeIfPresent([String: String].self, forKey: "labels")) ?? [:]
        }
    }

    let containers: [Item]

    init(from decoder: any Decoder) throws {
        containers = try decoder.container(keyedBy: Key.self).list("containers")
    }
}

/// Any key, written as a literal.
struct Key: CodingKey, ExpressibleByStringLiteral {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringLiteral value: String) { stringValue = value }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

/// Lenient reading: a missing field, null and a wrong type are protobuf's default.
extension KeyedDecodingContainer<Key> {
    func optionalText(_ key: Key) -> String? {
        let value = try? decodeIfPresent(String.self, forKey: key)
        return value.flatMap { $0.isEmpty ? nil : $0 }
    }

    func text(_ key: Key) -> String { optionalText(key) ?? "" }

    func flag(_ key: Key) -> Bool { (try? decodeIfPresent(Bool.self, forKey: key)) ?? (text(key) == "true") }

    /// protojson prints int64 as a string, int32 as a number (protobuf.dev "ProtoJSON"); both are taken for
    /// either.
    func integer(_ key: Key) -> Int64? {
        if let number = try? decodeIfPresent(Int64.self, forKey: key) { return number }
        return optionalText(key).flatMap { Int64($0) }
    }

    func object(_ key: Key) -> KeyedDecodingContainer<Key>? {
        try? nestedContainer(keyedBy: Key.self, forKey: key)
    }

    /// An enum by name or number, as text.
    func state() -> String { optionalText("state") ?? integer("state").map { String($0) } ?? "" }

    /// `createdAt`: nanoseconds since the epoch; 0 is none.
    func creation() -> WallTime? {
        integer("createdAt").flatMap { $0 > 0 ? WallTime(microseconds: $0 / 1000) : nil }
    }

    /// A list that has to be there; null is an empty one.
    func list<T: Decodable>(_ key: Key) throws -> [T] {
        try decodeNil(forKey: key) ? [] : decode([T].self, forKey: key)
    }
}
