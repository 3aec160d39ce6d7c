// SPDX-License-Identifier: Apache-2.0

/// Why a command cannot do what it was told, where its usage is no help.
struct CommandProblem: Error, Equatable, CustomStringConvertible {
    /// For people.
    var description: String

    /// Makes a problem.
    init(_ description: String) { self.description = description }
}
