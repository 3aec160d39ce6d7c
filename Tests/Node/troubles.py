# SPDX-License-Identifier: Apache-2.0
"""What crihealthd as a package must outlive by itself: its prober, a full disk, no inotify, a taken port."""

import contextlib
import dataclasses
import pathlib
import time

import daemon
import runner
import scenarios

PROBER = "crihealthd-probe.service"
PROBER_SOCKET = "crihealthd-probe.socket"
STATE = "/var/lib/crihealthd"
# What opens for the third time within minutes for one cause is well when it held for 30 s.
HOLDS = 35
# The conditions that rest on the prober's answers.
ASKED = ("RuntimeReady", "NetworkReady", "CRIVersionSupported")
DROP_IN = "/run/systemd/system/crihealthd.service.d/70-test.conf"


class TroubledRun(runner.Run):
    """The scenarios of the daemon's own troubles."""

    def logged(self, *words):
        """What both processes wrote to the journal."""
        return self.node.run("journalctl", "-o", "cat", "-u", daemon.UNIT, "-u", PROBER, *words).stdout.splitlines()

    def conditions(self):
        """{type: status}."""
        return {one["type"]: one["status"] for one in self.daemon.json("/v1/conditions")["conditions"]}

    def prober_away(self, takes, returns, restarted=False, opens=5, resolves=5):
        """Its prober does not answer: what the CRI says is unknown soon, never bad, and known again when it does."""
        def body(row):
            self.await_quiet()
            pid, began = self.node.show(PROBER, "MainPID")["MainPID"], time.monotonic()
            for words in takes:
                self.node.run("systemctl", *words)
            # A question each second; one that is not answered is given up after three, and one that takes a crictl
            # after ten.
            mine = self.await_open(row, "MonitoringImpaired", ("ProberUnreachable",), began, opens, opens)
            if "its prober does not answer" not in mine["sentence"] or not any(
                    PROBER in step["command"] for step in mine["nextSteps"]):
                raise runner.Failed(f"it does not name the prober: {mine}")
            until = time.monotonic() + 3
            while time.monotonic() < until:
                self.only(self.list_open(), "MonitoringImpaired")
                told = self.conditions()
                wrong = {one: told[one] for one in ASKED if told[one] != "Unknown"}
                if wrong or told["MonitoringHealthy"] != "False":
                    raise runner.Failed(f"without a prober: {told}")
                time.sleep(0.1)
            repaired = time.monotonic()
            for words in returns:
                self.node.run("systemctl", *words)
            self.await_resolved(row, "MonitoringImpaired", lambda: repaired, resolves)
            told = self.conditions()
            if {told[one] for one in ASKED} != {"True"}:
                raise runner.Failed(f"with a prober again: {told}")
            now = self.node.show(PROBER, "MainPID")["MainPID"]
            if now == "0" or restarted == (now == pid):
                raise runner.Failed(f"the prober was process {pid}, and is {now}")
        return body

    def prober_killed(self, row):
        """Its prober dies by SIGKILL and cannot start again."""
        # systemd brings it back in 20 ms when a question waits: too soon to be seen.
        self.prober_away([["mask", "--runtime", PROBER], ["kill", "-s", "KILL", PROBER]],
                         [["unmask", "--runtime", PROBER], ["reset-failed", PROBER_SOCKET], ["start", PROBER_SOCKET]],
                         restarted=True)(row)

    def stuck(self, row):
        """The daemon hangs in an incident: systemd ends it by the watchdog, and the incident is the same after."""
        self.await_quiet()
        with self.drop_in("[Service]\nWatchdogSec=3s\n"):
            self.node.run("systemctl", "restart", daemon.UNIT)
            self.await_quiet()
            # SIGABRT comes after at most the 3 s.
            self.kept(["systemctl", "kill", "-s", "STOP", daemon.UNIT], limit=8)(row)
            ended = self.node.run("journalctl", "-o", "cat", "-n", "50", f"UNIT={daemon.UNIT}").stdout
            if "Watchdog timeout" not in ended:
                raise runner.Failed(f"systemd tells of no watchdog: {ended[-500:]}")

    @contextlib.contextmanager
    def drop_in(self, text):
        """The daemon's unit has another setting meanwhile; it is restarted at the end."""
        self.node.run("mkdir", "-p", str(pathlib.PurePath(DROP_IN).parent))
        self.node.write(DROP_IN, text)
        self.node.run("systemctl", "daemon-reload")
        try:
            yield
        finally:
            self.node.run("rm", "-f", DROP_IN)
            self.node.run("systemctl", "daemon-reload")
            self.node.run("systemctl", "restart", daemon.UNIT)

    def state_full(self, row):
        """No space where the checkpoint goes; the file system is one of 2 MiB, made for this."""
        self.await_quiet()
        self.node.run("systemctl", "stop", daemon.UNIT)
        self.node.run("mount", "-t", "tmpfs", "-o", "size=2m,mode=0750,uid=crihealthd,gid=crihealthd", "small", STATE)
        try:
            self.node.run("systemctl", "start", daemon.UNIT)
            self.await_quiet()
            self.fill(f"{STATE}/ballast", 4 << 20)
            began = time.monotonic()
            # A transition makes it save at once.
            self.node.run("systemctl", "stop", scenarios.CONTAINERD)
            both, _ = daemon.wait(lambda: {"RuntimeDown", "MonitoringImpaired"} == {
                one["kind"] for one in self.daemon.open()} and self.daemon.open(), 20)
            row.opened = time.monotonic() - began
            if not both:
                raise runner.Failed(f"open: {runner.names(self.daemon.open())}")
            mine = next(one for one in both if one["kind"] == "MonitoringImpaired")
            row.kind, row.cause = mine["kind"], mine["cause"]
            if mine["cause"] != "CheckpointUnwritable" or "No space left on device" not in mine["explanation"]:
                raise runner.Failed(f"it says {mine['cause']}: {mine['explanation']}")
            row.named = row.opened
            self.answers_everywhere(3)
            saved = self.node.run("stat", "-c", "%Y.%i", f"{STATE}/checkpoint.json", check=False).stdout
            self.node.run("rm", f"{STATE}/ballast", f"{STATE}/ballast.rest")
            repaired = time.monotonic()
            self.node.run("systemctl", "start", scenarios.CONTAINERD)
            quiet, _ = daemon.wait(lambda: not self.daemon.open(), 40)
            row.resolved = time.monotonic() - repaired
            if not quiet:
                raise runner.Failed(f"still open: {runner.names(self.daemon.open())}")
            # A SIGKILL: what it knows after that is what it saved.
            known = [(one["id"], one["resolvedAt"]) for one in self.daemon.incidents()]
            time.sleep(1)
            if self.node.run("stat", "-c", "%Y.%i", f"{STATE}/checkpoint.json").stdout == saved:
                raise runner.Failed("nothing was saved since there is space again")
            pid = self.daemon.state()["MainPID"]
            self.node.run("systemctl", "kill", "-s", "KILL", daemon.UNIT)
            daemon.wait(lambda: self.daemon.state()["MainPID"] not in ("0", pid) and self.daemon.verdict(), 20)
            if [(one["id"], one["resolvedAt"]) for one in self.daemon.incidents()] != known:
                raise runner.Failed(f"knew {known}, knows {self.daemon.incidents()}")
        finally:
            self.node.run("systemctl", "start", scenarios.CONTAINERD, check=False)
            self.node.run("systemctl", "stop", daemon.UNIT, check=False)
            self.node.run("umount", STATE, check=False)
            self.node.run("systemctl", "start", daemon.UNIT)

    def answers_everywhere(self, seconds):
        """Every page is answered, again and again."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for path in ("/", "/livez", "/readyz", "/metrics", "/v1/state", "/v1/conditions", "/v1/incidents"):
                status, text = self.daemon.get(path)
                if status != 200 or not text:
                    raise runner.Failed(f"GET {path}: status {status}")
            time.sleep(0.1)

    def fill(self, path, most):
        """Fills the tmpfs that holds `path`; refused when it is another file system, or a large one."""
        scenarios.fill(self.node, path, most)

    def inotify_exhausted(self, row):
        """No inotify instance is left for the daemon's user: it follows the journal all the same."""
        self.await_quiet()
        hog = ("import ctypes, time\nlibc = ctypes.CDLL(None)\n"
               "while libc.inotify_init() >= 0: pass\nprint('full', flush=True)\ntime.sleep(600)")
        # Without a user namespace of its own: instances are counted for each user, and root's are the machine's.
        with self.drop_in("[Service]\nPrivateUsers=no\n"):
            self.node.run("systemctl", "stop", daemon.UNIT)
            self.node.run("systemd-run", "--collect", "--unit=hog", "--uid=crihealthd", "-p", "LimitNOFILE=65536", "-p",
                          "StandardOutput=journal", "python3", "-c", hog)
            try:
                full, _ = daemon.wait(
                    lambda: "full" in self.node.run("journalctl", "-u", "hog", "-o", "cat").stdout, 10)
                if not full:
                    raise runner.Failed("inotify instances could not be used up")
                self.node.run("systemctl", "start", daemon.UNIT)
                fault = next(one for one in scenarios.FAULTS if one.name == "stopped")
                self.fault(dataclasses.replace(fault, from_journal=True))(row)
            finally:
                self.node.run("systemctl", "stop", "hog", check=False)

    def port_taken(self, row):
        """Somebody holds the TCP port before crihealthd starts: the unix socket serves, and it is told."""
        self.await_quiet()
        self.node.run("systemctl", "stop", daemon.UNIT, "crihealthd.socket")
        self.node.run("systemd-run", "--collect", "--unit=thief", "socat", "TCP-LISTEN:10274,bind=127.0.0.1,fork,reuseaddr",
                      "OPEN:/dev/null")
        daemon.wait(lambda: "10274" in self.node.run("ss", "-Hltn").stdout, 5)
        began = time.monotonic()
        self.node.run("systemctl", "start", "crihealthd.socket", check=False)
        self.node.run("systemctl", "start", daemon.UNIT)
        self.await_open(row, "MonitoringImpaired", ("ListenerUnavailable",), began, 10, 10)
        self.node.run("systemctl", "stop", "thief")
        repaired = time.monotonic()
        self.await_resolved(row, "MonitoringImpaired", lambda: repaired, 40)
        self.node.run("systemctl", "stop", daemon.UNIT)
        self.node.run("systemctl", "start", "crihealthd.socket", daemon.UNIT)
