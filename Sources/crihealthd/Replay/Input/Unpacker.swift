// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A form in which files are compressed, and the tool of the system that undoes it.
enum Compression: CaseIterable {
    case gzip, xz, zstd, bzip2

    /// How a file of this form begins.
    var magic: [UInt8] {
        switch self {
        case .gzip: [0x1F, 0x8B]
        case .xz: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]
        case .zstd: [0x28, 0xB5, 0x2F, 0xFD]
        case .bzip2: Array("BZh".utf8)
        }
    }

    /// The tool, what bounds its memory, and the Debian package that has it.
    var tool: (name: String, options: [String], package: String) {
        switch self {
        case .gzip: ("gzip", ["-dc"], "gzip")
        case .xz: ("xz", ["-dc", "--memlimit-decompress=256MiB"], "xz-utils")
        case .zstd: ("zstd", ["-dcq", "--memory=256MB"], "zstd")
        case .bzip2: ("bzip2", ["-dc"], "bzip2")
        }
    }

    /// What a shell would pipe a stream through.
    var reader: String {
        switch self {
        case .gzip: "zcat"
        case .xz: "xzcat"
        case .zstd: "zstdcat"
        case .bzip2: "bzcat"
        }
    }

    /// The form of a file that begins so.
    init?(head: some Collection<UInt8>) {
        guard let form = Self.allCases.first(where: { head.starts(with: $0.magic) }) else { return nil }
        self = form
    }
}

/// A child that unpacks a file: its output is read from ``descriptor``.
struct Unpacker: ~Copyable {
    let descriptor: Int32
    private let pid: pid_t

    /// Starts it.
    init(_ form: Compression, _ path: String) throws(FileError) {
        let tool = form.tool
        guard let program = Self.find(tool.name) else {
            throw FileError(
                path: path,
                reason: "it is compressed, and there is no \(tool.name) here (package \(tool.package))")
        }
        let input = open(path, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw FileError("open", path, errno: errno) }
        defer { close(input) }
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw FileError("pipe", path, errno: errno) }
        defer { close(ends[1]) }
        // Another child would hold the pipe open; there is none.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        var arguments = ([tool.name] + tool.options).map { strdup($0) }
        defer { for argument in arguments { free(argument) } }
        arguments.append(nil)
        var pid: pid_t = 0
        let code = posix_spawn(&pid, program, &actions, nil, arguments, [nil])
        guard code == 0 else {
            close(ends[0])
            throw FileError("posix_spawn", program, errno: code)
        }
        self.pid = pid
        descriptor = ends[0]
    }

    /// Ends it, wherever it is. Its exit status, where it ended by itself.
    consuming func finish(atEnd: Bool) -> Int32? {
        close(descriptor)
        if !atEnd { kill(pid, SIGKILL) }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return status & 0x7F == 0 ? status >> 8 & 0xFF : nil
    }

    private static func find(_ name: String) -> String? {
        ["/usr/bin/", "/bin/", "/usr/local/bin/"].map { $0 + name }.first { access($0, X_OK) == 0 }
    }
}
