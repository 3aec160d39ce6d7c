// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Diagnosis

/// What of a runtime's words rules hear.
@Suite struct QuotedStrangersTests {
    @Test(
        "the runtime's own chain and the errno are left",
        arguments: [
            ("failed to create shim task: no such file", "failed to create shim task: no such file"),
            (
                "runc create failed: unable to start container process: error during container init: mkdir /x: no space left on device: read-only file system: unknown",
                "runc create failed: unable to start container process: error during container init: mkdir …: …: read-only file system: unknown"
            ),
            (
                #"container init: exec: "a: b": stat a: b: no such file or directory: unknown"#,
                #"container init: exec: "…": …: stat …: …: no such file or directory: unknown"#
            ),
            (
                #"unable to start container process: exec: "/app": executable file not found in $PATH: unknown"#,
                #"unable to start container process: exec: "…": executable file not found in $PATH: unknown"#
            ),
            (
                "unable to start container process: unable to apply cgroup configuration: mkdir /sys/fs/cgroup/kubepods/x: no space left on device: unknown",
                "unable to start container process: unable to apply cgroup configuration: mkdir /sys/fs/cgroup/kubepods/x: no space left on device: unknown"
            ),
            (
                #"container init: error mounting "cgroup" to rootfs at "/sys/fs/cgroup": mount cgroup:/sys/fs/cgroup (via /proc/self/fd/7), flags: 0xf: no such file or directory"#,
                #"container init: error mounting "cgroup" to rootfs at "/sys/fs/cgroup": mount …: …: no such file or directory"#
            ),
            (
                "crun: executable file `a: no space left on device` not found in $PATH: No such file or directory: unknown",
                "crun: executable file `…` not found in $PATH: No such file or directory: unknown"
            ),
            (
                "unable to start container process: error loading seccomp filter: errno 524: unknown",
                "unable to start container process: error loading seccomp filter: errno 524: unknown"
            ),
            (
                "500 Internal Server Error - Server message: unknown: disk full",
                "500 Internal Server Error - Server message: …"
            ),
        ])
    func heard(_ text: String, _ heard: String) {
        #expect(String(decoding: Strangers.hide(Array(text.utf8)[...]), as: UTF8.self) == heard)
    }

    @Test func hostileChainsAreReadInLinearTime() {
        for text in ["mkdir ", ": ", "exec: \"", "`", "executable file `", "container init: "] {
            let line = "container init: " + String(repeating: text, count: 16_384 / text.utf8.count)
            _ = Strangers.hide(Array(line.utf8)[...])
        }
    }

    @Test func fieldsOfStrangersAreNotSearched() {
        var line = LogLine(
            #"I1122 01:39:10.000000 218 prober.go:107] "Probe failed" pod="a/b" output="disk full: no space""#
        )
        #expect(line.isStrangers)
        #expect(line.heard("output") == nil)
        let heard = line.heard("message").map { String(decoding: $0, as: UTF8.self) }
        #expect(heard?.contains("disk full") == false && heard?.contains(#"pod="a/b""#) == true)
    }
}
