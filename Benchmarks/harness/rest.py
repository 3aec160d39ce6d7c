"""At rest with 110 pods: what the daemon itself costs, and crictl apart; what asking adaptively saves."""

import time

import lab

# What one call of the real crictl 1.36 costs (user and system, containerd 1.6.20 and 2.1.9, median of ten): two thirds of it
# is the start of a Go program. The crictl of this run is a shell script.
CRICTL_CPU_SECONDS = 0.024
# What asks crictl alone, at the pace that sees a hang as soon.
ALWAYS = '[cri]\nconnect_interval = "1m"\nversion_interval = "1s"\nsuspect_interval = "1s"\n'


def watch(config: str, seconds: int) -> dict:
    """One daemon for a time; then its runtime hangs (accepts, says nothing; crictl does not end)."""
    with lab.watched(config=config) as (_, runtime, daemon):
        daemon.wait(lambda: "HEALTHY" in daemon.get("/", "text/plain").split()[:1])
        time.sleep(20)
        before, calls, started = daemon.usage(), runtime.called(), time.monotonic()
        time.sleep(seconds)
        after, passed = daemon.usage(), time.monotonic() - started
        calls = runtime.called() - calls
        hung = time.monotonic()
        runtime.hang()
        daemon.wait(lambda: '"RuntimeDown"' in daemon.get("/v1/state"), time.monotonic() - daemon.started + 60)
        detected = time.monotonic() - hung
    return {"before": before, "after": after, "passed": passed, "calls_per_hour": round(calls / passed * 3600),
            "hang_seconds": round(detected, 1)}


def measure(quick: bool) -> dict:
    adaptive = watch("", 30 if quick else 180)
    always = watch(ALWAYS, 15 if quick else 30)
    before, after, passed = (adaptive[key] for key in ("before", "after", "passed"))
    return {
        "seconds": round(passed), "pods": 110,
        "cpu_percent": round(100 * (after["cpu_seconds"] - before["cpu_seconds"]) / passed, 3),
        "wakeups_per_second": round((after["switches"] - before["switches"]) / passed, 1),
        "rss_anon_kib": after["rss_anon_kib"], "pss_kib": after["pss_kib"], "rss_kib": after["rss_kib"],
        "threads": after["threads"], "descriptors": after["descriptors"],
        "crictl": {
            name: {"calls_per_hour": one["calls_per_hour"],
                   "cpu_percent_at_24_ms_a_call": round(one["calls_per_hour"] * CRICTL_CPU_SECONDS / 36, 2),
                   "seconds_to_see_a_hang": one["hang_seconds"]}
            for name, one in (("adaptive", adaptive), ("crictl alone, every second", always))
        },
    }
