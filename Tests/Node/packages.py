# SPDX-License-Identifier: Apache-2.0
"""The packages that a run puts into the node: crihealthd's, and those of another containerd."""

import pathlib
import shutil
import subprocess

import node
import scenarios

DEB = "/root/crihealthd.deb"
NEXT = "/root/crihealthd-next.deb"
RPM = "/root/crihealthd.rpm"
RPM_NEXT = "/root/crihealthd-next.rpm"
EXPORTER = "/opt/tests/node_exporter"


class Package:
    """A built .deb, and the same one with a later version."""

    def __init__(self, path):
        self.path = pathlib.Path(path).resolve()
        self.directory, self.lock = node.run_folder()
        self.version = self._field("Version")
        self.later = f"{self.version}+next1"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.directory, ignore_errors=True)
        self.lock.close()

    def _field(self, name):
        return subprocess.run(["dpkg-deb", "-f", self.path, name], check=True, capture_output=True,
                              text=True).stdout.strip()

    def files(self):
        """The package and its next version."""
        tree, later = self.directory / "tree", self.directory / "next.deb"
        subprocess.run(["dpkg-deb", "-R", self.path, tree], check=True)
        control = tree / "DEBIAN/control"
        control.write_text(control.read_text().replace(f"Version: {self.version}\n", f"Version: {self.later}\n"))
        subprocess.run(["dpkg-deb", "-Zgzip", "-z1", "-b", tree, later], check=True, stdout=subprocess.DEVNULL)
        return {DEB: self.path, NEXT: later}


def exporter():
    """node_exporter, as the tests' packages put it on this machine (scripts/install-packages test)."""
    found = shutil.which("prometheus-node-exporter")
    if not found:
        raise SystemExit("prometheus-node-exporter is not installed")
    return {EXPORTER: pathlib.Path(found)}


def containerd_packages(cache=node.CACHE):
    """{path in the node: path here} of the containerd of bullseye, and the one of bookworm to go back to.

    Empty, and said, when the mirror does not have them: the rows that need no old containerd are worth a run."""
    found = {}
    for name, suite in (("old", "bullseye"), ("new", "bookworm")):
        made = subprocess.run([node.HERE / "make-packages", cache, suite, "containerd"], stdout=subprocess.PIPE,
                              text=True)
        if made.returncode != 0:
            print(f"SKIPPED: {OLD_CONTAINERD.name}: the packages of {suite} could not be fetched "
                  f"(make-packages: status {made.returncode})", flush=True)
            return {}
        found[f"/root/containerd-{name}.deb"] = next(pathlib.Path(made.stdout.strip()).glob("containerd_*.deb"))
    return found


def dpkg(path):
    """A step that installs a package of another version, keeping the node's configuration."""
    return scenarios.command("env", "DEBIAN_FRONTEND=noninteractive", "dpkg", "--force-confold", "--force-downgrade",
                             "-i", path)


OLD_CONTAINERD = scenarios.Fault(
    "containerd-1.4.13", "CRIVersionUnsupported", ("RuntimeTooOld",), dpkg("/root/containerd-old.deb"),
    dpkg("/root/containerd-new.deb"), opens=40, named=40, resolves=30)
