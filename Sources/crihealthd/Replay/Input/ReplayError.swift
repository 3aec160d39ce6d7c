// SPDX-License-Identifier: Apache-2.0

/// Why something cannot be replayed.
enum ReplayError: Error, CustomStringConvertible {
    case unreadable(FileError)
    /// What it is not; `hint` says what to give instead.
    case notAnInput(path: String, hint: String)
    case badLine(path: String, line: Int, reason: String)
    case badExport(path: String, reason: String)
    case journal(path: String, reason: String)
    case empty(path: String)
    /// A text in which no line is a log's.
    case nothingKnown(path: String)

    var description: String {
        switch self {
        case .unreadable(let error): "\(error)"
        case .notAnInput(let path, let hint): "\(path) cannot be replayed: \(hint)"
        case .badLine(let path, let line, let reason): "\(path):\(line): \(reason)"
        case .badExport(let path, let reason):
            "\(path): not what `journalctl -o export` writes: \(reason)"
        case .journal(let path, let reason): "\(path): \(reason)"
        case .empty(let path): "\(path) is empty: there is nothing to replay"
        case .nothingKnown(let path):
            "\(path) cannot be replayed: no line in it says when it was logged, or by whom; journalctl's and kubectl's"
                + " output does"
        }
    }
}
