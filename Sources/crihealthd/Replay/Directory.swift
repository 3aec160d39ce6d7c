// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Names in a directory.
enum Directory {
    private static let limit = 100_000

    /// The entries of `path`, sorted, without `.` and `..`.
    static func names(_ path: String) throws(FileError) -> [String] {
        guard let stream = opendir(path) else { throw FileError("opendir", path, errno: errno) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream), names.count < limit {
            let name = entryName(entry)
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}

extension FileError {
    /// errno of a path that is not a directory.
    static let notADirectory = ENOTDIR
    /// errno of a path that is not there.
    static let noSuchFile = ENOENT
}

extension FileBytes {
    /// The first `count` bytes of a file, or fewer.
    static func prefix(_ path: String, _ count: Int) throws(FileError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileError("open", path, errno: errno) }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: count)
        let size = Glibc.read(descriptor, &buffer, count)
        guard size >= 0 else { throw FileError("read", path, errno: errno) }
        return Array(buffer.prefix(size))
    }
}
