# SPDX-License-Identifier: Apache-2.0
"""Entry written to visible on the endpoint, against a live journald; beside it two followers that wait for inotify:
`journalctl -f`, and a C loop over sd_journal_wait."""

import http.client
import math
import multiprocessing
import random
import subprocess
import threading
import time

import lab
import rules
import tools

UNIT = "containerd.service"


def writer(orders, journald_pid: int, noise_per_second: int) -> None:
    """A process in containerd's control group: writes what it is told to, and tells when."""
    lab.join_unit(UNIT)
    one = lab.stdout_stream(journald_pid, "containerd")
    if noise_per_second:
        threading.Thread(target=noise, args=(journald_pid, noise_per_second), daemon=True).start()
    for line, answer in iter(orders.get, None):
        now = time.monotonic()
        one.sendall(line)
        answer.send(now)


def noise(journald_pid: int, per_second: int) -> None:
    one = lab.stdout_stream(journald_pid, "containerd")
    line = b'time="2026-11-24T00:00:00Z" level=info msg="cleaning up dead shim" namespace=k8s.io\n'
    begin, sent = time.monotonic(), 0
    while True:
        due = int((time.monotonic() - begin) * per_second) - sent
        if due > 0:
            one.sendall(line * due)
            sent += due
        time.sleep(0.01)


PEERS = {
    "journalctl -f": lambda journal: ["journalctl", "-q", "-f", "-n", "0", "-o", "cat", "-D", str(journal)],
    "C, sd_journal_wait": lambda journal: [str(tools.BUILD / "follow"), str(journal)],
}


class Seen:
    """When a follower printed which line."""

    def __init__(self, command: list[str]):
        self.times: dict[str, float] = {}
        self.process = subprocess.Popen([*command, f"_SYSTEMD_UNIT={UNIT}"], stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self) -> None:
        for line in self.process.stdout:
            if line.startswith("bench sample"):
                self.times[line] = time.monotonic()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


def percentiles(values: list[float]) -> dict:
    ordered = sorted(values)
    if not ordered:
        return {"samples": 0}
    at = lambda share: round(1000 * ordered[math.ceil(share * len(ordered)) - 1], 1)
    return {"samples": len(ordered), "p50_ms": at(0.5), "p99_ms": at(0.99), "max_ms": round(1000 * ordered[-1], 1),
            "ms": [round(1000 * one, 1) for one in ordered]}


class Writer:
    """A writer's end of the orders, and a reader of the endpoint beside it."""

    def __init__(self, daemon: lab.Daemon, journald_pid: int, noise_per_second: int):
        self.daemon = daemon
        self.orders = multiprocessing.Queue()
        self.process = multiprocessing.Process(target=writer, args=(self.orders, journald_pid, noise_per_second), daemon=True)
        self.process.start()

    def write(self, line: bytes, shown, seconds: float = 10) -> tuple[float, float | None]:
        """When the line was written (monotonic), and how long it took until `shown` holds for the open incidents on the
        endpoint; None: it did not."""
        mine, theirs = multiprocessing.Pipe(duplex=False)
        connection = http.client.HTTPConnection("127.0.0.1", self.daemon.port, timeout=5)
        self.orders.put((line, theirs))
        written = mine.recv()
        try:
            while time.monotonic() - written < seconds:
                connection.request("GET", "/v1/incidents?status=open", headers={"Accept": "application/json"})
                if shown(connection.getresponse().read().decode()):
                    return written, time.monotonic() - written
                time.sleep(0.001)
        finally:
            connection.close()
        return written, None

    def sample(self, number: int) -> tuple[float, float | None]:
        return self.write(rules.line(number), lambda text: f'"BenchSample{number}"' in text)

    def clear(self, number: int) -> None:
        self.write(rules.CLEAR, lambda text: f'"BenchSample{number}"' not in text)

    def stop(self) -> None:
        self.orders.put(None)
        self.process.join(5)


def situation(name: str, count: int, suspected: bool, noise_per_second: int) -> dict:
    random.seed(1)
    # Under suspicion one incident stays open; each sample is cleared before the next one.
    text = rules.opening([0]) + rules.cleared(range(1, count + 1))
    with lab.watched(rules=text) as (journald, _, daemon):
        writing = Writer(daemon, journald.process.pid, noise_per_second)
        followers = {name: Seen(command(journald.journal)) for name, command in PEERS.items()}
        healthy = lambda: daemon.get("/", "text/plain").startswith("HEALTHY")
        try:
            daemon.wait(healthy)
            if suspected and writing.sample(0)[1] is None:
                raise SystemExit("the incident that makes the daemon suspicious was not seen")
            written, times = {}, []
            began, before = time.monotonic(), daemon.metric("crihealthd_journal_entries_total")
            for number in range(1, count + 1):
                if not suspected:
                    daemon.wait(healthy, time.monotonic() - daemon.started + 20)
                time.sleep(random.uniform(0.1, 0.4))
                written[number], took = writing.sample(number)
                if took is None:
                    print(f"  {name}: sample {number} was not seen within 10 s; entries read: "
                          f"{daemon.metric('crihealthd_journal_entries_total'):.0f}", flush=True)
                else:
                    times.append(took)
                writing.clear(number)
            rate = (daemon.metric("crihealthd_journal_entries_total") - before) / (time.monotonic() - began)
            if rate < 0.9 * noise_per_second:
                raise SystemExit(f"{name}: {rate:.0f} lines/s were read, not {noise_per_second}")
            time.sleep(1.5)
        finally:
            for follower in followers.values():
                follower.stop()
            writing.stop()
    line = lambda number: rules.line(number).decode()
    peers = {
        name: [seen.times[line(n)] - at for n, at in written.items() if line(n) in seen.times]
        for name, seen in followers.items()
    }
    result = {who: {**percentiles(found), "not_seen": count - len(found)} for who, found in {"crihealthd": times, **peers}.items()}
    if not times:
        raise SystemExit(f"{name}: no sample was seen")
    print(f"  {name}: " + ", ".join(f"{who} p99 {one.get('p99_ms')} ms" for who, one in result.items()), flush=True)
    return result


SITUATIONS = {"at rest": (False, 0), "under suspicion": (True, 0), "at 5,000 lines/s": (False, 5000)}


def measure(quick: bool) -> dict:
    count = 20 if quick else 200
    return {name: situation(name, count, *how) for name, how in SITUATIONS.items()}
