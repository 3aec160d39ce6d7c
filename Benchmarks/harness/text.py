# SPDX-License-Identifier: Apache-2.0
"""`crihealthd replay` of a gigabyte of text: how fast, and in how much memory."""

import os
import random
import subprocess
import tempfile
import time
from pathlib import Path

import lines
import tools

# A file system in memory, where it has the room: the disk is not what is measured.
FOLDERS = ("/dev/shm", "/var/tmp")
UNKNOWN = 'time="2026-11-22T{clock}.{fraction:09d}Z" level=info msg="garbage collected snapshot {number} of frobnicator {number:08x}" runtime=io.example.v2'
RECORDED = ("baseline-containerd-1.6.20", "containerd-1.6.20-kill9", "crio-1.29.9-kill9")


def clock(second: int) -> str:
    """Of the day."""
    second %= 86_400
    return f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"


def unknown(size: int):
    """Lines that no rule knows, in syslog's form: 2,000 a second."""
    number = written = 0
    while written < size:
        now = clock(number // 2000)
        message = UNKNOWN.format(clock=now, fraction=number % 2000 * 500_000, number=number)
        text = f"Nov 22 {now} node1 containerd[215]: {message}\n"
        written += len(text)
        number += 1
        yield text


def recorded(size: int):
    """What containerd and the kubelet really said, again and again with new ids."""
    source = random.Random(1)
    said = [
        (entry["_SYSTEMD_UNIT"].removesuffix(".service"), entry["MESSAGE"])
        for one in RECORDED for entry in lines.entries(one)
        if entry.get("_SYSTEMD_UNIT") in lines.UNITS and entry.get("MESSAGE") and "\n" not in entry["MESSAGE"]]
    number = written = 0
    while written < size:
        name, message = said[number % len(said)]
        text = f"Nov 22 {clock(number // 2000)} node1 {name}[215]: {lines.renumber(message, source)}\n"
        written += len(text)
        number += 1
        yield text


def replay(texts, folder: str) -> dict:
    """Replays a file of these lines, and one of half of them: memory must be the same."""
    with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".log", buffering=1 << 20) as whole, \
            tempfile.NamedTemporaryFile("wb", dir=folder, suffix=".log") as half:
        count = 0
        for text in texts:
            whole.write(text)
            count += 1
        whole.flush()
        size = os.path.getsize(whole.name)
        with open(whole.name, "rb") as file:
            half.write(file.read(size // 2))
        half.flush()
        first, second = once(half.name), once(whole.name)
    return {
        "bytes": size, "lines": count,
        "mb_per_cpu_second": round(size / 1e6 / second["cpu_seconds"], 1),
        "peak_rss_mib": second["peak_rss_mib"], "peak_rss_mib_of_half": first["peak_rss_mib"]}


def once(path: str) -> dict:
    """One run; its peak is read of /proc while it goes on, for what a parent had before the fork counts in rusage."""
    peak = 0
    with open(os.devnull, "wb") as nowhere:
        process = subprocess.Popen([tools.daemon(), "replay", path], stdout=nowhere, stderr=nowhere)
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            peak = max(peak, high_water(process.pid))
            time.sleep(0.05)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"replay {path} ended with {process.returncode}")
    return {"cpu_seconds": usage.ru_utime + usage.ru_stime, "peak_rss_mib": round(peak / 1024, 1)}


def high_water(pid: int) -> int:
    """VmHWM of proc(5) in KiB; 0 for a process that has no memory any more."""
    with open(f"/proc/{pid}/status") as file:
        return next((int(line.split()[1]) for line in file if line.startswith("VmHWM")), 0)


def measure(quick: bool) -> dict:
    """A gigabyte of lines that no rule knows, and less of what was recorded."""
    size = 100_000_000 if quick else 1_000_000_000
    folder = next(one for one in FOLDERS if Path(one).is_dir() and room(one) > 2 * size)
    result = {"no rule matches": replay(unknown(size), folder), "as recorded": replay(recorded(size // 20), folder)}
    for name, one in result.items():
        print(f"text, {name}: {one['mb_per_cpu_second']} MB per CPU-second, {one['peak_rss_mib']} MiB, of half {one['peak_rss_mib_of_half']} MiB", flush=True)
    return result


def room(folder: str) -> int:
    """Free bytes."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize
