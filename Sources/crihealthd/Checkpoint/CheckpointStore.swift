// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import Glibc

/// What a checkpoint file turned out to be.
enum CheckpointLoad<Content: Sendable>: Sendable {
    /// There is none: a first start.
    case none
    /// It was read.
    case loaded(Content)
    /// It cannot be used; it was moved aside (or could not be), and why.
    case damaged(String)
}

/// One file that is replaced as a whole, or not at all: written beside, synced, renamed over, the directory
/// synced.
///
/// Journal rule (rsyslog #904, #1104, #1317): after a crash at any instant the file is the old one or the new
/// one.
struct CheckpointStore<Content: Codable & Sendable>: Sendable {
    /// Version of the file's shape. A file of a newer one is not guessed at.
    static var format: Int { 1 }
    /// Largest file that is read.
    static var sizeLimit: Int { 8 << 20 }
    /// Files that were set aside are kept so many; older ones go.
    static var setAsideKept: Int { 3 }

    private struct Header: Codable {
        var format: Int
    }

    private struct Document: Decodable {
        var format: Int
        var content: Content
    }

    /// Where it lies.
    let directory: String
    /// The file itself.
    var path: String { directory + "/checkpoint.json" }

    /// Reads the file; whatever cannot be used is moved to `checkpoint.json.bad`. `fault` says what is wrong with content
    /// that can be read.
    func load(fault: (Content) -> String? = { _ in nil }) -> CheckpointLoad<Content> {
        let bytes: [UInt8]
        do {
            bytes = try FileBytes.read(path, limit: Self.sizeLimit)
        } catch {
            return error.isMissing ? .none : moveAside(error.reason)
        }
        let data = Data(bytes)
        guard let header = try? JSONDecoder().decode(Header.self, from: data) else {
            return moveAside("it is damaged (\(bytes.count) bytes)")
        }
        guard header.format == Self.format else {
            return moveAside("it has format \(header.format), and this version reads format \(Self.format)")
        }
        if let fault = CheckpointFrame.fault(in: bytes) { return moveAside(fault) }
        do {
            let content = try JSONDecoder().decode(Document.self, from: data).content
            return fault(content).map(moveAside) ?? .loaded(content)
        } catch {
            return moveAside("its content cannot be read: \(String(describing: error).prefix(200))")
        }
    }

    /// Replaces the file.
    func save(_ content: Content) throws(FileError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let data: Data
        do {
            data = try encoder.encode(content)
        } catch {
            throw FileError(path: path, reason: "cannot be encoded: \(String(describing: error).prefix(200))")
        }
        try FileBytes.replace(
            path, with: CheckpointFrame.wrap([UInt8](data), format: Self.format), beside: path + ".new",
            mode: 0o600, synced: true)
        try syncDirectory()
    }

    private func syncDirectory() throws(FileError) {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("open", directory, errno: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileError("fsync", directory, errno: errno) }
    }

    /// Reads nothing: moves the file away, if there is one.
    func setAside(_ reason: String) -> CheckpointLoad<Content> {
        access(path, F_OK) == 0 ? moveAside(reason) : .none
    }

    /// Moves the file to `checkpoint.json.bad`, and what lies there one further.
    private func moveAside(_ reason: String) -> CheckpointLoad<Content> {
        for age in (1..<Self.setAsideKept).reversed() {
            rename(path + (age == 1 ? ".bad" : ".bad.\(age - 1)"), path + ".bad.\(age)")
        }
        guard rename(path, path + ".bad") == 0 else {
            return .damaged("\(path): \(reason); it could not be moved aside: \(ErrnoText.describe(errno))")
        }
        return .damaged("\(path): \(reason); it was moved to \(path).bad")
    }
}
