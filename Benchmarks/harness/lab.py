# SPDX-License-Identifier: Apache-2.0
"""A journald of our own, with a writer that it takes for containerd.service, and a daemon that follows it."""

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import tools

CGROUPS = [Path("/sys/fs/cgroup/systemd"), Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup")]
TICK = os.sysconf("SC_CLK_TCK")
TIMED_OUT = 'time="2026-11-24T00:00:00Z" level=fatal msg="rpc error: code = DeadlineExceeded desc = context deadline exceeded"'


class Journald:
    """Tests/Support/journald-lab, in a directory of its own. Needs root."""

    def __init__(self, directory: Path, *settings: str):
        self.directory = directory
        log = open(directory / "journald.log", "wb")
        self.process = subprocess.Popen(
            [tools.ROOT / "Tests" / "Support" / "journald-lab", directory, *settings], stdout=log, stderr=log)
        self.journal = directory / "var"
        deadline = time.monotonic() + 30
        while not list(self.journal.glob("*/system.journal")):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise SystemExit((directory / "journald.log").read_text() or "journald makes no journal")
            time.sleep(0.05)

    def stream(self, identifier: str) -> socket.socket:
        """A service's standard output."""
        return stdout_stream(self.process.pid, identifier)

    def rotate(self) -> None:
        self.process.send_signal(12)

    def stop(self) -> None:
        end(self.process)


def end(process: subprocess.Popen) -> None:
    """SIGTERM, and SIGKILL where that does not end it."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def stdout_stream(journald: int, identifier: str) -> socket.socket:
    """A service's standard output, to the journald of that pid (systemd's stdout protocol)."""
    one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    one.connect(f"/proc/{journald}/root/run/systemd/journal/stdout")
    one.sendall(f"{identifier}\n\n6\n0\n0\n0\n0\n".encode())
    return one


def join_unit(unit: str) -> None:
    """Moves this process into the control group of a unit, from which journald takes `_SYSTEMD_UNIT`."""
    for root in CGROUPS:
        if not (root / "cgroup.procs").exists():
            continue
        group = root / "system.slice" / unit
        group.mkdir(parents=True, exist_ok=True)
        (group / "cgroup.procs").write_text(str(os.getpid()))


@contextlib.contextmanager
def own_groups():
    """Removes in the end what join_unit made; a node's own groups stay."""
    slices = [root / "system.slice" for root in CGROUPS if (root / "cgroup.procs").exists()]
    before = {one: set(one.iterdir()) if one.exists() else None for one in slices}
    try:
        yield
    finally:
        for one, known in before.items():
            groups = [g for g in one.iterdir() if g.is_dir() and g not in (known or ())] if one.exists() else []
            for group in [*groups, *([one] if known is None else [])]:
                remove_group(group)


def remove_group(group: Path) -> None:
    """The last process of it may be about to end."""
    for _ in range(40):
        try:
            return group.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.05)


class Runtime:
    """A socket that a runtime would listen on, and a crictl that answers for it with 110 pods."""

    def __init__(self, directory: Path, pods: int = 110):
        self.socket = directory / "cri.sock"
        self.crictl = directory / "crictl"
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(self.socket))
        listener.listen(64)
        self.listener = listener
        threading.Thread(target=self.greet, daemon=True).start()
        labels = {"io.kubernetes.pod.namespace": "web"}
        pod = lambda i: {"id": f"{i:064x}", "metadata": {"name": f"web-{i}", "namespace": "web", "uid": f"{i}", "attempt": 0},
                         "state": "SANDBOX_READY", "createdAt": "1", "labels": labels}
        container = lambda i: {"id": f"{i + 4096:064x}", "podSandboxId": f"{i // 2:064x}", "metadata": {"name": f"app-{i % 2}", "attempt": 0},
                               "state": "CONTAINER_RUNNING", "createdAt": "1", "image": {"image": "web"}, "labels": labels}
        condition = lambda kind: {"type": kind, "status": True, "reason": "", "message": ""}
        answers = {
            "version": "Version:  0.1.0\nRuntimeName:  containerd\nRuntimeVersion:  2.1.9\nRuntimeApiVersion:  v1\n",
            "info": json.dumps({"status": {"conditions": [condition("RuntimeReady"), condition("NetworkReady")]}}),
            "pods": json.dumps({"items": [pod(i) for i in range(pods)]}, indent=2),
            "ps": json.dumps({"containers": [container(i) for i in range(2 * pods)]}, indent=2),
        }
        for name, text in answers.items():
            (directory / f"answer-{name}").write_text(text)
        self.calls = directory / "calls"
        self.calls.write_text("")
        self.crictl.write_text(
            '#!/bin/sh\nwhile [ "${1#--}" != "$1" ]; do shift; shift; done\n'
            f'echo "$1" >> {self.calls}\n[ ! -e {directory}/hung ] || {{ sleep 2; echo \'{TIMED_OUT}\' >&2; exit 1; }}\n'
            f'exec cat "{directory}/answer-$1"\n')
        self.crictl.chmod(0o755)
        self.hung = directory / "hung"

    def called(self) -> int:
        """How often crictl was called."""
        return len(self.calls.read_text().split())

    def hang(self) -> None:
        """From now on connections are taken and nothing is said, and crictl ends by its timeout of 2 s."""
        self.hung.touch()

    def greet(self) -> None:
        """Sends what an HTTP/2 server sends first: a SETTINGS frame."""
        silent = []
        while True:
            try:
                one, _ = self.listener.accept()
                if self.hung.exists():
                    silent.append(one)
                    continue
                one.settimeout(1)
                one.sendall(b"\0\0\0\4\0\0\0\0\0")
                one.recv(64)
                one.close()
            except OSError:
                if self.listener.fileno() < 0:
                    return

    def stop(self) -> None:
        self.listener.close()


def usage(pid: int) -> dict:
    """What the kernel counts of a process now."""
    stat = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    rollup = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    kib = lambda text: int(text.split()[0])
    switches = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        for line in (task / "status").read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches"):
                switches += int(line.split()[1])
    return {
        "cpu_seconds": (int(stat[11]) + int(stat[12])) / TICK, "children_cpu_seconds": (int(stat[13]) + int(stat[14])) / TICK,
        "switches": switches, "rss_anon_kib": kib(status["RssAnon"]), "rss_kib": kib(status["VmRSS"]),
        "pss_kib": kib(rollup["Pss"]), "threads": int(status["Threads"]), "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
    }


class Daemon:
    """The shipped binary, `serve`, without a bus: as one process, or, as packaged, with a prober beside it."""

    def __init__(
        self, directory: Path, journal: Path, runtime: Runtime, rules: str = "", config: str = "", as_packaged: bool = False,
    ):
        self.directory = directory
        self.socket = directory / "http.sock"
        (directory / "rules.d").mkdir(exist_ok=True)
        (directory / "rules.d" / "bench.toml").write_text(rules)
        (directory / "config.toml").write_text(f'rules_directory = "{directory}/rules.d"\n{config}')
        self.port = free_port()
        self.log = directory / "log"
        asked = ["--config", directory / "config.toml", "--runtime-endpoint", runtime.socket, "--crictl", runtime.crictl]
        self.prober = None
        prober = directory / "probe.sock"
        if as_packaged:
            self.prober = subprocess.Popen([tools.daemon(), "probe", "--socket", prober, *asked], stderr=open(self.log, "ab"))
        self.command = [
            tools.daemon(), "serve", *(["--probe-socket", prober] if as_packaged else ["--single-process"]), *asked,
            "--listen", f"127.0.0.1:{self.port}", "--socket", self.socket, "--state-directory", directory / "state",
            "--journal-directory", journal]
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, stderr=open(self.log, "ab"))
        self.started = time.monotonic()

    def get(self, path: str, accept: str = "application/json") -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path, headers={"Accept": accept})
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def wait(self, ready, seconds: float = 60, pause: float = 0.002) -> float:
        """Until `ready()` holds, which is asked after each pause; seconds since the start."""
        while time.monotonic() - self.started < seconds:
            try:
                if ready():
                    return time.monotonic() - self.started
            except OSError:
                pass
            if self.process.poll() is not None:
                raise SystemExit(self.log.read_text()[-2000:])
            time.sleep(pause)
        raise SystemExit(f"not ready after {seconds} s; log: {self.log.read_text()[-2000:]}")

    def metric(self, name: str) -> float:
        """The sum of a metric's series, of which there must be one."""
        series = [
            float(line.rsplit(" ", 1)[1]) for line in self.get("/metrics", "text/plain").splitlines()
            if line.startswith((name + " ", name + "{"))]
        if not series:
            raise LookupError(f"no metric is called {name}")
        return sum(series)

    def usage(self) -> dict:
        """What the kernel counts of it now."""
        return usage(self.process.pid)

    def resident(self) -> dict:
        """KiB of what is mapped that are resident: journal files, the binary and libraries, the rest (private)."""
        kib = {"journal": 0, "binary_and_libraries": 0, "private": 0}
        kind = ""
        for line in Path(f"/proc/{self.process.pid}/smaps").read_text().splitlines():
            words = line.split()
            if "-" in words[0] and not words[0].endswith(":"):
                path = words[5] if len(words) > 5 else ""
                kind = "journal" if ".journal" in path else "binary_and_libraries" if path.startswith("/") else "private"
            elif words[0] == "Rss:":
                kib[kind] += int(words[1])
        return kib

    def stop(self) -> None:
        for one in filter(None, (self.process, self.prober)):
            end(one)


class Scratch:
    """A directory that goes away."""

    def __enter__(self) -> Path:
        self.path = Path(tempfile.mkdtemp(prefix="crihealthd-bench-"))
        return self.path

    def __exit__(self, *_) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


@contextlib.contextmanager
def watched(*settings: str, rules: str = "", config: str = "", as_packaged: bool = False):
    """A journald with these settings, a runtime, and a daemon that watches both; all of them end with the block."""
    with Scratch() as directory, own_groups(), contextlib.ExitStack() as stack:
        journald = Journald(directory, *settings)
        stack.callback(journald.stop)
        runtime = Runtime(directory)
        stack.callback(runtime.stop)
        daemon = Daemon(directory, journald.journal, runtime, rules=rules, config=config, as_packaged=as_packaged)
        stack.callback(daemon.stop)
        yield journald, runtime, daemon


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
