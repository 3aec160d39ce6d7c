// SPDX-License-Identifier: Apache-2.0
import Diagnosis

/// Rule files as they are named on a command line.
enum RuleFiles {
    /// Largest file, in bytes: a larger one would be refused in any case.
    private static let limit = 2 << 20

    /// The file, or the `*.toml` files of the directory, in the order of their names.
    static func documents(_ path: String) throws(FileError) -> [RuleDocument] {
        let names: [String]
        do throws(FileError) {
            names = try Directory.names(path)
        } catch {
            guard error.errno == FileError.notADirectory else { throw error }
            return [try document(path)]
        }
        var documents: [RuleDocument] = []
        for name in names.sorted() where name.hasSuffix(".toml") && !name.hasPrefix(".") {
            documents.append(try document(path + "/" + name))
        }
        return documents
    }

    /// One file.
    static func document(_ path: String) throws(FileError) -> RuleDocument {
        RuleDocument(
            name: path, text: String(decoding: try FileBytes.read(path, limit: limit), as: UTF8.self))
    }
}
