// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Which binaries run and which are on disk, by device and inode. It runs none of them.
struct BinaryTable: Sendable {
    /// Longest environment block that is looked through, in bytes.
    private static let environmentLimit = 256 << 10

    let files: Files
    let processes: ProcessTable

    /// What the unit's main process runs, and what the unit would start next.
    func report(unit: String, pid: Int32, execStart: String?) -> RuntimeBinaries {
        let running = process(pid)
        let configured = UnitFiles(files: files).execStart(of: unit) ?? execStart
        let name = (running?.path ?? configured)?.lastComponent ?? ""
        let shims = shims()
        return RuntimeBinaries(
            unit: unit, running: running, configured: configured.flatMap { file($0, running: running) },
            copies: copies(name, path: searchPath(pid), running: running),
            oldShims: Array(shims.filter { $0.onDisk != .same }.prefix(RuntimeBinaries.shimLimit)),
            shims: shims.count)
    }

    // MARK: Processes

    /// The process' executable; nil when it is gone or may not be looked into.
    private func process(_ pid: Int32) -> RuntimeBinaries.Process? {
        let link = "/proc/\(pid)/exe"
        guard pid > 0, let target = files.linkTarget(link) else { return nil }
        let path = Self.withoutMark(target)
        guard path.hasPrefix("/"), let running = try? files.identity(link) else { return nil }
        return RuntimeBinaries.Process(pid: pid, path: path, onDisk: onDisk(path, running))
    }

    private func onDisk(_ path: String, _ running: Files.Identity) -> RuntimeBinaries.OnDisk {
        guard let found = try? files.identity(path) else { return .deleted }
        return found == running ? .same : .replaced
    }

    /// The kernel marks the link of a file that has no name any more (proc(5)).
    private static func withoutMark(_ target: String) -> String {
        target.hasSuffix(" (deleted)") ? String(target.dropLast(10)) : target
    }

    /// The node's own: a path means the same file to them as here.
    private func shims() -> [RuntimeBinaries.Process] {
        processes.pids().compactMap { pid in
            guard let target = files.linkTarget("/proc/\(pid)/exe"),
                RuntimeBinaries.isShim(Self.withoutMark(target).lastComponent), processes.isHosts(pid)
            else { return nil }
            return process(pid)
        }
    }

    // MARK: Files

    private func file(_ path: String) -> RuntimeBinaries.File? {
        guard path.hasPrefix("/"), let found = try? files.identity(path) else { return nil }
        return RuntimeBinaries.File(path: path, device: found.device, inode: found.inode)
    }

    /// The file by the name under which it runs, if it does: a link, or /bin beside /usr/bin, is no other binary.
    private func file(_ path: String, running: RuntimeBinaries.Process?) -> RuntimeBinaries.File? {
        guard var found = file(path) else { return nil }
        if let running, running.onDisk != .deleted, let own = file(running.path), own.isSame(as: found) {
            found.path = own.path
        }
        return found
    }

    /// Every binary of that name on the path, each file once; the one that runs comes under its own name.
    private func copies(
        _ name: String, path: [String], running: RuntimeBinaries.Process?
    ) -> [RuntimeBinaries.File] {
        guard !name.isEmpty else { return [] }
        var found: [RuntimeBinaries.File] = []
        for directory in path where files.isExecutable("\(directory)/\(name)") {
            guard let candidate = file("\(directory)/\(name)", running: running) else { continue }
            if !found.contains(where: { $0.isSame(as: candidate) }) { found.append(candidate) }
        }
        return found
    }

    /// `PATH` of the process' environment, else systemd's default.
    private func searchPath(_ pid: Int32) -> [String] {
        let bytes = (try? files.contents("/proc/\(pid)/environ", limit: Self.environmentLimit)) ?? []
        for variable in bytes.split(separator: 0) where variable.starts(with: Array("PATH=".utf8)) {
            let directories = String(decoding: variable.dropFirst(5), as: UTF8.self).split(separator: ":")
            let absolute = directories.prefix(64).filter { $0.hasPrefix("/") }.map(String.init)
            if !absolute.isEmpty { return absolute }
        }
        return NodeInspector.binaryDirectories
    }
}

/// What the files of a unit say, read as systemd would read them: it may not have done so yet.
struct UnitFiles: Sendable {
    /// systemd.unit(5), highest first.
    private static let directories = [
        "/etc/systemd/system.control", "/run/systemd/system.control", "/run/systemd/transient",
        "/run/systemd/generator.early", "/etc/systemd/system", "/run/systemd/system",
        "/run/systemd/generator", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
        "/lib/systemd/system", "/run/systemd/generator.late",
    ]
    private static let sizeLimit = 256 << 10
    private static let dropInLimit = 128

    let files: Files

    /// The binary of the last `ExecStart=`: drop-ins come after the unit's own file, in the order of their names; an empty
    /// one takes back those before it. Nil when the unit has no file.
    func execStart(of unit: String) -> String? {
        guard !unit.isEmpty, !unit.contains("/"), !unit.hasPrefix("."),
            let fragment = Self.directories.lazy.compactMap({ text("\($0)/\(unit)") }).first
        else { return nil }
        var binary: String?
        for text in [fragment] + dropIns(of: unit) { Self.apply(text, to: &binary) }
        return binary
    }

    /// One file of each name, from the highest directory that has it.
    private func dropIns(of unit: String) -> [String] {
        var paths: [String: String] = [:]
        for directory in Self.directories.map({ "\($0)/\(unit).d" }) {
            try? files.forEachName(directory) { name in
                if name.hasSuffix(".conf"), paths[name] == nil { paths[name] = "\(directory)/\(name)" }
                return paths.count < Self.dropInLimit
            }
        }
        return paths.sorted { $0.key < $1.key }.compactMap { text($0.value) }
    }

    private func text(_ path: String) -> String? { files.text(path, limit: Self.sizeLimit) }

    private static func apply(_ text: String, to binary: inout String?) {
        var section = ""
        for raw in text.split(separator: "\n") {
            let line = raw.drop { $0 == " " || $0 == "\t" }
            if line.first == "[" { section = String(line.prefix { $0 != "]" }) }
            guard section == "[Service", line.hasPrefix("ExecStart"),
                let mark = line.firstIndex(of: "="),
                line[..<mark].drop(while: { $0 != " " }).allSatisfy({ $0 == " " }),
                line[..<mark].prefix(while: { $0 != " " }) == "ExecStart"
            else { continue }
            let value = line[line.index(after: mark)...].drop { $0 == " " }
            // systemd.service(5): these prefixes may stand before the path.
            let command = value.drop { "@-:+!".contains($0) }.prefix { $0 != " " && $0 != "\t" && $0 != "\r" }
            binary = command.isEmpty ? nil : command.filter { $0 != "\"" }
        }
    }
}

extension String {
    /// What follows the last slash.
    var lastComponent: String { split(separator: "/").last.map(String.init) ?? self }
}
