# SPDX-License-Identifier: Apache-2.0
"""Who else is told, where no port may be opened or nobody looked: the journal's history, node_exporter's textfile."""

import json
import time

import daemon
import runner
import scenarios
import settings
from packages import EXPORTER

# Where Debian's node_exporter looks.
TEXTFILES = "/var/lib/prometheus/node-exporter"
FILE = f"{TEXTFILES}/crihealthd.prom"


class ConsumersRun(settings.ConfiguredRun):
    """The scenarios of those who read what the daemon leaves behind."""

    def history(self, row):
        """containerd is stopped and comes back: the journal's own entries tell it, to who may read it, daemon or none.

        Not killed: a third kill within ten minutes, in a run of all rows, is a crash loop."""
        self.fault(next(one for one in scenarios.FAULTS if one.name == "stopped"))(row)
        known = [one for one in self.daemon.incidents() if one["kind"] == "RuntimeDown"]
        ask = ["crihealthd", "incidents", "--since", "yesterday"]
        told, _ = daemon.wait(lambda: [one for one in self.asked(ask) if one["id"] == known[0]["id"]
                                       and one["status"] == "resolved"], 5)
        if not told:
            raise runner.Failed(f"the history has {self.asked(ask)}")
        shown, mine = known[0], told[-1]
        wrong = [f"{name} is {mine.get(name)}, the endpoint has {shown[name]}"
                 for name in ("kind", "cause", "subject", "severity", "sentence") if mine.get(name) != shown[name]]
        # One that came back within ten minutes is the same incident to the endpoint, and another line of the history.
        opened, resolved, first, last = (
            runner.wall_seconds(one[name]) for one in (mine, shown) for name in ("openedAt", "resolvedAt"))
        if opened < first - 2 or opened > last or abs(resolved - last) > 2:
            wrong.append(f"from {mine['openedAt']} to {mine['resolvedAt']}, the endpoint has {shown['openedAt']} to {shown['resolvedAt']}")
        if wrong:
            raise runner.Failed("; ".join(wrong))
        before = self.asked(ask)
        self.node.run("systemctl", "stop", daemon.UNIT, "crihealthd.socket", "crihealthd-unix.socket")
        try:
            if self.asked(ask) != before:
                raise runner.Failed(f"without a daemon it has {self.asked(ask)}, and had {before}")
            page = self.node.run(*ask, check=False)
            if shown["sentence"] not in " ".join(page.stdout.split()) or any(len(one) > 80 for one in page.stdout.splitlines()):
                raise runner.Failed(f"status {page.returncode}: {page.stdout}{page.stderr}")
            # Who may not read the journal hears so, and not that nothing happened.
            barred = self.node.run("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *ask, check=False)
            if barred.returncode == 0 or "journal" not in barred.stderr:
                raise runner.Failed(f"user nobody: status {barred.returncode}, {barred.stdout}{barred.stderr}")
        finally:
            self.node.run("systemctl", "start", "crihealthd.socket", "crihealthd-unix.socket", daemon.UNIT)
        self.await_quiet()

    def asked(self, words):
        """The history as JSON."""
        said = self.node.run(*words, "-o", "json", check=False)
        if said.returncode != 0:
            raise runner.Failed(f"status {said.returncode}: {said.stderr}")
        return json.loads(said.stdout)["incidents"]

    def textfile(self, row):
        """As crihealthd.toml(5) has it: written within the sandbox, read by node_exporter, who is another user."""
        self.await_quiet()
        before = self.node.run("cat", settings.CONFIG).stdout
        empty = 'textfile_directory = ""'
        if empty not in before:
            raise runner.Failed(f"no {empty} in {settings.CONFIG}")
        self.node.run("install", "-d", "-m", "0775", "-g", "crihealthd", TEXTFILES)
        self.node.write(settings.CONFIG, before.replace(empty, f'textfile_directory = "{TEXTFILES}"'))
        try:
            self.node.run("systemctl", "restart", daemon.UNIT)
            self.await_quiet()
            refused, _ = daemon.wait(lambda: [one for one in self.logged("-p", "err", "-n", "20")
                                              if "cannot be written for node_exporter" in one], 5)
            if not refused or self.node.run("test", "-e", FILE, check=False).returncode == 0:
                raise runner.Failed("without ReadWritePaths= the sandbox lets it write, or nothing is said")
            with self.drop_in(f"[Service]\nReadWritePaths={TEXTFILES}\n"):
                self.node.run("systemctl", "restart", daemon.UNIT)
                began = time.monotonic()
                self.exported(row, began)
        finally:
            self.node.write(settings.CONFIG, before)
            self.node.run("systemctl", "stop", "node-exporter", check=False)
            self.node.run("systemctl", "restart", daemon.UNIT)
            self.node.run("rm", "-rf", "/var/lib/prometheus")
        self.await_quiet()

    def exported(self, row, began):
        """node_exporter serves the node's verdict, and its change."""
        self.node.run("systemd-run", "--collect", "--unit=node-exporter", "-p", "DynamicUser=yes", EXPORTER,
                      "--web.listen-address=127.0.0.1:9100", "--collector.disable-defaults", "--collector.textfile",
                      f"--collector.textfile.directory={TEXTFILES}")

        def served(*lines):
            text = self.node.run("curl", "-sS", "--max-time", "3", "http://127.0.0.1:9100/metrics", check=False).stdout
            return all(f"{line}\n" in text for line in ("node_textfile_scrape_error 0", *lines))

        good, _ = daemon.wait(lambda: served('crihealthd_verdict{state="healthy"} 1'), 15, 0.2)
        row.resolved = time.monotonic() - began
        owner = self.node.run("stat", "-c", "%a %U", FILE, check=False).stdout.strip()
        if not good or owner != "644 crihealthd":
            raise runner.Failed(f"node_exporter does not serve it: {owner}, {self.logged('-n', '5')}")
        broken = time.monotonic()
        self.node.run("systemctl", "stop", scenarios.CONTAINERD)
        bad, _ = daemon.wait(lambda: served(
            'crihealthd_incident_active{cause="Stopped",kind="RuntimeDown",severity="critical"} 1'), 15, 0.2)
        row.opened = row.named = time.monotonic() - broken
        self.node.run("systemctl", "start", scenarios.CONTAINERD)
        if not bad:
            raise runner.Failed("node_exporter does not serve the incident")
        row.kind, row.cause = "node_exporter", owner
        self.await_quiet()
