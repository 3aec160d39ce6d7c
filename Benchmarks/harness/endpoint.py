"""The endpoint at 110 pods and 50 incidents: requests per second, idle connections, slow readers."""

import re
import resource
import socket
import time

import lab
import rules
import tools

INCIDENTS = 50


def wrk(url: str, seconds: int) -> dict:
    text = tools.run("wrk", "-t1", "-c4", f"-d{seconds}", "--latency", url)
    number = lambda pattern: re.search(pattern, text)[1]
    unit = {"us": 0.001, "ms": 1, "s": 1000}
    value, scale = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    return {
        "requests_per_second": round(float(number(r"Requests/sec:\s+([\d.]+)"))), "p99_ms": round(float(value) * unit[scale], 2),
        "failed": int(failed[1]) if failed else 0,
    }


def tell_incidents(journald: lab.Journald) -> None:
    """In a process of its own, which becomes containerd's."""
    import multiprocessing

    def write():
        lab.join_unit("containerd.service")
        with journald.stream("containerd") as stream:
            stream.sendall(b"".join(rules.line(n) for n in range(INCIDENTS)))
            time.sleep(0.5)

    process = multiprocessing.Process(target=write)
    process.start()
    process.join()


def measure(quick: bool) -> dict:
    seconds = 3 if quick else 15
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    with lab.Scratch() as directory:
        journald = lab.Journald(directory)
        runtime = lab.Runtime(directory)
        daemon = lab.Daemon(directory, journald.journal, runtime, rules=rules.opening(range(INCIDENTS)))
        result: dict = {"pods": 110, "incidents": INCIDENTS}
        try:
            daemon.wait(lambda: daemon.get("/", "text/plain").startswith("HEALTHY"))
            tell_incidents(journald)
            daemon.wait(lambda: f'"BenchSample{INCIDENTS - 1}"' in daemon.get("/v1/state"))
            base = f"http://127.0.0.1:{daemon.port}"
            metrics = daemon.get("/metrics", "text/plain")
            result["metrics_bytes"] = len(metrics)
            result["series"] = sum(1 for line in metrics.splitlines() if line and not line.startswith("#"))
            result["/metrics"] = wrk(f"{base}/metrics", seconds)
            result["/"] = wrk(f"{base}/", seconds)
            before = daemon.usage()
            idle = []
            for _ in range(1000):
                one = socket.create_connection(("127.0.0.1", daemon.port), timeout=5)
                idle.append(one)
            time.sleep(1)
            during = daemon.usage()
            result["idle_connections"] = {
                "tried": len(idle), "held": during["descriptors"] - before["descriptors"],
                "rss_anon_kib_more": during["rss_anon_kib"] - before["rss_anon_kib"]}
            result["idle_connections"]["/metrics beside them"] = wrk(f"{base}/metrics", seconds)
            for one in idle:
                one.close()
            slow = []
            for _ in range(50):
                one = socket.socket()
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
                one.connect(("127.0.0.1", daemon.port))
                one.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20)
                slow.append(one)
            result["/metrics beside 50 slow readers"] = wrk(f"{base}/metrics", seconds)
            for one in slow:
                one.close()
        finally:
            daemon.stop()
            runtime.stop()
            journald.stop()
    return result
