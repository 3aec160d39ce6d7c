# SPDX-License-Identifier: Apache-2.0
"""The endpoint at 110 pods and 50 incidents: requests per second, idle connections, streams, slow readers."""

import multiprocessing
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
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    return {
        "requests_per_second": round(float(number(r"Requests/sec:\s+([\d.]+)"))), "p99_ms": round(float(value) * unit[scale], 2),
        "failed": (int(refused[1]) if refused else 0) + (sum(map(int, broken.groups())) if broken else 0),
    }


def tell(journald: lab.Journald, text: bytes) -> float:
    """Writes to the journal in a process of its own, which becomes containerd's; the monotonic time when it was written."""
    mine, theirs = multiprocessing.Pipe(duplex=False)

    def write():
        lab.join_unit("containerd.service")
        with journald.stream("containerd") as stream:
            theirs.send(time.monotonic())
            stream.sendall(text)
            time.sleep(0.5)

    multiprocessing.Process(target=write, daemon=True).start()
    return mine.recv()


def idle_connections(daemon: lab.Daemon, seconds: int) -> dict:
    before = daemon.usage()
    idle = [socket.create_connection(("127.0.0.1", daemon.port), timeout=5) for _ in range(1000)]
    time.sleep(1)
    during = daemon.usage()
    result = {
        "tried": len(idle), "held": during["descriptors"] - before["descriptors"],
        "rss_anon_kib_more": during["rss_anon_kib"] - before["rss_anon_kib"],
        "/metrics beside them": wrk(f"http://127.0.0.1:{daemon.port}/metrics", seconds)}
    close(idle, daemon, before)
    return result


def streams(daemon: lab.Daemon, journald: lab.Journald) -> dict:
    """200 readers of /v1/stream, of whom 50 never read: what they cost, and when the last of the others hears of news."""
    before = daemon.usage()
    readers = [request(daemon, b"GET /v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n") for _ in range(200)]
    time.sleep(2)
    during = daemon.usage()
    listening = readers[50:]
    for one in listening:
        one.setblocking(False)
    drained = {one: drain(one) for one in listening}
    answered = sum(1 for text in drained.values() if text.startswith(b"HTTP/1.1 200"))
    written = tell(journald, rules.line(INCIDENTS))
    heard, deadline = {}, time.monotonic() + 10
    needle = f"BenchSample{INCIDENTS}".encode()
    while len(heard) < len(listening) and time.monotonic() < deadline:
        for one in listening:
            drained[one] += drain(one)
            if one not in heard and needle in drained[one]:
                heard[one] = time.monotonic() - written
        time.sleep(0.001)
    close(readers, daemon, before)
    return {
        "tried": len(readers), "answered_of_150": answered, "rss_anon_kib_more": during["rss_anon_kib"] - before["rss_anon_kib"],
        "heard_of_150": len(heard), "last_heard_ms": round(1000 * max(heard.values(), default=0), 1)}


def slow_readers(daemon: lab.Daemon, seconds: int) -> dict:
    """50 clients that ask for /metrics twenty times and read nothing."""
    before = daemon.usage()
    slow = [request(daemon, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20, receive=2048) for _ in range(50)]
    result = wrk(f"http://127.0.0.1:{daemon.port}/metrics", seconds)
    result["rss_anon_kib_more"] = daemon.usage()["rss_anon_kib"] - before["rss_anon_kib"]
    close(slow, daemon, before)
    return result


def request(daemon: lab.Daemon, text: bytes, receive: int | None = None) -> socket.socket:
    one = socket.socket()
    if receive:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    one.connect(("127.0.0.1", daemon.port))
    one.sendall(text)
    return one


def drain(one: socket.socket) -> bytes:
    """What can be read without waiting."""
    text = b""
    while True:
        try:
            more = one.recv(65536)
        except BlockingIOError:
            return text
        if not more:
            return text
        text += more


def close(sockets: list[socket.socket], daemon: lab.Daemon, before: dict) -> None:
    """Closes them, and waits until the daemon did."""
    for one in sockets:
        one.close()
    deadline = time.monotonic() + 10
    while daemon.usage()["descriptors"] > before["descriptors"] + 4 and time.monotonic() < deadline:
        time.sleep(0.1)


def measure(quick: bool) -> dict:
    seconds = 3 if quick else 15
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    result: dict = {"pods": 110, "incidents": INCIDENTS}
    with lab.watched(rules=rules.opening(range(INCIDENTS + 1))) as (journald, _, daemon):
        daemon.wait(lambda: daemon.get("/", "text/plain").startswith("HEALTHY"))
        tell(journald, b"".join(rules.line(n) for n in range(INCIDENTS)))
        daemon.wait(lambda: f'"BenchSample{INCIDENTS - 1}"' in daemon.get("/v1/state"))
        base = f"http://127.0.0.1:{daemon.port}"
        metrics = daemon.get("/metrics", "text/plain")
        result["metrics_bytes"] = len(metrics)
        result["series"] = sum(1 for line in metrics.splitlines() if line and not line.startswith("#"))
        result["/metrics"] = wrk(f"{base}/metrics", seconds)
        result["/"] = wrk(f"{base}/", seconds)
        result["idle_connections"] = idle_connections(daemon, seconds)
        result["streams"] = streams(daemon, journald)
        result["/metrics beside 50 slow readers"] = slow_readers(daemon, seconds)
    return result
