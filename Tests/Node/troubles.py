"""What crihealthd as a package must outlive by itself: its prober, a full disk, no inotify, a taken port."""

import dataclasses
import pathlib
import time

import daemon
import runner
import scenarios

PROBER = "crihealthd-probe.service"
PROBER_SOCKET = "crihealthd-probe.socket"
STATE = "/var/lib/crihealthd"
DROP_IN = "/run/systemd/system/crihealthd.service.d/70-test.conf"


class TroubledRun(runner.Run):
    """The scenarios of the daemon's own troubles."""

    def conditions(self):
        """{type: status}."""
        return {one["type"]: one["status"] for one in self.daemon.json("/v1/conditions")["conditions"]}

    def prober_killed(self, row):
        """Its prober dies by SIGKILL: nothing is said of containerd that is not so, and it is asked again."""
        self.await_quiet()
        pid, began = self.node.show(PROBER, "MainPID")["MainPID"], time.monotonic()
        self.node.run("systemctl", "kill", "-s", "KILL", PROBER)
        while time.monotonic() - began < 15:
            mine = self.only(self.list_open(), "MonitoringImpaired")
            if mine:
                row.kind, row.cause = mine["kind"], mine["cause"]
                row.opened = row.opened or time.monotonic() - began
            elif row.opened and row.resolved is None:
                row.resolved = time.monotonic() - began
            if self.conditions()["RuntimeReady"] == "False":
                raise runner.Failed("RuntimeReady became False")
            time.sleep(0.1)
        if self.node.show(PROBER, "MainPID")["MainPID"] in ("0", pid):
            raise runner.Failed("the prober did not come back")
        self.await_quiet()

    def prober_away(self, takes, returns):
        """Its prober does not answer: what the CRI says is unknown soon, and known again when it does."""
        def body(row):
            self.await_quiet()
            began = time.monotonic()
            self.node.run("systemctl", *takes)
            # A question each second; one that is not answered is given up after three.
            self.await_open(row, "MonitoringImpaired", ("ProberUnreachable",), began, 5, 5)
            told = self.conditions()
            if {told[one] for one in ("RuntimeReady", "NetworkReady", "CRIVersionSupported")} != {"Unknown"}:
                raise runner.Failed(f"without a prober: {told}")
            repaired = time.monotonic()
            self.node.run("systemctl", *returns)
            self.await_resolved(row, "MonitoringImpaired", lambda: repaired, 15)
            told = self.conditions()
            if told["RuntimeReady"] != "True":
                raise runner.Failed(f"with a prober again: {told}")
        return body

    def state_full(self, row):
        """No space where the checkpoint goes; the file system is one of 256 KiB, made for this."""
        self.await_quiet()
        self.node.run("systemctl", "stop", daemon.UNIT)
        self.node.run("mount", "-t", "tmpfs", "-o", "size=256k,mode=0750,uid=crihealthd,gid=crihealthd", "small", STATE)
        try:
            self.node.run("systemctl", "start", daemon.UNIT)
            self.await_quiet()
            self.fill(f"{STATE}/ballast", 1 << 20)
            began = time.monotonic()
            # A transition makes it save at once.
            self.node.run("systemctl", "stop", scenarios.CONTAINERD)
            both, _ = daemon.wait(lambda: {"RuntimeDown", "MonitoringImpaired"} == {
                one["kind"] for one in self.daemon.open()} and self.daemon.open(), 20)
            row.opened = time.monotonic() - began
            if not both:
                raise runner.Failed(f"open: {runner.names(self.daemon.open())}")
            row.kind, row.cause = next((one["kind"], one["cause"]) for one in both if one["kind"] != "RuntimeDown")
            if row.cause != "CheckpointUnwritable":
                raise runner.Failed(f"the cause is {row.cause}")
            self.node.run("rm", f"{STATE}/ballast")
            repaired = time.monotonic()
            self.node.run("systemctl", "start", scenarios.CONTAINERD)
            quiet, _ = daemon.wait(lambda: not self.daemon.open(), 40)
            row.resolved = time.monotonic() - repaired
            if not quiet:
                raise runner.Failed(f"still open: {runner.names(self.daemon.open())}")
        finally:
            self.node.run("systemctl", "start", scenarios.CONTAINERD, check=False)
            self.node.run("systemctl", "stop", daemon.UNIT, check=False)
            self.node.run("umount", STATE, check=False)
            self.node.run("systemctl", "start", daemon.UNIT)

    def fill(self, path, most):
        """Fills the tmpfs that holds `path`; refused when it is another file system, or a large one."""
        scenarios.fill(self.node, path, most)

    def inotify_exhausted(self, row):
        """No inotify instance is left for the daemon's user: it follows the journal all the same."""
        self.await_quiet()
        # Without a user namespace of its own: instances are counted for each user, and root's are the machine's.
        self.node.run("mkdir", "-p", str(pathlib.PurePath(DROP_IN).parent))
        self.node.write(DROP_IN, "[Service]\nPrivateUsers=no\n")
        hog = ("import ctypes, time\nlibc = ctypes.CDLL(None)\n"
               "while libc.inotify_init() >= 0: pass\nprint('full', flush=True)\ntime.sleep(600)")
        try:
            self.node.run("systemctl", "stop", daemon.UNIT)
            self.node.run("systemctl", "daemon-reload")
            self.node.run("systemd-run", "--collect", "--unit=hog", "--uid=crihealthd", "-p", "LimitNOFILE=65536", "-p",
                          "StandardOutput=journal", "python3", "-c", hog)
            full, _ = daemon.wait(lambda: "full" in self.node.run("journalctl", "-u", "hog", "-o", "cat").stdout, 10)
            if not full:
                raise runner.Failed("inotify instances could not be used up")
            self.node.run("systemctl", "start", daemon.UNIT)
            fault = next(one for one in scenarios.FAULTS if one.name == "stopped")
            self.fault(dataclasses.replace(fault, from_journal=True))(row)
        finally:
            self.node.run("systemctl", "stop", "hog", check=False)
            self.node.run("rm", "-f", DROP_IN)
            self.node.run("systemctl", "daemon-reload")
            self.node.run("systemctl", "restart", daemon.UNIT)

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
