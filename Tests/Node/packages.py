# SPDX-License-Identifier: Apache-2.0
"""The packages that a run puts into the node: crihealthd's, and those of another containerd."""

import os
import pathlib
import re
import shutil
import subprocess

import node
import scenarios

DEB = "/root/crihealthd.deb"
NEXT = "/root/crihealthd-next.deb"
RPM = "/root/crihealthd.rpm"
RPM_NEXT = "/root/crihealthd-next.rpm"
EXPORTER = "/opt/tests/node_exporter"
ARTIFACTS = "/srv/artifacts"
PROVIDES = "/srv/provides"


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

    def artifacts(self, rpm=None, previous=None):
        """{path in the node: path here} of repositories of two versions, signed with a key that is made for them.

        The two: `previous` and this package; without one, this package and its next version."""
        home, out = self.directory / "gnupg", self.directory / "artifacts"
        home.mkdir(mode=0o700)
        gpg = {**os.environ, "GNUPGHOME": str(home)}
        subprocess.run(["gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key",
                        "crihealthd tests <tests@crihealthd.invalid>", "rsa3072", "sign", "1d"], check=True, env=gpg,
                       capture_output=True)
        pair = [pathlib.Path(previous).resolve(), self.path] if previous else [self.path, self.directory / "next.deb"]
        self.older, self.newer = (deb_version(path) for path in pair)
        try:
            subprocess.run([node.REPOSITORY / "packaging/release-artifacts", out, "tests@crihealthd.invalid", *pair,
                            *([rpm] if rpm else [])], check=True, env=gpg, stdout=subprocess.DEVNULL)
        finally:
            subprocess.run(["gpgconf", "--kill", "all"], env=gpg)
        places = {ARTIFACTS: str(out)}
        if rpm:
            places[PROVIDES] = str(self.provides(rpm))
        return places

    def provides(self, rpm):
        """A repository of one empty rpm that has what crihealthd's requires: here it is there as Debian's packages."""
        out, spec = self.directory / "provides", self.directory / "provides.spec"
        needed = subprocess.run(["rpm", "-qp", "--requires", rpm], check=True, capture_output=True, text=True).stdout
        names = {line for line in needed.splitlines() if not re.match(r"rpmlib|config", line)}
        spec.write_text("Name: node-of-tests\nVersion: 1\nRelease: 1\nSummary: What this node has\nLicense: Apache-2.0\n"
                        "BuildArch: noarch\n" + "".join(f"Provides: {name.replace('>=', '=')}\n" for name in sorted(names))
                        + "%description\nWhat this node has.\n%files\n")
        subprocess.run(["rpmbuild", "-bb", "--define", f"_topdir {self.directory}/rpmbuild", "--define",
                        f"_rpmdir {out}", spec], check=True, capture_output=True)
        subprocess.run(["createrepo_c", "--quiet", out], check=True)
        return out


def deb_version(path):
    """The version of a .deb."""
    return subprocess.run(["dpkg-deb", "-f", path, "Version"], check=True, capture_output=True, text=True).stdout.strip()


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
