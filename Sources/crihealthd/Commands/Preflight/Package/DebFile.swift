// SPDX-License-Identifier: Apache-2.0
import Diagnosis

/// A Debian package (deb(5)): an ar(5) archive of `debian-binary`, `control.tar` and `data.tar`.
struct DebFile {
    private static let magic = Array("!<arch>\n".utf8)
    private static let headerSize = 60
    private static let controlSize = 256 << 10

    private let path: String
    private var control: (name: String, bytes: ArraySlice<UInt8>)?
    private var data: (name: String, bytes: ArraySlice<UInt8>)?

    static func isOne(_ bytes: [UInt8]) -> Bool { bytes.starts(with: magic) }

    /// Finds its parts.
    init(_ path: String, _ bytes: [UInt8]) throws {
        self.path = path
        var rest = bytes.dropFirst(Self.magic.count)
        while rest.count >= Self.headerSize {
            let header = rest.prefix(Self.headerSize)
            let name = Self.word(header.prefix(16))
            guard let size = Int(Self.word(header.dropFirst(48).prefix(10))), size >= 0,
                header.suffix(2).elementsEqual("`\n".utf8)
            else { throw CommandProblem("\(path): not a Debian package: an ar header is broken") }
            rest = rest.dropFirst(Self.headerSize)
            guard size <= rest.count else {
                throw CommandProblem("\(path): it ends in the middle of \(name)")
            }
            if control == nil, name.hasPrefix("control.tar") { control = (name, rest.prefix(size)) }
            if data == nil, name.hasPrefix("data.tar") { data = (name, rest.prefix(size)) }
            rest = rest.dropFirst(size + size % 2)
        }
    }

    /// Of ar's fields, which are padded; GNU's end in a slash.
    private static func word(_ field: ArraySlice<UInt8>) -> String {
        let text = field.prefix { $0 != 0x20 && $0 != UInt8(ascii: "/") }
        return String(decoding: text, as: UTF8.self)
    }

    /// What it brings.
    func package() throws -> UpgradePackage {
        guard let control, let data else {
            throw CommandProblem(
                "\(path): not a Debian package, or it ends early: it has no control and data")
        }
        let files = try controlFiles(control)
        let fields = Self.fields(files["/control"] ?? "")
        guard let name = fields["package"], let version = fields["version"] else {
            throw CommandProblem("\(path): its control file names no package and version")
        }
        let upstream =
            version.firstIndex(of: ":").map { version[version.index(after: $0)...] } ?? version[...]
        var package = UpgradePackage(
            file: path, manager: .dpkg, name: String(name.prefix(100)), version: String(upstream.prefix(100)))
        var found = PackageFiles(path)
        try read(data) { event, bytes in
            switch event {
            case .file(let name): try found.begin(name)
            case .data: found.take(bytes)
            case .end: found.end()
            }
        }
        package.paths = found.paths
        package.texts = found.texts
        let conffiles = (files["/conffiles"] ?? "").split(separator: "\n").map(String.init)
        package.configurations = conffiles.compactMap { path in
            found.sizes[path].map { .init(path: path, size: $0, isKept: true) }
        }
        package.restarts = Self.restarts(files["/postinst"] ?? "")
        return package
    }

    private func controlFiles(_ part: (name: String, bytes: ArraySlice<UInt8>)) throws -> [String: String] {
        var files: [String: String] = [:]
        var open: (path: String, bytes: [UInt8])?
        try read(part) { event, bytes in
            switch event {
            case .file(let name):
                open = PackageFile.path(name).flatMap { path in
                    ["/control", "/conffiles", "/postinst"].contains(path) ? (path, []) : nil
                }
            case .data:
                let space = max(0, Self.controlSize - (open?.bytes.count ?? 0))
                open?.bytes.append(contentsOf: bytes.extracting(first: space))
            case .end:
                if let open { files[open.path] = PackageFile.text(open.bytes) }
                open = nil
            }
        }
        return files
    }

    private func read(
        _ part: (name: String, bytes: ArraySlice<UInt8>), _ body: CpioReader.Body
    ) throws {
        var reader = TarReader()
        var problem: (any Error)?
        try PackageFile.unpack(part.bytes, of: path, part.name) { bytes in
            let goesOn = reader.feed(bytes) { event, bytes in
                guard problem == nil else { return }
                do { try body(event, bytes) } catch { problem = error }
            }
            if let problem { throw problem }
            return goesOn
        }
        guard reader.isWhole else {
            throw CommandProblem("\(path): \(part.name) is no tar archive, or ends in the middle of a file")
        }
    }

    /// `Name: value` of its first paragraph, by lower-case name.
    private static func fields(_ text: String) -> [String: String] {
        var fields: [String: String] = [:]
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).prefix(1000) {
            if line.isEmpty { break }
            guard let colon = line.firstIndex(of: ":"), line.first != " " else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            fields[line[..<colon].lowercased()] = String(value)
        }
        return fields
    }

    /// Units that the script has deb-systemd-invoke restart. Of debhelper's snippets (`autoscripts/postinst-systemd-*`) one
    /// sets `_dh_action=restart` for an upgrade; `start` does nothing to a unit that runs.
    static func restarts(_ script: String) -> [String] {
        var units: Set<String> = []
        var actions: Set<Substring> = ["restart", "try-restart"]
        for line in script.split(separator: "\n").prefix(2000) {
            let words = line.split { " \t'\"".contains($0) }
            if words.first == "_dh_action=restart" { actions.insert("$_dh_action") }
            guard words.first == "deb-systemd-invoke", words.count > 1, actions.contains(words[1]) else {
                continue
            }
            for word in words.dropFirst(2) where word.hasSuffix(".service") { units.insert(String(word)) }
        }
        return units.sorted().prefix(8).map { String($0.prefix(100)) }
    }
}
