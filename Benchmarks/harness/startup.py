# SPDX-License-Identifier: Apache-2.0
"""Starting on a big journal: from the head of the boot, and from a cursor near its end; what stays in memory."""

import json
import re
import shutil
import time

import journal_data
import lab
import tools

# What came while the daemon was not there.
MISSED = 20_000
EVERYTHING = '[journal]\nbacklog_entries = 100000000\nbacklog_age = "30d"\n'


def start(directory, journal, runtime, pause: int) -> dict:
    """One start, until the journal's end was reached; what it cost, and what is in memory some time later."""
    daemon = lab.Daemon(directory, journal, runtime, config=EVERYTHING)
    try:
        # Each look renders a page, which is not what is measured.
        seconds = daemon.wait(lambda: re.search(r"journal\s+followed", daemon.get("/", "text/plain")), 300, pause=0.2)
        caught, read = daemon.usage(), daemon.metric("crihealthd_journal_entries_total")
        time.sleep(pause)
        later, resident = daemon.usage(), daemon.resident()
    finally:
        daemon.stop()
    return {
        "entries": int(read), "seconds": round(seconds, 2), "cpu_seconds": caught["cpu_seconds"], "rss_kib_at_the_end": caught["rss_kib"],
        f"rss_kib_{pause}_s_later": later["rss_kib"], f"rss_anon_kib_{pause}_s_later": later["rss_anon_kib"],
        f"resident_kib_{pause}_s_later": resident}


def measure(quick: bool) -> dict:
    entries = 200_000 if quick else 1_000_000
    result: dict = {"entries": entries}
    with lab.Scratch() as directory:
        journal = journal_data.make(directory / "journal", entries, share_of_ours=1.0, matching=0.02)
        result["journal_mib"] = round(sum(f.stat().st_size for f in journal.glob("*.journal")) / 2**20)
        runtime = lab.Runtime(directory)
        try:
            result["from the head of the boot"] = start(directory, journal, runtime, 15 if quick else 60)
            result["from the head of the boot"]["cpu seconds of the C loop"] = round(
                json.loads(tools.run(tools.BUILD / "enumerate", journal, *tools.matches()))["cpu_seconds"], 2)
            journal_data.append(journal, MISSED, matching=0.02)
            result[f"from a cursor, {MISSED:,} entries before the end"] = start(directory, journal, runtime, 10)
        finally:
            runtime.stop()
            shutil.rmtree(journal, ignore_errors=True)
    return result
