"""Entry written to visible on the endpoint, against a live journald; beside it two followers that wait for inotify:
`journalctl -f`, and a C loop over sd_journal_wait."""

import http.client
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
    at = lambda share: round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)
    return {"samples": len(ordered), "p50_ms": at(0.5), "p99_ms": at(0.99), "max_ms": round(1000 * ordered[-1], 1),
            "ms": [round(1000 * one, 1) for one in ordered]}


def sample(daemon: lab.Daemon, orders, number: int) -> tuple[float, float]:
    """When the line was written (monotonic), and how long it took to be on the endpoint."""
    mine, theirs = multiprocessing.Pipe(duplex=False)
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=5)
    kind = f'"BenchSample{number}"'
    orders.put((rules.line(number), theirs))
    written = mine.recv()
    while time.monotonic() - written < 10:
        connection.request("GET", "/v1/state", headers={"Accept": "application/json"})
        if kind in connection.getresponse().read().decode():
            return written, time.monotonic() - written
        time.sleep(0.001)
    raise SystemExit(f"sample {number} was not seen within 10 s")


def situation(name: str, count: int, suspected: bool, noise_per_second: int) -> dict:
    random.seed(1)
    # At rest each sample is cleared before the next one; under suspicion one incident stays open.
    text = rules.opening(range(1, count + 1), '"200ms"') + rules.opening([0])
    with lab.watched(rules=text) as (journald, _, daemon):
        orders = multiprocessing.Queue()
        process = multiprocessing.Process(target=writer, args=(orders, journald.process.pid, noise_per_second), daemon=True)
        process.start()
        followers = {name: Seen(command(journald.journal)) for name, command in PEERS.items()}
        healthy = lambda: daemon.get("/", "text/plain").startswith("HEALTHY")
        try:
            daemon.wait(healthy)
            if suspected:
                sample(daemon, orders, 0)
            written, times = {}, []
            for number in range(1, count + 1):
                if not suspected:
                    deadline = time.monotonic() + 20
                    while not healthy() and time.monotonic() < deadline:
                        time.sleep(0.05)
                time.sleep(random.uniform(0.2, 0.6))
                written[number], took = sample(daemon, orders, number)
                times.append(took)
            time.sleep(1.5)
        finally:
            for follower in followers.values():
                follower.stop()
            orders.put(None)
            process.join(5)
    line = lambda number: rules.line(number).decode()
    peers = {
        name: percentiles([seen.times[line(n)] - at for n, at in written.items() if line(n) in seen.times])
        for name, seen in followers.items()
    }
    result = {"crihealthd": percentiles(times), **peers}
    print(f"  {name}: " + ", ".join(f"{who} p99 {one.get('p99_ms')} ms" for who, one in result.items()), flush=True)
    return result


SITUATIONS = {"at rest": (False, 0), "under suspicion": (True, 0), "at 5,000 lines/s": (False, 5000)}


def measure(quick: bool) -> dict:
    tools.build_reference()
    count = 20 if quick else 200
    return {name: situation(name, count, *how) for name, how in SITUATIONS.items()}
