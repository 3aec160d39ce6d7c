# SPDX-License-Identifier: Apache-2.0
"""The guard's journals: the benchmarks' lines with a clock and a boot that are everywhere the same."""

from pathlib import Path

import journal_data

SEED = 6
BOOT = "6" * 32
# 2026-01-01 00:00 UTC, a day after the boot, in microseconds; an entry a millisecond later than the one before.
START = 1_767_225_600_000_000
UPTIME = 86_400_000_000
STEP = 1000


def make(directory: Path, entries: int, matching: float | None) -> None:
    """Makes a journal of runtime lines, `matching` of which are known to a rule; None: the recordings' own mix. A shorter
    one is the beginning of a longer one."""
    directory.mkdir(parents=True)
    generator = journal_data.Generator(SEED, 1.0, matching)
    generator.boot = BOOT
    stream = generator.entries(entries, lambda number: START + number * STEP, START - UPTIME)
    journal_data.write(directory / "system.journal", stream)
