// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Foundation

/// Waits until something holds; false when it does not within the limit.
func eventually(within limit: TimeInterval = 30, _ condition: () throws -> Bool) rethrows -> Bool {
    let end = Date().addingTimeInterval(limit)
    while Date() < end {
        if try condition() { return true }
        Thread.sleep(forTimeInterval: 0.02)
    }
    return try condition()
}
