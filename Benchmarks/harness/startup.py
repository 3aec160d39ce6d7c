"""Starting on a big journal: from the head of the boot, and from a cursor near its end; what stays in memory."""

import re
import shutil
import time

import journal_data
import lab


def measure(quick: bool) -> dict:
    entries = 200_000 if quick else 1_000_000
    result: dict = {"entries": entries}
    with lab.Scratch() as directory:
        journal = journal_data.make(directory / "journal", entries, share_of_ours=1.0, matching=0.02)
        result["journal_mib"] = round(sum(f.stat().st_size for f in journal.glob("*.journal")) / 2**20)
        runtime = lab.Runtime(directory)
        try:
            everything = '[journal]\nbacklog_entries = 100000000\nbacklog_age = "30d"\n'
            for name, pause in (("from the head of the boot", 15 if quick else 60), ("from a cursor near the end", 10)):
                daemon = lab.Daemon(directory, journal, runtime, config=everything)
                try:
                    seconds = daemon.wait(lambda: re.search(r"journal\s+followed", daemon.get("/", "text/plain")), 300)
                    caught = daemon.usage()
                    time.sleep(pause)
                    later, resident = daemon.usage(), daemon.resident()
                finally:
                    daemon.stop()
                result[name] = {
                    "seconds": round(seconds, 2), "cpu_seconds": caught["cpu_seconds"], "rss_kib_at_the_end": caught["rss_kib"],
                    f"rss_kib_{pause}_s_later": later["rss_kib"], f"rss_anon_kib_{pause}_s_later": later["rss_anon_kib"],
                    f"resident_kib_{pause}_s_later": resident,
                }
        finally:
            runtime.stop()
            shutil.rmtree(journal, ignore_errors=True)
    return result
