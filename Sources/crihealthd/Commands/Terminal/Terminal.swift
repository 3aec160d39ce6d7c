// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What is known of the terminal at a descriptor.
enum Terminal {
    /// Whether a person sees what is written there.
    static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// Columns and rows (tty_ioctl(4), TIOCGWINSZ); nil where there is no terminal, or one that does not say.
    static func size(_ descriptor: Int32) -> (columns: Int, rows: Int)? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return nil
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Whether colour may be written: on a terminal that knows it, unless NO_COLOR is set (no-color.org).
    static func takesColour(_ descriptor: Int32) -> Bool {
        isTerminal(descriptor) && variable("NO_COLOR") == "" && variable("TERM") != "dumb"
    }

    private static func variable(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }
}
