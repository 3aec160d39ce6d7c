# SPDX-License-Identifier: Apache-2.0
"""node-problem-detector on the same journal, with ten rules and with one, where it is on the PATH."""

import json
import os
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path

import journal_data
import lab

# Ten regular expressions as people write them for this daemon; the last line of a journal is known to the last one.
PATTERNS = [
    "failed to (create|start) containerd task.*", "failed to setup network for sandbox.*", "context deadline exceeded.*",
    "failed to load plugin io.containerd.grpc.v1.cri.*", "address already in use.*", "no space left on device.*",
    "failed to pull and unpack image.*", "OCI runtime (create|start|exec) failed.*", "transport is closing.*",
    "the benchmark is over.*",
]


def command() -> str | None:
    return shutil.which("node-problem-detector")


def configuration(journal: Path, patterns: list[str]) -> str:
    return json.dumps({
        "plugin": "journald", "pluginConfig": {"source": "containerd"}, "logPath": str(journal), "lookback": "2h", "bufferSize": 10,
        "source": "bench", "metricsReporting": True, "conditions": [],
        "rules": [{"type": "temporary", "reason": f"Bench{n}", "pattern": p} for n, p in enumerate(patterns)]})


def read(directory: Path, journal: Path, patterns: list[str], lines: int) -> float:
    """CPU seconds until the last line of the journal was seen."""
    config = directory / "npd.json"
    config.write_text(configuration(journal, patterns))
    port = lab.free_port()
    process = subprocess.Popen(
        [command(), "--enable-k8s-exporter=false", f"--config.system-log-monitor={config}", "--prometheus-address=127.0.0.1",
         f"--prometheus-port={port}"],
        env={**os.environ, "NODE_NAME": "node-1"}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    over = f'problem_counter{{reason="Bench{len(patterns) - 1}"}} 1'
    deadline = time.monotonic() + 30 + lines / 500
    try:
        while time.monotonic() < deadline:
            # Each look renders all of its metrics.
            time.sleep(0.5)
            try:
                text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5).read().decode()
            except OSError:
                if process.poll() is not None:
                    raise SystemExit(f"node-problem-detector ended with {process.returncode}") from None
                continue
            if over in text:
                return lab.usage(process.pid)["cpu_seconds"]
        raise SystemExit(f"node-problem-detector did not read {lines} lines in time")
    finally:
        process.terminate()
        process.wait()


def measure(directory: Path, lines: int, times: int) -> dict | None:
    """Its version, and entries per CPU-second by the number of rules, on lines as recorded, of the best of so many runs;
    None where it is not there."""
    if not command():
        return None
    found: dict = {"version": subprocess.run([command(), "--version"], capture_output=True, text=True).stdout.strip()}
    for name, patterns in (("ten rules", PATTERNS), ("one rule", PATTERNS[-1:])):
        seconds = {}
        for count in (0, lines):
            journal = directory / f"npd-{count}"
            journal_data.make(journal, count, files=1, last="the benchmark is over")
            seconds[count] = min(read(directory, journal, patterns, count) for _ in range(times))
        found[name] = round(lines / (seconds[lines] - seconds[0]))
    return found
