"""At rest with 110 pods: what the daemon itself costs, and crictl apart."""

import time

import lab


def measure(quick: bool) -> dict:
    seconds = 30 if quick else 180
    with lab.Scratch() as directory:
        journald = lab.Journald(directory)
        runtime = lab.Runtime(directory)
        daemon = lab.Daemon(directory, journald.journal, runtime)
        try:
            daemon.wait(lambda: "HEALTHY" in daemon.get("/", "text/plain").split()[:1])
            time.sleep(20)
            before, calls, started = daemon.usage(), len(runtime.calls.read_text().split()), time.monotonic()
            time.sleep(seconds)
            after, passed = daemon.usage(), time.monotonic() - started
            calls = len(runtime.calls.read_text().split()) - calls
        finally:
            daemon.stop()
            runtime.stop()
            journald.stop()
    return {
        "seconds": round(passed), "pods": 110,
        "cpu_percent": round(100 * (after["cpu_seconds"] - before["cpu_seconds"]) / passed, 3),
        "wakeups_per_second": round((after["switches"] - before["switches"]) / passed, 1),
        "rss_anon_kib": after["rss_anon_kib"], "pss_kib": after["pss_kib"], "rss_kib": after["rss_kib"],
        "threads": after["threads"], "descriptors": after["descriptors"],
        "crictl_calls_per_hour": round(calls / passed * 3600),
        # Were everything asked as often as while something is suspected (suspect_interval, 2 s).
        "crictl_calls_per_hour_if_always_alert": 3600 // 2 * 4,
    }
