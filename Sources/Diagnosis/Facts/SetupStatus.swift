// SPDX-License-Identifier: Apache-2.0

/// The exit statuses with which systemd's own child ends when it cannot set a service up: the program of the service never ran.
///
/// Source: systemd `src/basic/exit-status.h` (v219 to v257), systemd.exec(5), "Process Exit Codes".
enum SetupStatus {
    /// What could not be done, to go on with behind "systemd cannot"; nil for a status that a program may have chosen.
    static func failure(_ status: Int32) -> String? {
        failures[status].map { "\($0.words) (\(status)/\($0.name))" }
    }

    /// What such a status says of the service.
    static func explanation(_ name: String) -> String {
        "That status is systemd's own: what the unit file asks for could not be set up, and \(name) itself never ran."
    }

    private static let failures: [Int32: (name: String, words: String)] = [
        200: ("CHDIR", "enter its working directory (WorkingDirectory=)"),
        201: ("NICE", "set its nice level"),
        202: ("FDS", "close or pass on file descriptors"),
        205: ("LIMITS", "set its limits (Limit…=)"),
        206: ("OOM_ADJUST", "set its OOM score"),
        207: ("SIGNAL_MASK", "set its signal mask"),
        208: ("STDIN", "open its standard input"),
        209: ("STDOUT", "open its standard output (StandardOutput=)"),
        210: ("CHROOT", "change its root directory (RootDirectory=)"),
        214: ("SETSCHEDULER", "set its CPU scheduler"),
        215: ("CPUAFFINITY", "set its CPU affinity"),
        216: ("GROUP", "become its group (Group=)"),
        217: ("USER", "become its user (User=)"),
        218: ("CAPABILITIES", "set its capabilities"),
        219: ("CGROUP", "make or enter its control group"),
        222: ("STDERR", "open its standard error (StandardError=)"),
        225: ("NETWORK", "set up its network namespace"),
        226: (
            "NAMESPACE",
            "set up its mount namespace (a path of ReadWritePaths=, BindPaths= and the like is not there?)"
        ),
        228: ("SECCOMP", "apply its system call filter"),
        229: ("SELINUX_CONTEXT", "set its SELinux context"),
        231: ("APPARMOR_PROFILE", "apply its AppArmor profile (AppArmorProfile=)"),
        233: ("RUNTIME_DIRECTORY", "make its runtime directory (RuntimeDirectory=)"),
        238: ("STATE_DIRECTORY", "make its state directory (StateDirectory=)"),
        239: ("CACHE_DIRECTORY", "make its cache directory (CacheDirectory=)"),
        240: ("LOGS_DIRECTORY", "make its log directory (LogsDirectory=)"),
        241: ("CONFIGURATION_DIRECTORY", "make its configuration directory (ConfigurationDirectory=)"),
        243: ("CREDENTIALS", "set up its credentials"),
        244: ("BPF", "apply its BPF restrictions"),
    ]
}
