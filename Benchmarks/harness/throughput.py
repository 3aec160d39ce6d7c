# SPDX-License-Identifier: Apache-2.0
"""Journal to signals, beside a C loop that only enumerates the same entries, and journalctl."""

import json
import os
import resource
import statistics
import subprocess
import tempfile
from pathlib import Path

import journal_data
import npd
import tools


def children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def journalctl(directory: Path, output: str, times: int) -> float:
    """CPU seconds, of the best of so many runs."""
    seconds = []
    for _ in range(times):
        before = children_cpu()
        subprocess.run(["journalctl", "-q", "-D", str(directory), "-o", output, *tools.matches()], stdout=subprocess.DEVNULL, check=True)
        seconds.append(children_cpu() - before)
    return min(seconds)


def compare(directory: Path, rules: str, times: int) -> dict:
    """The C loop and ours in turn, so many times: the share is the median of the turns', the seconds are the least."""
    turns = [
        (json.loads(tools.run(tools.BUILD / "enumerate", directory, *tools.matches())),
         json.loads(tools.run(tools.catch_up(), directory, "--rules", rules)))
        for _ in range(times)]
    shares = sorted(c["cpu_seconds"] / one["cpu_seconds"] for c, one in turns)
    enumerate_, ours = (min(side, key=lambda one: one["cpu_seconds"]) for side in zip(*turns))
    if ours["entries"] != enumerate_["entries"]:
        raise SystemExit(f"{directory}: the follower read {ours['entries']} entries, the C loop {enumerate_['entries']}")
    counted = json.loads(
        tools.run(tools.catch_up(), directory, "--rules", rules, env={**os.environ, "LD_PRELOAD": str(tools.BUILD / "allocations.so")}))
    entries = ours["entries"]
    return {
        "entries": entries, "delivered": ours["delivered"], "signals": ours["signals"], "rules": ours["rules"],
        "cpu_seconds": round(ours["cpu_seconds"], 4), "c_cpu_seconds": round(enumerate_["cpu_seconds"], 4),
        "entries_per_cpu_second": round(entries / ours["cpu_seconds"]),
        "c_entries_per_cpu_second": round(entries / enumerate_["cpu_seconds"]),
        "share_of_c": round(statistics.median(shares), 4), "share_of_c_range": [round(shares[0], 4), round(shares[-1], 4)],
        "allocations_per_entry": round(counted["own_allocations"] / entries, 4),
    }


# Journal (share of ours, share of those that a rule knows), entries, the rules that it is read with.
JOURNALS = {
    "runtime lines, 0 % match": (1.0, 0.0, 200_000, ("1", "10", "150", "1000", "shipped")),
    "runtime lines, 2 % match": (1.0, 0.02, 200_000, ("1", "150", "1000", "shipped")),
    "runtime lines, 100 % match": (1.0, 1.0, 200_000, ("1", "150", "1000", "shipped")),
    "runtime lines as recorded": (1.0, None, 1_000_000, ("150", "shipped")),
    "a node's lines, 2 % of them ours": (0.02, None, 1_000_000, ("shipped",)),
}


def measure(quick: bool) -> dict:
    rows, peers = {}, {}
    with tempfile.TemporaryDirectory(prefix="crihealthd-bench-") as scratch:
        directory = Path(scratch) / "j"
        for name, (share, matching, entries, sets) in JOURNALS.items():
            entries = min(entries, 50_000) if quick else entries
            journal_data.make(directory, entries, share, matching)
            for which in sets:
                key = f"{name}, {which} rules"
                rows[key] = compare(directory, which, 2 if quick else 5 if entries <= 200_000 else 3)
                print(f"  {key}: {rows[key]['share_of_c']:.0%} of C, {rows[key]['allocations_per_entry']} allocations a line", flush=True)
            if matching == 0.02:
                peers = {output: round(entries / journalctl(directory, output, 1 if quick else 3)) for output in ("cat", "json")}
        found = npd.measure(Path(scratch), 5_000 if quick else 50_000, 1 if quick else 3)
    return {"rows": rows, "journalctl_entries_per_cpu_second": peers, "node_problem_detector_entries_per_cpu_second": found}
