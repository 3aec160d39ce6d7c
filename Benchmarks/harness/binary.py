# SPDX-License-Identifier: Apache-2.0
"""The binary: size, what it needs, how fast it is there."""

import re

import lab
import tools


def measure(quick: bool) -> dict:
    path = tools.daemon()
    checked = tools.run(tools.ROOT / "scripts" / "check-binary", path)
    starts = []
    for _ in range(3 if quick else 10):
        with lab.Scratch() as directory:
            (directory / "journal").mkdir()
            runtime = lab.Runtime(directory)
            daemon = lab.Daemon(directory, directory / "journal", runtime)
            try:
                starts.append(daemon.wait(lambda: daemon.get("/livez")))
            finally:
                daemon.stop()
                runtime.stop()
    return {
        "bytes": path.stat().st_size,
        "needed": re.search(r"^needed\s+(.*?)\s*$", checked, re.M)[1].split(),
        "glibc": re.search(r"^glibc\s+(\S+)", checked, re.M)[1],
        "libsystemd": re.search(r"^libsystemd\s+(\S+)", checked, re.M)[1],
        "seconds_to_first_answer": round(sorted(starts)[len(starts) // 2], 3),
    }
