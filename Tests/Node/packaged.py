# SPDX-License-Identifier: Apache-2.0
"""crihealthd as its packages: installed, upgraded, rebooted, removed, purged."""

import contextlib
import json
import re
import time

import consumers
import daemon
import runner
import scenarios
import scraper
import transitions
from packages import DEB, NEXT
from troubles import PROBER, PROBER_SOCKET, STATE

CATALOG_ID = "9ed22920c1cb49dab4280d7dac3fbcc3"
# What is true of a healthy node. (VersionsSupported is advice, and false of what Debian 12 has.)
GOOD = ("RuntimeReady", "NetworkReady", "CRIVersionSupported", "MonitoringHealthy")
# What `systemd-analyze security` may say at most: 252 (Debian 12) and later count alike.
EXPOSURE = {daemon.UNIT: 2.0, PROBER: 2.0}
# Where a running node writes all the time, where dpkg and the user tools keep books and backups, and the manual of
# containerd, which the tree goes without until another version is installed.
VOLATILE = re.compile(
    r"/(proc|sys|dev|tmp|root|run(?!/crihealthd)|var/(cache|log|tmp|lib/(dpkg|rpm|apt|containerd|cni|systemd/catalog)))"
    r"(/|$)|/usr/share/.*containerd|/usr/share/man(/man[58](/ctr\.8\.gz)?)?$|/var/lib/systemd/(random-seed|timers)|/etc/(passwd|shadow|group|gshadow|subuid|subgid)-$|/etc/\.pwd\.lock$")
KEPT = re.compile(r"/etc/profile\.d/crihealthd\.sh|/etc/crihealthd(/config\.toml|/rules\.d)?|/etc/default/crihealthd|/var/lib/crihealthd(/.*)?"
                  r"|/var/lib/systemd/deb-systemd-helper-enabled(/.*)?"
                  r"|/etc/systemd/system/(multi-user|sockets)\.target\.wants(/crihealthd\S*)?")


class PackagedRun(consumers.ConsumersRun, transitions.TransitionsRun):
    """The scenarios of an installed package."""

    def __init__(self, booted, slack):
        super().__init__(booted, slack)
        self.before = self.everything()

    def apt(self, *words):
        """apt; the node has no network: what the package needs must be in the tree."""
        return self.node.run("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y",
                             "--no-install-recommends", *words, timeout=120)

    def everything(self):
        """What lies in the file system, and the users and groups."""
        found = self.node.run("find", "/", "-xdev", "-path", "/proc", "-prune", "-o", "-print", timeout=120).stdout
        found += self.node.run("find", "/run", "-maxdepth", "1", "-name", "crihealthd*").stdout
        names = self.node.run("sh", "-c", "cut -d: -f1 /etc/passwd | sed 's/^/user /'; "
                              "cut -d: -f1 /etc/group | sed 's/^/group /'; "
                              "systemctl list-unit-files --no-legend 'crihealthd*' | sed 's/^/unit /'").stdout
        return {line for line in found.splitlines() if not VOLATILE.match(line)} | set(names.splitlines())

    # -- life of the package

    def installed(self, row):
        """apt installs it, and it runs, ready and of the opinion that all is well."""
        said = self.apt("install", DEB)
        noise = [line for line in (said.stdout + said.stderr).splitlines()
                 if re.search(r"warning|error|fail|not starting|disabled or a static|dubious", line, re.IGNORECASE)
                 and "apt does not have a stable" not in line]
        if noise:
            raise runner.Failed(f"the installation says: {noise}")
        shown = self.node.show(daemon.UNIT, "ActiveState", "ActiveEnterTimestampMonotonic",
                               "InactiveExitTimestampMonotonic", "User", "Type", "StatusText")
        if shown["ActiveState"] != "active" or shown["User"] != "crihealthd":
            raise runner.Failed(f"after the installation: {shown}")
        self.healthy(row)
        row.kind, row.cause = "systemd", shown["Type"]
        row.opened = (int(shown["ActiveEnterTimestampMonotonic"])
                      - int(shown["InactiveExitTimestampMonotonic"])) / 1e6
        self.within("ready by systemd", row.opened, 5)
        release = int(re.search(r"systemd (\d+)", self.node.run("systemctl", "--version").stdout)[1])
        if shown["Type"] != ("notify-reload" if release >= 253 else "notify"):
            raise runner.Failed(f"systemd {release} has it as Type={shown['Type']}")
        status = self.node.run("systemctl", "status", "--no-pager", daemon.UNIT).stdout
        if 'Status: "' not in status:
            raise runner.Failed(f"systemctl status shows no Status line:\n{status}")
        self.node.run("systemctl", "reload", daemon.UNIT)
        self.enabled()
        told = self.conditions()
        bad = {one: told[one] for one in GOOD if told[one] != "True"}
        if bad:
            raise runner.Failed(f"conditions of a healthy node: {bad}")
        # Where this machine gives the node no CAP_SYS_RESOURCE, LimitNICE= has no effect, and libdispatch tells.
        wrong = [line for line in self.logged() if re.search(r"fail|errno|cannot|denied|not permitted", line, re.IGNORECASE)
                 and not line.startswith("Failed to set thread priority for worker thread")]
        if wrong:
            raise runner.Failed(f"it complains on a healthy node: {wrong}")
        owner = self.node.run("sh", "-c", 'grep -hE "^(Uid|Cap(Prm|Eff|Bnd|Amb)):" /proc/"$1"/status', "sh",
                              self.daemon.state()["MainPID"]).stdout
        if re.search(r"Cap\w+:\t0*[1-9a-f]", owner) or "Uid:\t0\t" in owner:
            raise runner.Failed(f"it has more than no capability: {owner}")
        # Only root and the daemon's own user are answered by the prober; others cannot even connect.
        asked = self.node.run("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "socat", "-u",
                              "OPEN:/dev/null", "UNIX-CONNECT:/run/crihealthd-probe/probe.sock", check=False)
        if "Permission denied" not in asked.stderr:
            raise runner.Failed(f"user nobody got through to the prober: {asked.stderr or 'connected'}")

    def enabled(self):
        """Its units are enabled and active, and the journal's catalog has its messages."""
        for unit in (daemon.UNIT, "crihealthd.socket", "crihealthd-unix.socket", PROBER_SOCKET):
            self.node.run("systemctl", "is-enabled", unit)
            self.node.run("systemctl", "is-active", unit)
        if CATALOG_ID not in self.node.run("journalctl", "--list-catalog").stdout:
            raise runner.Failed("the journal's catalog does not have its messages")

    def security(self, row):
        """What systemd-analyze thinks of both units."""
        figures = []
        for unit, limit in EXPOSURE.items():
            text = self.node.run("systemd-analyze", "security", "--no-pager", unit, check=False).stdout
            figure = float(re.search(r"Overall exposure level for \S+: ([\d.]+)", text)[1])
            figures.append(f"{figure}")
            if figure > limit:
                points = "\n".join(line for line in text.splitlines() if line.startswith("✗"))
                row.failures.append(f"{unit} is exposed at {figure}, the limit is {limit}\n{points}")
            silent = self.unexplained(unit)
            if silent:
                row.failures.append(f"{unit} does not explain in a comment: {', '.join(silent)}")
        row.kind, row.cause = "exposure", " / ".join(figures)

    def unexplained(self, unit):
        """What systemd-analyze counts against a unit, and no comment of the unit names."""
        told = self.node.run("systemd-analyze", "security", "--json=short", "--no-pager", unit, check=False).stdout
        comments = "\n".join(line for line in self.node.run("systemctl", "cat", unit).stdout.splitlines()
                             if line.startswith("#"))
        names = {point["name"] for point in json.loads(told) if float(point["exposure"] or 0) > 0}
        if not names:
            raise runner.Failed(f"systemd-analyze counts nothing against {unit}: {told[:200]}")
        return sorted(name for name in names if name not in comments)

    def upgraded(self, row):
        """apt installs a new version while containerd is stopped."""
        self.upgrade(row, lambda: self.apt("install", NEXT))
        version = self.node.run("dpkg-query", "-W", "-f", "${Version}", "crihealthd").stdout
        if not version.endswith("+next1"):
            raise runner.Failed(f"version {version} is installed")

    def upgrade(self, row, install):
        """Through an upgrade in an incident nothing is forgotten and no scrape is refused."""
        self.await_quiet()
        self.node.run("systemctl", "stop", scenarios.CONTAINERD)
        before = self.await_open(row, "RuntimeDown", ("Stopped",), time.monotonic(), 5, 5)
        pid = self.daemon.state()["MainPID"]
        time.sleep(1)
        with contextlib.ExitStack() as stack:
            scrapers = [stack.enter_context(scraper.Scraper(self.daemon, tcp)) for tcp in (False, False, True, True)]
            began = time.monotonic()
            install()
            back, _ = daemon.wait(lambda: self.daemon.state()["MainPID"] not in ("0", pid) and self.daemon.open(), 20)
            row.opened = row.named = time.monotonic() - began
            time.sleep(1)
        lost = [failure for scraper in scrapers for failure in scraper.failures]
        answers = [scraper.answers for scraper in scrapers]
        if lost or min(answers) < 10:
            raise runner.Failed(f"{len(lost)} scrapes lost beside {answers} answered: {lost[:1]}")
        self.same(before, back)
        repaired = time.monotonic()
        self.node.run("systemctl", "start", scenarios.CONTAINERD)
        self.await_resolved(row, "RuntimeDown", lambda: repaired, 15)

    def same(self, before, incidents):
        """It is one incident, and the one from before."""
        for field in ("id", "openedAt", "cause", "occurrences"):
            if len(incidents or []) != 1 or incidents[0].get(field) != before.get(field):
                raise runner.Failed(
                    f"{field} was {before.get(field)}, is {[one.get(field) for one in incidents or []]}")

    def rebooted(self, row):
        """The node reboots while containerd is down; it is the same incident, and the end of that boot is known."""
        self.await_quiet()
        self.node.run("systemctl", "disable", "--now", scenarios.CONTAINERD)
        before = self.await_open(row, "RuntimeDown", ("Stopped",), time.monotonic(), 5, 5)
        boot = self.boot()
        time.sleep(1)
        began, down = time.monotonic(), int(time.time())
        self.node.reboot()
        back, _ = daemon.wait(self.daemon.open, 30)
        row.opened = row.named = time.monotonic() - began
        # No container outlives a reboot, and there is no kubelet to start them again.
        self.pods = self.containers() if self.node.show(
            scenarios.CONTAINERD, "ActiveState")["ActiveState"] == "active" else {}
        if self.boot() == boot:
            raise runner.Failed("it has the same boot id as before")
        # It is asked while the boot goes on: nothing of that may look like another outage.
        time.sleep(3)
        back = self.daemon.open()
        self.same(before, back)
        timeline = [one["text"] for one in back[0]["timeline"]]
        if not any("the boot before was last seen at" in text for text in timeline):
            raise runner.Failed(f"its history does not tell of the reboot: {timeline}")
        told = self.node.run("journalctl", "-o", "cat", f"_BOOT_ID={boot.replace('-', '')}",
                             f"CRIHEALTHD_INCIDENT={before['id']}").stdout
        # Earlier in that boot a row stops the bus.
        missed = self.node.run("journalctl", "-o", "cat", "-b", "-1", f"--since=@{down}",
                               "CRIHEALTHD_CAUSE=BusUnavailable").stdout
        if missed:
            raise runner.Failed(f"on the way down it missed the bus: {missed}")
        if before["sentence"] not in told:
            raise runner.Failed(f"the journal of the boot before tells of the incident only: {told[-200:]}")
        repaired = time.monotonic()
        self.node.run("systemctl", "enable", "--now", scenarios.CONTAINERD)
        self.await_resolved(row, "RuntimeDown", lambda: repaired, 15)

    def boot(self):
        """The node's boot id."""
        return self.node.run("cat", "/proc/sys/kernel/random/boot_id").stdout.strip()

    def removed(self, row):
        """apt removes it: configuration, state, user and what was enabled wait for a purge, nothing else."""
        self.apt("remove", "crihealthd")
        left = self.everything() - self.before
        more = {one for one in left if not KEPT.fullmatch(one) and one not in ("user crihealthd", "group crihealthd")}
        if more:
            raise runner.Failed(f"left behind by a removal: {sorted(more)}")
        if f"{STATE}/" not in "\n".join(left):
            raise runner.Failed("a removal took the state")
        row.kind, row.cause = "left", f"{len(left)} kept"

    def purged(self, row):
        """apt purges it: the node is as it was."""
        self.apt("purge", "crihealthd")
        left = self.everything() - self.before
        if left:
            raise runner.Failed(f"left behind by a purge: {sorted(left)}")
        row.kind, row.cause = "left", "nothing"
