// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// What `crictl info` prints of a runtime's configuration (containerd `internal/cri/config`, `pkg/cri/config` before 2.0;
/// CRI-O `server/runtime_status.go`). containerd 2.x no longer tells of images: snapshotter and sandbox image.
enum PlacesJSON {
    /// The suffix of the CRI plugin's own folder below containerd's.
    private static let plugin = "/io.containerd.grpc.v1.cri"

    static func read(
        _ config: KeyedDecodingContainer<Key>?, cniConfDir: String?, defaultRuntime: String?
    ) -> RuntimePlaces {
        var places = RuntimePlaces(
            cniConfDir: cniConfDir.map { Text.excerpt($0) },
            defaultHandler: defaultRuntime.map { Text.excerpt($0, limit: 128) })
        guard let config else { return places }
        places.root = directory(config.optionalText("containerdRootDir") ?? config.optionalText("rootDir"))
        places.state = directory(config.optionalText("stateDir"))
        places.sandboxImage = (config.optionalText("sandboxImage")).map { Text.excerpt($0) }
        if let cni = config.object("cni") {
            places.cniBinDirs = texts(cni, "binDirs") ?? [cni.optionalText("binDir")].compactMap(\.self)
        }
        if let containerd = config.object("containerd") {
            places.snapshotter = containerd.optionalText("snapshotter").map { Text.excerpt($0, limit: 128) }
            places.handlers = handlers(containerd.object("runtimes"), containerdHandler)
        }
        if let crio = config.object("crio") {
            places.root = directory(crio.optionalText("Root"))
            places.state = directory(crio.optionalText("RunRoot"))
            places.cniBinDirs = texts(crio, "PluginDirs") ?? []
            places.cgroupManager = crio.optionalText("CgroupManagerName").map { Text.excerpt($0, limit: 64) }
            places.handlers = handlers(crio.object("Runtimes"), crioHandler)
        }
        return places
    }

    private static func handlers(
        _ table: KeyedDecodingContainer<Key>?,
        _ read: (String, KeyedDecodingContainer<Key>) -> RuntimePlaces.Handler
    ) -> [RuntimePlaces.Handler] {
        guard let table else { return [] }
        let keys = table.allKeys.sorted { $0.stringValue < $1.stringValue }
        return keys.prefix(RuntimePlaces.handlerLimit).compactMap { key in
            table.object(key).map { read(Text.excerpt(key.stringValue, limit: 128), $0) }
        }
    }

    private static func containerdHandler(
        _ name: String, _ runtime: KeyedDecodingContainer<Key>
    ) -> RuntimePlaces.Handler {
        let options = runtime.object("options")
        let systemd = options.flatMap { try? $0.decodeIfPresent(Bool.self, forKey: "SystemdCgroup") }
        return RuntimePlaces.Handler(
            name: name, type: excerpt(runtime.optionalText("runtimeType")),
            path: excerpt(options?.optionalText("BinaryName") ?? runtime.optionalText("runtimePath")),
            root: excerpt(options?.optionalText("Root") ?? runtime.optionalText("runtimeRoot")),
            usesSystemd: systemd)
    }

    private static func crioHandler(
        _ name: String, _ runtime: KeyedDecodingContainer<Key>
    ) -> RuntimePlaces.Handler {
        RuntimePlaces.Handler(
            name: name, type: excerpt(runtime.optionalText("RuntimeType")),
            path: excerpt(runtime.optionalText("RuntimePath")),
            root: excerpt(runtime.optionalText("RuntimeRoot")))
    }

    private static func excerpt(_ text: String?) -> String? { text.map { Text.excerpt($0) } }

    private static func directory(_ path: String?) -> String? {
        guard let path, path.hasPrefix("/") else { return nil }
        return Text.excerpt(path.hasSuffix(plugin) ? String(path.dropLast(plugin.count)) : path)
    }

    private static func texts(_ container: KeyedDecodingContainer<Key>, _ key: Key) -> [String]? {
        let list = (try? container.decodeIfPresent([String].self, forKey: key)) ?? nil
        return list.map { $0.prefix(16).map { Text.excerpt($0) } }
    }
}
