// SPDX-License-Identifier: Apache-2.0

/// UNIX signals by number and name (signal(7), x86 and ARM).
enum UnixSignal {
    private static let names: [Int32: String] = [
        1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE",
        9: "SIGKILL",
        11: "SIGSEGV", 13: "SIGPIPE", 15: "SIGTERM", 24: "SIGXCPU", 25: "SIGXFSZ", 31: "SIGSYS",
    ]

    static func name(_ number: Int32) -> String { names[number] ?? "signal \(number)" }

    /// systemd logs `EXIT_STATUS=9` with the name only in the sentence; some versions log `KILL`.
    static func number(named name: String) -> Int32? { names.first { $0.value == "SIG" + name }?.key }
}
