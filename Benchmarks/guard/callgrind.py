# SPDX-License-Identifier: Apache-2.0
"""Instructions of a program by the file that they lie in: the program itself, libsystemd, the C library."""

import collections
import os
import subprocess
from pathlib import Path


# Dictionaries and sets in one order.
ENVIRONMENT = {"SWIFT_DETERMINISTIC_HASHING": "1"}


def count(program: list, profile: Path) -> dict[str, int]:
    """Runs the program and leaves the profile for callgrind_annotate; instructions by file name."""
    profile.unlink(missing_ok=True)
    run = subprocess.run(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}", "--compress-strings=no", "--compress-pos=no",
         *map(str, program)],
        env={**os.environ, **ENVIRONMENT}, text=True, capture_output=True, check=False)
    if run.returncode or not profile.exists():
        raise SystemExit(f"guard: valgrind says of {program[0]}: {run.stderr[-600:]}")
    with profile.open() as lines:
        return by_object(lines)


def by_object(lines) -> dict[str, int]:
    """Sums of a profile (valgrind's manual, "Callgrind Format Specification"), without what callees cost."""
    counts: collections.Counter[str] = collections.Counter()
    current, is_call, total = "", False, None
    for line in lines:
        if line.startswith("ob="):
            current = line[3:].strip().rsplit("/", 1)[-1]
        elif line.startswith("calls="):
            is_call = True
        elif line.startswith("totals:"):
            total = int(line.split()[1])
        elif line[:1].isdigit():
            if not is_call:
                counts[current] += int(line.split()[1])
            is_call = False
    if total != counts.total():
        raise ValueError(f"the profile's lines add up to {counts.total()}, not to {total}")
    return dict(counts)
