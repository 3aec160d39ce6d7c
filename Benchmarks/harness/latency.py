"""Entry written to visible on the endpoint, against a live journald; beside it `journalctl -f`, an inotify follower."""

import http.client
import multiprocessing
import random
import subprocess
import threading
import time

import lab
import rules

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


class Seen:
    """When `journalctl -f` printed which line."""

    def __init__(self, journal):
        self.times: dict[str, float] = {}
        self.process = subprocess.Popen(
            ["journalctl", "-q", "-f", "-n", "0", "-o", "cat", "-D", str(journal), f"_SYSTEMD_UNIT={UNIT}"],
            stdout=subprocess.PIPE, text=True)
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
    at = lambda share: round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)
    return {"samples": len(ordered), "p50_ms": at(0.5), "p99_ms": at(0.99), "max_ms": round(1000 * ordered[-1], 1)}


def sample(daemon: lab.Daemon, orders, number: int) -> float:
    mine, theirs = multiprocessing.Pipe(duplex=False)
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=5)
    kind = f'"BenchSample{number}"'
    orders.put((rules.line(number), theirs))
    written = mine.recv()
    while time.monotonic() - written < 10:
        connection.request("GET", "/v1/state", headers={"Accept": "application/json"})
        if kind in connection.getresponse().read().decode():
            return time.monotonic() - written
        time.sleep(0.001)
    raise SystemExit(f"sample {number} was not seen within 10 s")


def situation(name: str, count: int, suspected: bool, noise_per_second: int) -> dict:
    random.seed(1)
    with lab.Scratch() as directory:
        journald = lab.Journald(directory)
        runtime = lab.Runtime(directory)
        # At rest each sample is cleared before the next one; under suspicion one incident stays open.
        text = rules.opening(range(1, count + 1), '"1s"') + rules.opening([0])
        daemon = lab.Daemon(directory, journald.journal, runtime, rules=text)
        orders = multiprocessing.Queue()
        process = multiprocessing.Process(target=writer, args=(orders, journald.process.pid, noise_per_second), daemon=True)
        process.start()
        follower = Seen(journald.journal)
        healthy = lambda: daemon.get("/", "text/plain").startswith("HEALTHY")
        try:
            daemon.wait(healthy)
            if suspected:
                sample(daemon, orders, 0)
            times = []
            sent = range(1, count + 1)
            for number in sent:
                if not suspected:
                    deadline = time.monotonic() + 20
                    while not healthy() and time.monotonic() < deadline:
                        time.sleep(0.1)
                time.sleep(random.uniform(0.3, 0.9))
                before = time.monotonic()
                times.append(sample(daemon, orders, number))
                # journalctl's time is counted from the same instant.
                follower.times.setdefault(f"start {number}", before)
            time.sleep(1.5)
            peers = [
                follower.times[rules.line(n).decode()] - follower.times[f"start {n}"]
                for n in sent if rules.line(n).decode() in follower.times
            ]
        finally:
            follower.stop()
            orders.put(None)
            process.join(5)
            daemon.stop()
            runtime.stop()
            journald.stop()
    result = {"crihealthd": percentiles(times), "journalctl -f": percentiles(peers)}
    print(f"  {name}: {result}", flush=True)
    return result


def measure(quick: bool) -> dict:
    count = 20 if quick else 200
    return {
        "at rest": situation("at rest", count, False, 0),
        "under suspicion": situation("under suspicion", count, True, 0),
        "at 5,000 lines/s": situation("at 5,000 lines/s", count, False, 5000),
    }
