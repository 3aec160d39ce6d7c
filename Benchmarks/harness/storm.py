# SPDX-License-Identifier: Apache-2.0
"""A storm of lines, with rotation: memory and descriptors flat, nothing lost."""

import multiprocessing
import random
import time

import journal_data
import lab
import latency

# Points of the curve that is kept.
POINTS = 60


# Of the lines that a rule knows: pods whose network fails, so that there is an incident all the time.
KNOWN = 0.02


def write(journald_pid: int, per_second: int, seconds: int, sent) -> None:
    lab.join_unit(latency.UNIT)
    one = lab.stdout_stream(journald_pid, "containerd")
    generator = journal_data.Generator(1, 1.0, KNOWN)
    pool = [generator.ours(time.time_ns() // 1000)[2].encode() + b"\n" for _ in range(5000)]
    choice = random.Random(1)
    begin = time.monotonic()
    count = 0
    while time.monotonic() - begin < seconds:
        due = min(int((time.monotonic() - begin) * per_second) - count, per_second)
        if due > 0:
            one.sendall(b"".join(choice.choices(pool, k=due)))
            count += due
            sent.value = count
        time.sleep(0.01)


# What a reader who is behind still wants is kept: 1 GiB. journald vacuums the soak's files beyond 20, as it would a node's
# beyond its limit (100 by default).
# Files do not grow full before they are rotated: journald 252 writes the entry that did not fit any more twice.
KEPT = ("SystemMaxUse=1G", "SystemMaxFileSize=256M", "SyncIntervalSec=5m")


def blow(per_second: int, seconds: int, rotation: int, *settings: str, pause: int = 60) -> dict:
    """Writes for a time; samples the daemon every second; then waits until it has read all, and looks once more after a
    pause."""
    with lab.watched(*KEPT, *settings) as (journald, _, daemon):
        sent = multiprocessing.Value("q", 0)
        samples, rotations = [], 0
        daemon.wait(lambda: daemon.get("/", "text/plain").startswith("HEALTHY"))
        time.sleep(5)
        rest = daemon.usage()
        process = multiprocessing.Process(target=write, args=(journald.process.pid, per_second, seconds, sent), daemon=True)
        process.start()
        begin = turned = time.monotonic()
        while process.is_alive():
            time.sleep(1)
            samples.append({"seconds": time.monotonic() - begin, **daemon.usage()})
            if time.monotonic() - turned > rotation:
                journald.rotate()
                rotations += 1
                turned = time.monotonic()
            if len(samples) % 60 == 0:
                print(f"  {len(samples) // 60} min: {samples[-1]['rss_anon_kib']} KiB, {samples[-1]['descriptors']} descriptors", flush=True)
        passed = time.monotonic() - begin
        process.join()
        if process.exitcode != 0 or sent.value < 0.9 * per_second * seconds:
            raise SystemExit(f"the writer ended with {process.exitcode} after {sent.value} lines in {passed:.0f} s")
        deadline = time.monotonic() + 60
        while daemon.metric("crihealthd_journal_entries_total") < sent.value and time.monotonic() < deadline:
            time.sleep(0.2)
        read = int(daemon.metric("crihealthd_journal_entries_total"))
        blind = daemon.metric("crihealthd_blind_windows_total")
        signals = int(daemon.metric("crihealthd_signals_total"))
        time.sleep(pause)
        after = daemon.usage()
    half = len(samples) // 2
    peak = lambda key, part: max(s[key] for s in part)
    cpu = (samples[-1]["cpu_seconds"] - samples[0]["cpu_seconds"]) / (samples[-1]["seconds"] - samples[0]["seconds"])
    step = max(1, len(samples) // POINTS)
    return {
        "lines_per_second": round(sent.value / passed), "seconds": round(passed), "lines": sent.value, "read": read, "known": signals,
        "rotations": rotations, "blind_windows": int(blind), "cpu_percent": round(100 * cpu, 2),
        "rss_anon_kib_at_rest": rest["rss_anon_kib"], "rss_anon_kib_peak_first_half": peak("rss_anon_kib", samples[:half]),
        "rss_anon_kib_peak_second_half": peak("rss_anon_kib", samples[half:]), "rss_anon_kib_after": after["rss_anon_kib"],
        f"rss_kib_{pause}_s_later": after["rss_kib"],
        "descriptors_at_rest": rest["descriptors"], "descriptors_peak": peak("descriptors", samples),
        "descriptors_after": after["descriptors"],
        "curve": {
            "seconds": [round(s["seconds"]) for s in samples[::step]],
            "rss_anon_kib": [s["rss_anon_kib"] for s in samples[::step]],
            "rss_kib": [s["rss_kib"] for s in samples[::step]],
            "descriptors": [s["descriptors"] for s in samples[::step]],
        },
    }


def measure(quick: bool) -> dict:
    return blow(20_000, 20 if quick else 300, 20, pause=10 if quick else 60)


def soak(hours: float) -> dict:
    """200 lines a second, rotated every minute."""
    return blow(200, int(hours * 3600), 60, "SystemMaxFiles=20")
