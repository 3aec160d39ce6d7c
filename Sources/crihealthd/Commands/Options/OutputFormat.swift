// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// Shape of what a command prints: `-o text` or `-o json`, in every command that has both.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    /// For a person.
    case text
    /// For a program.
    case json
}
