// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// Reads `PHASE.exe.txt` of a capture: which binary the runtime's unit ran then, and which were on disk.
///
///     MainPID=58 exe=/usr/bin/containerd (deleted)
///     disk inode=1746047 mtime=… /usr/bin/containerd
///     exe inode=1748895
///     shim 132 exe=/usr/bin/containerd-shim-runc-v2 (deleted)
///     ExecStart={ path=/usr/bin/containerd ; … }
struct CaptureBinaries {
    let text: String
    let endpoints: [Endpoint]

    /// The report; nil for a file without a main process.
    var report: RuntimeBinaries? {
        guard let unit = endpoints.first?.unit else { return nil }
        let files = lines("disk inode=").compactMap(file)
        let shims = lines("shim ").compactMap(shim)
        let configured = first("ExecStart={ path=")?.split(separator: " ").first.map(String.init)
        let running = running(files)
        let name = running?.path.split(separator: "/").last
        return RuntimeBinaries(
            unit: unit, running: running,
            configured: configured.flatMap { path in
                files.first { $0.path == path } ?? RuntimeBinaries.File(path: path, device: 0, inode: 0)
            },
            copies: files.filter { $0.path.split(separator: "/").last == name },
            oldShims: shims.filter { $0.onDisk != .same }, shims: shims.count)
    }

    private func running(_ files: [RuntimeBinaries.File]) -> RuntimeBinaries.Process? {
        guard let value = first("MainPID="), let blank = value.firstIndex(of: " "),
            let pid = Int32(value[..<blank]), pid > 0,
            let mark = value.firstRange(of: "exe="), !value[mark.upperBound...].isEmpty
        else { return nil }
        let (path, isMarked) = Self.unmarked(value[mark.upperBound...])
        let disk = files.first { $0.path == path }
        let inode = first("exe inode=").flatMap { UInt64($0) }
        let isSame = disk != nil && (inode == nil ? !isMarked : disk?.inode == inode)
        return RuntimeBinaries.Process(
            pid: pid, path: path, onDisk: isSame ? .same : disk == nil ? .deleted : .replaced)
    }

    private func file(_ line: Substring) -> RuntimeBinaries.File? {
        guard
            let inode = line.prefix(while: \.isNumber).isEmpty ? nil : UInt64(line.prefix(while: \.isNumber)),
            let path = line.split(separator: " ").last, path.hasPrefix("/")
        else { return nil }
        return RuntimeBinaries.File(path: String(path), device: 0, inode: inode)
    }

    /// The list was made with pgrep(1), which finds the shell that ran it, too.
    private func shim(_ line: Substring) -> RuntimeBinaries.Process? {
        guard let mark = line.firstRange(of: " exe="), let pid = Int32(line[..<mark.lowerBound]) else {
            return nil
        }
        let (path, isMarked) = Self.unmarked(line[mark.upperBound...])
        guard let name = path.split(separator: "/").last, RuntimeBinaries.isShim(name) else { return nil }
        return RuntimeBinaries.Process(pid: pid, path: path, onDisk: isMarked ? .replaced : .same)
    }

    private static func unmarked(_ path: Substring) -> (String, Bool) {
        path.hasSuffix(" (deleted)") ? (String(path.dropLast(10)), true) : (String(path), false)
    }

    private func lines(_ prefix: String) -> [Substring] {
        text.split(separator: "\n").prefix(4096).filter { $0.hasPrefix(prefix) }.map {
            $0.dropFirst(prefix.count)
        }
    }

    private func first(_ prefix: String) -> Substring? { lines(prefix).first }
}
