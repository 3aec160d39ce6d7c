// SPDX-License-Identifier: Apache-2.0
import HealthModel

/// The text page as one of many frames on a terminal.
enum WatchedPage {
    /// Fewest and most lines of a frame.
    static let heights = 10...500

    /// Draws over the frame before it without a flicker (ECMA-48: cursor home, erase to the end of the line, erase to
    /// the end of the page). Of a page with more than `height` lines the last ones are left out and counted; without a
    /// height, all of it is drawn.
    static func frame(_ snapshot: Snapshot, width: Int, height: Int?) -> String {
        var lines = TextPage.render(snapshot, width: width).split(
            separator: "\n", omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        if let height, lines.count > height - 1 {
            // The last line of the terminal stays free: writing there would scroll.
            let left = lines.count - (height - 2)
            lines = Array(lines.prefix(height - 2)) + ["(\(left) more lines)"]
        }
        return "\u{1B}[H" + lines.map { $0 + "\u{1B}[K\n" }.joined() + "\u{1B}[J"
    }
}
