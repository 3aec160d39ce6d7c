# SPDX-License-Identifier: Apache-2.0
"""Builds what is measured, and runs it."""

import json
import os
import re
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build-bench"
RESULTS = ROOT / "Benchmarks" / "results"


def run(*command, **options) -> str:
    return subprocess.run([str(c) for c in command], check=True, text=True, stdout=subprocess.PIPE, **options).stdout


def build_reference() -> None:
    """The C programs: reference/*.c, by the compiler that is there."""
    BUILD.mkdir(exist_ok=True)
    flags = run("pkg-config", "--cflags", "--libs", "libsystemd").split()
    source = ROOT / "Benchmarks" / "reference"
    for name in ("enumerate", "follow", "wake"):
        run("cc", "-O2", "-Wall", "-Werror", "-D_GNU_SOURCE", "-o", BUILD / name, source / f"{name}.c", *flags)
    run("cc", "-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o", BUILD / "allocations.so", source / "allocations.c")


def build_catch_up() -> Path:
    """The follower with its rules, built with the flags of `make release`."""
    flags = run("make", "--silent", "-C", ROOT, "release-flags").split()
    run("swift", "build", "--package-path", ROOT / "Benchmarks", "--scratch-path", BUILD, *flags, "--product", "catch-up")
    return catch_up()


def catch_up() -> Path:
    """What build_catch_up built."""
    return BUILD / "release" / "catch-up"


def matches() -> list[str]:
    """What the daemon reads of the journal, as arguments of journalctl."""
    return run(catch_up(), "--print-matches").split("\n")[:-1]


def daemon() -> Path:
    """The shipped binary; `make release` makes it."""
    path = ROOT / ".build-release" / "crihealthd"
    if not path.exists():
        raise SystemExit(f"{path} is not there: make release")
    return path


def source() -> str:
    """The commit that is measured; `+` where what is measured differs from it."""
    git = ["git", "-C", str(ROOT)]
    changed = run(*git, "status", "--porcelain", "--", "Sources", "Benchmarks/harness", "Benchmarks/reference", "Benchmarks/Sources")
    return run(*git, "rev-parse", "--short", "HEAD").strip() + ("+" if changed else "")


def machine() -> dict:
    """What the figures were measured on."""
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "unknown")
    version = run("systemctl", "--version").split()[1]
    return {
        "cpus": os.cpu_count(), "model": model, "kernel": os.uname().release, "systemd": int(version), "commit": source(),
        "date": time.strftime("%Y-%m-%d", time.gmtime())}


def write(name: str, result: dict) -> None:
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps({"machine": machine(), **result}, indent=2) + "\n"
    # A list of figures on one line.
    text = re.sub(r"\[[\d\s.,-]+\]", lambda found: " ".join(found[0].split()), text)
    (RESULTS / f"{name}.json").write_text(text)


def load(name: str) -> dict | None:
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None
