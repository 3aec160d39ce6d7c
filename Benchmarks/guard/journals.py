"""The guard's journals: the benchmarks' lines with a clock and a boot that are everywhere the same."""

import subprocess
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
    at = START
    stream = bytearray()
    for number in range(entries):
        # journald gives the entries of one burst one timestamp: three of ten have that of the one before.
        if generator.random.random() > 0.3:
            at = START + number * STEP
        stream += generator.entry(at, START - UPTIME)
    subprocess.run(
        [journal_data.JOURNAL_REMOTE, "--split-mode=none", "-o", str(directory / "system.journal"), "-"],
        input=bytes(stream), check=True, capture_output=True)
