# SPDX-License-Identifier: Apache-2.0
"""Scenarios against a booted node: what is measured, and what must hold all the time."""

import datetime
import hashlib
import time

import daemon
import node
import scenarios

PODS = 2
SETTLE = 2.0
COLUMNS = "{:<31} {:<16} {:<16} {:>6} {:>6} {:>8}  {}"


def slowdown():
    """How much longer work takes here now than the CPU time that it needs: 1 on an idle machine."""
    wall, cpu = time.monotonic(), time.process_time()
    data = bytes(1 << 16)
    while time.process_time() - cpu < 0.1:
        hashlib.sha256(data).digest()
    return max(1.0, (time.monotonic() - wall) / (time.process_time() - cpu))


class Failed(Exception):
    """What was expected did not happen."""


class Row:
    """The measurements of one scenario."""

    def __init__(self, name):
        self.name, self.kind, self.cause = name, "-", "-"
        self.opened = self.named = self.resolved = None
        self.failures = []

    def __str__(self):
        times = (self.opened, self.named, self.resolved)
        times = ["-" if value is None else f"{value:.2f}" for value in times]
        result = "ok" if not self.failures else "FAIL " + "; ".join(self.failures)
        return COLUMNS.format(self.name, self.kind, self.cause, *times, result)


class Run:
    """All scenarios against one node."""

    def __init__(self, booted, slack):
        self.node = booted
        self.daemon = daemon.Daemon(booted)
        self.slack = slack
        self.rows = []
        # Whether the next row can begin: a node that is beyond repair would fail each of them for its own time.
        self.is_sound = True
        booted.run("/opt/pods/start-pods", timeout=120)
        self.pods = self.containers()

    def scenario(self, name, body):
        """Runs one scenario; a failure is reported at once, and the node put right for the next."""
        row = Row(name)
        self.measure()
        try:
            body(row)
        except (Failed, daemon.NotAnswering, node.NodeError) as error:
            row.failures.append(str(error))
        except (LookupError, TypeError, ValueError) as error:
            row.failures.append(f"an answer of another shape: {error!r}")
        self.rows.append(row)
        print(row, flush=True)
        if row.failures:
            print(f"===== {name}: {'; '.join(row.failures)}\n{self.daemon.report()}\n=====", flush=True)
            self.is_sound = self.put_right()

    def put_right(self):
        """After a failure: containerd with its own configuration, running; whether all is well again, if a daemon is
        there to say so."""
        for path in (scenarios.CONFIG, scenarios.CNI):
            self.node.write(path, (node.FILES / path.lstrip("/")).read_text())
        self.node.run("systemctl", "stop", "impostor", "listener", "thief", "hog", check=False)
        self.node.run("sh", "-c", "rm -f /var/lib/containerd/ballast*; [ ! -e /root/runc ] || mv /root/runc /usr/sbin/",
                      check=False)
        for words in (["kill", "-s", "CONT", scenarios.CONTAINERD], ["reset-failed", scenarios.CONTAINERD],
                      ["restart", "--no-block", scenarios.CONTAINERD],
                      ["unmask", "--runtime", "crihealthd-probe.service"],
                      ["start", "crihealthd-probe.socket", "crihealthd.socket", "crihealthd-unix.socket"],
                      ["start", daemon.UNIT]):
            self.node.run("systemctl", *words, check=False)
        if self.node.show(daemon.UNIT, "LoadState")["LoadState"] == "not-found":
            return True
        good, _ = daemon.wait(lambda: not self.daemon.open() and self.daemon.verdict() == "healthy", 60, 0.2)
        return good is not None

    def measure(self):
        """Sets the patience by how busy this machine is now."""
        daemon.patience = max(self.slack, slowdown())

    def within(self, what, took, limit):
        """Fails when something took longer than its limit, stretched by how busy this machine was before or is now."""
        if took > limit * daemon.patience:
            daemon.patience = max(daemon.patience, slowdown())
        if took > limit * daemon.patience:
            raise Failed(f"{what} took {took:.2f} s, the limit is {limit:g} s times {daemon.patience:.1f}")

    def check(self, holds, words):
        """Fails with these words unless it holds."""
        if not holds:
            raise Failed(words)

    # -- the daemon by itself

    def healthy(self, row):
        """Started by systemd, ready, and of the opinion that all is well; also over TCP, as a person asks."""
        started = time.monotonic()
        self.node.run("systemctl", "start", daemon.UNIT, timeout=90)
        ready, _ = daemon.wait(lambda: self.daemon.get("/readyz")[0] == 200, 20)
        row.opened = time.monotonic() - started
        if not ready:
            raise Failed("/readyz is not 200")
        self.within("ready", row.opened, 5)
        good, _ = daemon.wait(lambda: self.daemon.verdict() == "healthy", 20)
        row.resolved = time.monotonic() - started
        if not good:
            raise Failed(f"the verdict is {self.daemon.verdict()}, not healthy")
        self.within("the verdict", row.resolved, 10)
        if self.daemon.open():
            raise Failed(f"open from the start: {names(self.daemon.open())}")
        page = self.node.run("curl", "-sS", "--max-time", "5", "http://localhost:10274/").stdout
        unix = self.node.run(
            "curl", "-sS", "--max-time", "5", "--unix-socket", daemon.SOCKET, "http://localhost/").stdout
        wide = [line for line in page.splitlines() if len(line) > 80]
        if not page or not unix or wide:
            raise Failed(f"the page at / is empty, or wider than 80 columns: {wide[:1]}")
        if not self.daemon.state()["StatusText"]:
            raise Failed("systemctl status shows no STATUS line")

    def kept(self, restart, limit=5):
        """The daemon goes away and comes back while containerd is stopped: it is still the same incident."""
        def body(row):
            self.await_quiet()
            self.node.run("systemctl", "stop", scenarios.CONTAINERD)
            before = self.await_open(row, "RuntimeDown", ("Stopped",), time.monotonic(), 5, 5)
            # A checkpoint may be written a moment after the change.
            time.sleep(1)
            pid, gone = self.daemon.state()["MainPID"], time.monotonic()
            self.node.run(*restart, timeout=90)
            answer, _ = daemon.wait(
                lambda: self.daemon.state()["MainPID"] not in ("0", pid) and [self.daemon.open()], 20)
            row.opened = row.named = time.monotonic() - gone
            if not answer:
                raise Failed(f"no answer after the restart; {self.daemon.state()}")
            # The very first answer: to list nothing would be to say that all is well.
            back, = answer
            self.within("the same incident after the restart", row.opened, limit)
            for field in ("id", "openedAt", "cause", "occurrences"):
                if len(back) != 1 or back[0].get(field) != before.get(field):
                    raise Failed(f"{field} was {before.get(field)}, is {[one.get(field) for one in back]}")
            repaired = time.monotonic()
            self.node.run("systemctl", "start", scenarios.CONTAINERD)
            self.await_resolved(row, "RuntimeDown", lambda: repaired, 15)
        return body

    def first_starts(self, row):
        """Nothing opens, not even for an instant, when the daemon begins anew on a healthy node, ten times."""
        self.await_quiet()
        for number in range(10):
            self.node.run("systemctl", "stop", daemon.UNIT)
            self.node.run("sh", "-c", "rm -rf /var/lib/crihealthd/*")
            self.node.run("systemctl", "start", daemon.UNIT, timeout=90)
            good, _ = daemon.wait(lambda: self.daemon.verdict() == "healthy", 20)
            if not good:
                raise Failed(f"start {number}: the verdict is {self.daemon.verdict()}")
            time.sleep(1)
            if self.daemon.incidents():
                raise Failed(f"start {number}: {names(self.daemon.incidents())}")

    def repaired_unseen(self, row):
        """containerd is repaired while the daemon is not running."""
        self.await_quiet()
        self.node.run("systemctl", "stop", scenarios.CONTAINERD)
        self.await_open(row, "RuntimeDown", ("Stopped",), time.monotonic(), 5, 5)
        row.opened = row.named = None
        self.node.run("systemctl", "stop", daemon.UNIT)
        self.node.run("systemctl", "start", scenarios.CONTAINERD)
        self.node.run("systemctl", "start", daemon.UNIT, timeout=90)
        started = time.monotonic()
        self.await_resolved(row, "RuntimeDown", lambda: started, 15)

    def stop(self, row):
        """SIGTERM ends the daemon cleanly and soon; it crashed at no time before, and harmed no container."""
        restarts = self.daemon.state()["NRestarts"]
        killed = sum(one.name in ("daemon-killed", "state-full") for one in self.rows)
        self.node.run("systemctl", "stop", daemon.UNIT)
        state = self.daemon.state()
        row.resolved = self.daemon.stop_seconds()
        if state["ActiveState"] != "inactive" or state["Result"] != "success":
            raise Failed(f"ended as {state}")
        # systemd sets the counter back on every explicit start: it tells of the time since the last one.
        if int(restarts) > killed:
            raise Failed(f"systemd restarted it {restarts} times")
        self.within("SIGTERM to the end", row.resolved, 1)
        if self.containers() != self.pods:
            raise Failed(f"containers ran as {self.pods}, now {self.containers()}")

    def containers(self):
        """{id: PID} of the containers that run, pod sandboxes too."""
        rows = self.node.run("ctr", "--namespace", "k8s.io", "tasks", "ls").stdout.splitlines()[1:]
        return {words[0]: words[1] for words in map(str.split, rows) if words[2] == "RUNNING"}

    # -- faults

    def fault(self, fault):
        """Breaks containerd, waits for the incident, repairs, waits for its end."""
        def body(row):
            if fault.before:
                fault.before(self.node)
            self.await_quiet()
            # After a reboot no pod runs: there is no kubelet.
            counts_pods = fault.hurts_pods and self.pods
            if counts_pods:
                self.await_pods()
            wall, injected = time.time(), time.monotonic()
            try:
                fault.breaks(self.node)
                self.await_open(row, fault.kind, fault.causes, injected, fault.opens, fault.named)
                incident = self.hold(fault, fault.holds)
            finally:
                repaired = time.monotonic()
                if fault.repairs:
                    fault.repairs(self.node)
            if counts_pods and incident["impact"].get("pods") != PODS:
                row.failures.append(f"the impact is {incident['impact']}, not {PODS} pods")
            if fault.from_journal and not journal_evidence(incident, wall):
                row.failures.append("no evidence from the journal since the fault")
            if fault.repairs:
                self.await_resolved(row, fault.kind, lambda: repaired, fault.resolves)
            else:
                self.await_resolved(row, fault.kind, lambda: self.active_since(injected), fault.resolves)
        return body

    def active_since(self, after):
        """Monotonic seconds at which systemd had containerd running again; None until then."""
        shown = self.node.show(scenarios.CONTAINERD, "ActiveState", "ActiveEnterTimestampMonotonic")
        entered = int(shown["ActiveEnterTimestampMonotonic"]) / 1e6
        return entered if shown["ActiveState"] == "active" and entered > after else None

    def await_pods(self):
        """The pods were listed: healthy is said before that, when the runtime has answered for itself."""
        pods = lambda: [runtime.get("pods") for runtime in self.daemon.json("/v1/runtimes")["runtimes"]]
        listed, _ = daemon.wait(lambda: PODS in pods(), 30, 0.2)
        if not listed:
            raise Failed(f"the runtimes have {pods()} pods, not {PODS}")

    def await_quiet(self):
        """Nothing is open, the verdict is healthy, containerd has settled: where every scenario starts.

        containerd 1.6.20 that is stopped in its first moments can panic (gc/scheduler, nil pointer): that
        would be another fault.
        """
        quiet, _ = daemon.wait(lambda: not self.daemon.open() and self.daemon.verdict() == "healthy", 30, 0.2)
        if not quiet:
            raise Failed(f"{self.daemon.verdict()} before the fault; open: {names(self.daemon.open())}")
        since = self.active_since(0)
        if since is None:
            raise Failed("containerd does not run before the fault")
        time.sleep(max(0, since + SETTLE - time.monotonic()))

    def await_open(self, row, kind, causes, since, opens, named):
        """The incident of that kind with its right cause; nothing else may be open meanwhile."""
        row.kind = kind
        limit = max(opens, named) * max(daemon.patience, slowdown())
        while True:
            listed, now = self.list_open(), time.monotonic() - since
            mine = self.only(listed, kind)
            if mine:
                row.cause = mine["cause"]
                row.opened = row.opened or now
                if mine["cause"] in causes:
                    row.named = now
                    break
            if now > limit:
                raise Failed(f"no {kind} {'/'.join(causes)} in {now:.1f} s, but {names(listed) or 'nothing'}")
            time.sleep(0.05)
        self.within("to open", row.opened, opens)
        self.within("to name the cause", row.named, named)
        return mine

    def hold(self, fault, seconds):
        """The incident stays, alone and with its cause, while the fault lasts; as it is in the end."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            mine = self.only(self.list_open(), fault.kind)
            if not mine or mine["cause"] not in fault.causes:
                raise Failed(f"became {mine['cause'] if mine else 'resolved'} while the fault lasts")
            time.sleep(0.05)
        return mine

    def await_resolved(self, row, kind, repaired, limit):
        """Nothing is open any more."""
        started = time.monotonic()
        while True:
            listed = self.list_open()
            self.only(listed, kind)
            now = time.monotonic()
            if not listed:
                break
            if now - started > (limit + 10) * daemon.patience:
                raise Failed(f"still open: {names(listed)}")
            time.sleep(0.05)
        # containerd serves a moment before systemd calls it active.
        since, _ = daemon.wait(repaired, 1)
        if since is None:
            raise Failed("resolved before containerd was running again")
        row.resolved = max(0, now - since)
        self.within("to resolve", row.resolved, limit)

    def list_open(self):
        """What is open; the endpoint gets two seconds when the machine is busy."""
        listed, _ = daemon.wait(lambda: [self.daemon.open()], 2)
        if listed is None:
            raise Failed("the endpoint does not answer")
        return listed[0]

    def only(self, listed, kind):
        """The incident of that kind; fails when any other is open."""
        others = [incident for incident in listed if incident["kind"] != kind]
        if others or len(listed) > 1:
            raise Failed(f"open besides {kind}: {names(others or listed)}")
        return listed[0] if listed else None


def names(incidents):
    """Incidents for a message."""
    return ", ".join(f"{one['kind']}/{one['cause']} ({one['subject']}, {one['status']})" for one in incidents)


def journal_evidence(incident, since):
    """Whether the incident rests on a journal entry written since then (seconds since 1970)."""
    return any(item.get("cursor") and wall_seconds(item["time"]) >= since for item in incident["evidence"])


def wall_seconds(text):
    """Seconds since 1970 of a time in RFC 3339, in UTC."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    seconds = datetime.datetime.fromisoformat(whole).replace(tzinfo=datetime.timezone.utc).timestamp()
    return seconds + float(f"0.{fraction or 0}")
