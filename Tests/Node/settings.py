# SPDX-License-Identifier: Apache-2.0
"""The packages' settings: what a wrong one does, who is told, and what happens when it is right again."""

import contextlib
import time

import daemon
import runner
import troubles
from troubles import PROBER

CONFIG = "/etc/crihealthd/config.toml"
RULES = "/etc/crihealthd/rules.d/50-site.toml"
POSTINST = "/var/lib/dpkg/info/crihealthd.postinst"
SYSCTL = "/proc/sys/user/max_user_namespaces"
# EX_CONFIG of sysexits.h.
REFUSED = "78"
WRONG_KEY = "lisen = \"127.0.0.1:10274\"\n"
WRONG_RULE = "[[rule]]\nid = \"site\"\nsignl = \"site-trouble\"\n"


class ConfiguredRun(troubles.TroubledRun):
    """The scenarios of settings."""

    @contextlib.contextmanager
    def configured(self, text):
        """config.toml begins with this meanwhile."""
        before = self.node.run("cat", CONFIG).stdout
        self.node.write(CONFIG, text + before)
        try:
            yield
        finally:
            self.node.write(CONFIG, before)

    def config_refused(self, row):
        """A wrong key: check-config and the package tell, a reload keeps what is, a start ends and is not tried again."""
        self.await_quiet()
        place = f"{CONFIG}:1:1: unknown key \"lisen\"; did you mean \"listen\"?"
        with self.configured(WRONG_KEY):
            checked = self.node.run("crihealthd", "check-config", check=False)
            if checked.returncode != int(REFUSED) or place not in checked.stderr:
                raise runner.Failed(f"check-config: status {checked.returncode}, {checked.stderr}")
            self.node.run("systemctl", "reload", daemon.UNIT)
            if self.daemon.verdict() != "healthy":
                raise runner.Failed("a reload of a wrong configuration hurt it")
            began = time.monotonic()
            self.node.run("systemctl", "restart", daemon.UNIT, check=False)
            shown = self.node.show(daemon.UNIT, "ActiveState", "ExecMainStatus", "NRestarts", "StatusText")
            row.opened = time.monotonic() - began
            if (shown["ActiveState"], shown["ExecMainStatus"]) != ("failed", REFUSED) or place not in shown["StatusText"]:
                raise runner.Failed(f"after a start with it: {shown}")
            before = self.starts()
            # systemd starts it for whoever connects: each hears why it does not run, and is no reason to start it again.
            for words in (["http://localhost:10274/"], ["--unix-socket", daemon.SOCKET, "http://localhost/"]):
                said = self.node.run("curl", "-sS", "--max-time", "5", "-w", "%{http_code}", *words).stdout
                if place not in said or not said.endswith("503"):
                    raise runner.Failed(f"who asks hears {said}")
            self.node.run("sh", "-c", "for i in 1 2 3 4 5; do timeout 0.2 socat -u OPEN:/dev/null TCP:127.0.0.1:10274; done",
                          check=False)
            time.sleep(2)
            starts = self.starts()
            time.sleep(4)
            if self.starts() != starts or starts - before > 7 or self.node.show(daemon.UNIT, "NRestarts")["NRestarts"] != "0":
                raise runner.Failed(f"it is started again and again: {before}, {starts}, {self.starts()} starts")
            version = self.node.run("dpkg-query", "-W", "-f", "${Version}", "crihealthd").stdout
            told = self.node.run("sh", POSTINST, "configure", version, check=False)
            if told.returncode != 0 or place not in told.stderr:
                raise runner.Failed(f"postinst: status {told.returncode}, {told.stdout}{told.stderr}")
        repaired = time.monotonic()
        self.node.run("systemctl", "start", daemon.UNIT)
        self.await_quiet()
        row.resolved = time.monotonic() - repaired
        self.node.run("curl", "-sSf", "--max-time", "3", "http://localhost:10274/livez")
        row.kind, row.cause = "exit", REFUSED

    def starts(self):
        """How many processes of the daemon there were in the last minute."""
        text = self.node.run("journalctl", "-o", "cat", "-p", "err", "-u", daemon.UNIT, "--since=-1min", "-g", "lisen",
                             check=False).stdout
        return len(text.splitlines())

    def prober_config_refused(self, row):
        """The prober dies beside a wrong configuration: it comes back by itself when that is right."""
        self.await_quiet()
        with self.configured(WRONG_KEY):
            began = time.monotonic()
            self.node.run("systemctl", "kill", "-s", "KILL", PROBER)
            self.await_open(row, "MonitoringImpaired", ("ProberUnreachable",), began, 12, 12)
            time.sleep(5)
            self.only(self.list_open(), "MonitoringImpaired")
        repaired = time.monotonic()
        self.await_resolved(row, "MonitoringImpaired", lambda: repaired, troubles.HOLDS)

    def rules_refused(self, row):
        """A file of rules that is wrong is left out at a start, and named; the others and the daemon go on."""
        self.await_quiet()
        began = time.monotonic()
        self.node.write(RULES, WRONG_RULE)
        try:
            self.node.run("systemctl", "restart", daemon.UNIT)
            mine = self.await_open(row, "MonitoringImpaired", ("RulesRefused",), began, 5, 5)
            words = f"{RULES}:3: rule \"site\": key \"signl\": unknown key; did you mean \"signal\"?"
            if words not in mine["explanation"]:
                raise runner.Failed(f"it says {mine['explanation']}")
        finally:
            self.node.run("rm", RULES)
        repaired = time.monotonic()
        self.node.run("systemctl", "reload", daemon.UNIT)
        self.await_resolved(row, "MonitoringImpaired", lambda: repaired, 5)

    def listen_overruled(self, row):
        """`listen` in config.toml beside a socket of systemd: the log and the page say that it has no effect."""
        self.await_quiet()
        before = self.node.run("cat", CONFIG).stdout
        words = "listen = \"127.0.0.1:9999\" has no effect: systemd holds 127.0.0.1:10274"
        self.node.write(CONFIG, before.replace("listen = \"127.0.0.1:10274\"", "listen = \"127.0.0.1:9999\""))
        try:
            self.node.run("systemctl", "restart", daemon.UNIT)
            self.await_quiet()
            page = self.node.run("curl", "-sSf", "http://localhost:10274/").stdout
            if words not in " ".join(page.split()):
                raise runner.Failed(f"the page does not say so: {page[-600:]}")
            logged = self.node.run("journalctl", "-o", "cat", "-p", "warning", "-u", daemon.UNIT, "-n", "20").stdout
            if words not in logged.replace("\\\"", "\""):
                raise runner.Failed(f"the log does not say so: {logged}")
        finally:
            self.node.write(CONFIG, before)
            self.node.run("systemctl", "restart", daemon.UNIT)
        self.await_quiet()
        row.kind, row.cause = "said", "log, page"

    def without_user_namespaces(self, row):
        """Where the kernel gives no user namespaces, the unit does without, and starts."""
        self.await_quiet()
        self.node.write("/run/none", "0\n")
        self.node.run("mount", "--bind", "/run/none", SYSCTL)
        try:
            self.node.run("systemctl", "daemon-reload")
            self.users_are(False)
            self.node.run("systemctl", "restart", daemon.UNIT)
            self.await_quiet()
        finally:
            self.node.run("umount", SYSCTL)
            self.node.run("systemctl", "daemon-reload")
            self.node.run("systemctl", "restart", daemon.UNIT)
        self.users_are(True)
        row.kind, row.cause = "PrivateUsers", "no, then yes"

    def users_are(self, private):
        """Whether the unit has user namespaces of its own."""
        shown = self.node.show(daemon.UNIT, "PrivateUsers")["PrivateUsers"]
        if shown != ("yes" if private else "no"):
            raise runner.Failed(f"PrivateUsers={shown}")
