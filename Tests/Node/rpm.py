# SPDX-License-Identifier: Apache-2.0
"""crihealthd as an rpm, on this Debian: what it requires dpkg knows, so that rpm is told not to look."""

import pathlib

import daemon
import packaged
import runner
from packages import RPM, RPM_NEXT
from troubles import PROBER_SOCKET, STATE

# Folders that an rpm distribution has in its package `filesystem`, and Debian has not.
FILESYSTEM = {"/etc/sysconfig", "/usr/share/fish", "/usr/share/fish/vendor_completions.d",
              "/usr/share/zsh/site-functions"}


class RPMRun(packaged.PackagedRun):
    """The scenarios of the rpm, after those of the deb."""

    def rpm_preset(self, row):
        """The administrator's presets forbid it: the rpm is installed, and nothing of it is enabled or runs."""
        preset = "/etc/systemd/system-preset/00-site.preset"
        self.node.run("mkdir", "-p", str(pathlib.PurePath(preset).parent))
        self.node.write(preset, "disable crihealthd*\n")
        try:
            self.node.run("rpm", "--install", "--nodeps", RPM)
            for unit in (daemon.UNIT, "crihealthd.socket", "crihealthd-unix.socket", PROBER_SOCKET):
                for word, wanted in (("is-enabled", "disabled"), ("is-active", "inactive")):
                    said = self.node.run("systemctl", word, unit, check=False).stdout.strip()
                    if said != wanted:
                        raise runner.Failed(f"{unit} is {said} where a preset forbids it")
        finally:
            self.node.run("rpm", "--erase", "crihealthd", check=False)
            self.node.run("rm", preset)
        row.kind, row.cause = "preset", "disabled"

    def rpm_installed(self, row):
        """The rpm, on this Debian: its scriptlets make the user and start the units. What it requires dpkg knows."""
        self.before = self.everything()
        self.node.run("rpm", "--install", "--nodeps", RPM)
        self.enabled()
        self.healthy(row)
        user = self.daemon.user()
        if user != "crihealthd":
            raise runner.Failed(f"it runs as {user}")

    def rpm_upgraded(self, row):
        """rpm upgrades it to a later release, while containerd is stopped."""
        before = self.node.run("rpm", "-q", "crihealthd").stdout
        self.upgrade(row, lambda: self.node.run("rpm", "--upgrade", "--nodeps", RPM_NEXT))
        after = self.node.run("rpm", "-q", "crihealthd").stdout
        if len(after.splitlines()) != 1 or after == before:
            raise runner.Failed(f"was {before}, is {after}")

    def rpm_erased(self, row):
        """rpm takes it away, but for its state and its user; there is no purge."""
        self.node.run("rpm", "--erase", "crihealthd")
        left = self.everything() - self.before - FILESYSTEM
        more = {one for one in left if not one.startswith(STATE) and one not in ("user crihealthd", "group crihealthd")}
        if more:
            raise runner.Failed(f"left behind by the rpm: {sorted(more)}")
        row.kind, row.cause = "left", f"{len(left)} kept"
