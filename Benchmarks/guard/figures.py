# SPDX-License-Identifier: Apache-2.0
"""What a line costs, measured and committed, and whether the two agree."""

import json
import platform
import re
from pathlib import Path

import tools

COMMITTED = Path(__file__).resolve().parent / "figures" / f"{platform.machine()}.json"
RENEW = "make guard-renew"
# Of the committed instructions, more or fewer: what becomes cheaper unnoticed can grow as much unnoticed.
TOLERANCE = 0.10
# Allocations a line, more or fewer.
ALLOCATIONS = 0.2
# A diagnosis makes hundreds, and each kind that is added has its own: of so many, the share of TOLERANCE.
MANY = 200
# Where no line is handed over there are none, but for a buffer that grows now and then.
NOTHING = 0.001


def versions() -> dict[str, str]:
    """What the figures hang on, beside the code."""
    swift = re.search(r"Swift version (\S+)", tools.run("swift", "--version"))
    return {"swift": swift[1] if swift else "unknown", "libsystemd": tools.run("pkg-config", "--modversion", "libsystemd").strip()}


def instructions(row: str, where: str, measured: float, committed: float) -> list[str]:
    if abs(measured - committed) <= TOLERANCE * committed:
        return []
    change = f"{measured / committed - 1:+.1%}" if committed else "new"
    return [f"{row}: {measured:.0f} instructions a line {where}, committed {committed:.0f}: {change}, at most {TOLERANCE:.0%}"]


def allocations(row: str, measured: float, committed: float, delivered: float) -> list[str]:
    if delivered == 0:
        return [f"{row}: {measured:.4f} allocations a line, at most {NOTHING}"] if measured > NOTHING else []
    most = ALLOCATIONS if committed < MANY else TOLERANCE * committed
    if abs(measured - committed) <= most:
        return []
    return [f"{row}: {measured:.2f} allocations a line, committed {committed:.2f}: {measured - committed:+.2f}, at most {most:g}"]


def failures(measured: dict, committed: dict) -> dict[str, list[str]]:
    """For each row, a sentence for each figure that is out of bounds. Of libsystemd's own instructions only where its
    version is the committed one."""
    then_rows, found = committed["rows"], {}
    for row in sorted(set(measured["rows"]) | set(then_rows)):
        now, then = measured["rows"].get(row), then_rows.get(row)
        if now is None or then is None:
            found[row] = [f"{row}: " + ("not committed" if then is None else "not measured")]
            continue
        found[row] = instructions(row, "of our own", now["instructions"], then["instructions"])
        if measured["taken_with"]["libsystemd"] == committed["taken_with"]["libsystemd"]:
            found[row] += instructions(row, "in libsystemd", now["libsystemd"], then["libsystemd"])
        found[row] += allocations(row, now["allocations"], then["allocations"], now["delivered"])
    return found


def load() -> dict | None:
    """What is committed for this architecture, if anything is."""
    return json.loads(COMMITTED.read_text()) if COMMITTED.exists() else None


def store(measured: dict) -> None:
    COMMITTED.parent.mkdir(exist_ok=True)
    COMMITTED.write_text(json.dumps(measured, indent=2) + "\n")
