// SPDX-License-Identifier: Apache-2.0

/// What this build calls itself.
enum Release {
    /// Semantic version.
    static let version = "0.2.0"
}
