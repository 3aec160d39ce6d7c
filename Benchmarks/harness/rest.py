# SPDX-License-Identifier: Apache-2.0
"""At rest with 110 pods: what the daemon itself costs, and crictl apart; what asking adaptively saves."""

import concurrent.futures
import time

import lab
import tools

# What one call of the real crictl 1.36 costs (user and system, containerd 1.6.20 and 2.1.9, median of ten): two thirds of it
# is the start of a Go program. The crictl of this run is a shell script.
CRICTL_CPU_SECONDS = 0.024
# About as often as the daemon wakes: what that alone costs is the machine's doing.
WAKES = 15
# What asks crictl alone, at the pace that sees a hang as soon.
ALWAYS = '[cri]\nconnect_interval = "1m"\nversion_interval = "1s"\nsuspect_interval = "1s"\n'


def watch(config: str, seconds: int, as_packaged: bool = False, settle: int = 20) -> dict:
    """One daemon for a time, what its processes cost; then its runtime hangs (accepts, says nothing; crictl does not end)."""
    with lab.watched(config=config, as_packaged=as_packaged) as (_, runtime, daemon):
        daemon.wait(lambda: "HEALTHY" in daemon.get("/", "text/plain").split()[:1])
        time.sleep(settle)
        before, calls, started = usages(daemon), runtime.called(), time.monotonic()
        time.sleep(seconds)
        after, passed = usages(daemon), time.monotonic() - started
        calls = runtime.called() - calls
        hung = time.monotonic()
        runtime.hang()
        daemon.wait(lambda: '"RuntimeDown"' in daemon.get("/v1/state"), time.monotonic() - daemon.started + 60)
        detected = time.monotonic() - hung
    return {
        "processes": [cost(*both, passed) for both in zip(before, after)], "seconds": round(passed),
        "calls_per_hour": round(calls / passed * 3600), "hang_seconds": round(detected, 1)}


def usages(daemon: lab.Daemon) -> list[dict]:
    """Of the daemon, and of its prober where it has one."""
    return [lab.usage(one.pid) for one in (daemon.process, daemon.prober) if one]


def cost(before: dict, after: dict, passed: float) -> dict:
    return {
        "cpu_percent": round(100 * (after["cpu_seconds"] - before["cpu_seconds"]) / passed, 3),
        "wakeups_per_second": round((after["switches"] - before["switches"]) / passed, 1),
        **{key: after[key] for key in ("rss_anon_kib", "pss_kib", "rss_kib", "threads", "descriptors")}}


def measure(quick: bool) -> dict:
    seconds = 30 if quick else 180
    with concurrent.futures.ThreadPoolExecutor() as pool:
        alone = pool.submit(tools.run, tools.BUILD / "wake", WAKES, seconds)
        one, two = pool.submit(watch, "", seconds), pool.submit(watch, "", seconds, as_packaged=True)
        adaptive, packaged = one.result(), two.result()
    always = watch(ALWAYS, 15, settle=5)
    return {
        "seconds": adaptive["seconds"], "pods": 110, **adaptive["processes"][0],
        f"cpu percent of a C loop that wakes {WAKES} times a second": round(float(alone.result()), 3),
        "as packaged": dict(zip(("daemon", "prober"), packaged["processes"])),
        "crictl": {
            name: {"calls_per_hour": one["calls_per_hour"],
                   "cpu_percent_at_24_ms_a_call": round(one["calls_per_hour"] * CRICTL_CPU_SECONDS / 36, 2),
                   "seconds_to_see_a_hang": one["hang_seconds"]}
            for name, one in (("adaptive", adaptive), ("crictl alone, every second", always))
        },
    }
