// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The real binary beside this test's own.
enum Binary {
    static let path = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("crihealthd").path

    /// Whether it was built.
    static var isBuilt: Bool { FileManager.default.isExecutableFile(atPath: path) }
}
