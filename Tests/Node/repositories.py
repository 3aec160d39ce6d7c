# SPDX-License-Identifier: Apache-2.0
"""crihealthd from signed repositories, as `make release-artifacts` makes them, and by the Ansible role over ssh."""

import json
import pathlib
import re
import subprocess
import tempfile

import node
import packages
import rpm
import runner

SERVER = "artifacts-server.service"
URL = "http://127.0.0.1:8080"
BAD = "/root/bad"
SOURCES = "/etc/apt/sources.list"
APT = f"""Types: deb
URIs: {URL}/apt
Suites: stable
Components: main
Signed-By: /etc/apt/keyrings/crihealthd.asc
"""
YUM = f"""[crihealthd]
name=crihealthd
baseurl={URL}/yum
gpgkey={URL}/crihealthd.asc
gpgcheck=1
repo_gpgcheck=1

[node]
name=what this node has as Debian's packages
baseurl=file://{packages.PROVIDES}
gpgcheck=0
"""
RECAP = re.compile(r"ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)")
LISTEN = "127.0.0.1:10275"
RULE = """[[rule]]
id = "site-trouble"
signal = "site-trouble"
meaning = "of this site"
examples = ["the site is in trouble"]
template = "the site is in trouble"
"""


class RepositoryRun(rpm.RPMRun):
    """The scenarios of repositories, after those of single packages."""

    def serve(self, folder=packages.ARTIFACTS):
        """The repositories, by HTTP on the node's loopback; no other repository is known."""
        self.node.run("sh", "-c", f"[ ! -e {SOURCES} ] || mv {SOURCES} /root/")
        self.node.run("systemctl", "stop", SERVER, check=False)
        self.node.run("systemd-run", "--quiet", "--collect", f"--unit={SERVER}", "python3", "-m", "http.server", "--bind",
                      "127.0.0.1", "--directory", folder, "8080")
        self.node.run("curl", "-sSf", "-o", "/dev/null", "--retry", "20", "--retry-delay", "1", "--retry-connrefused", URL)

    def apt_repository(self, row, older):
        """A repository whose index was changed is refused; from the right one apt installs a version by its number."""
        self.before = self.everything()
        self.node.run("sh", "-c", f"mkdir -p {BAD} && cp -r {packages.ARTIFACTS}/. {BAD}/")
        self.node.run("sed", "-i", "s/^Label: .*/Label: somebody/", f"{BAD}/apt/dists/stable/InRelease")
        self.node.run("mkdir", "-p", "/etc/apt/keyrings")
        self.node.run("cp", f"{packages.ARTIFACTS}/crihealthd.asc", "/etc/apt/keyrings/")
        self.node.write("/etc/apt/sources.list.d/crihealthd.sources", APT)
        self.serve(BAD)
        refused = self.node.run("apt-get", "-q", "update", check=False)
        if refused.returncode == 0 or "not signed" not in refused.stderr:
            raise runner.Failed(f"an index that was changed is taken: {refused.stdout}{refused.stderr}")
        self.serve()
        self.node.run("apt-get", "-q", "update")
        self.apt("install", f"crihealthd={older}")
        self.enabled()
        self.healthy(row)
        row.kind, row.cause = "apt", older

    def apt_upgraded(self, row, newer):
        """apt upgrades it while containerd is stopped: one incident, no scrape lost."""
        self.upgrade(row, lambda: self.apt("install", "crihealthd"))
        self.is_version(newer)

    def apt_rolled_back(self, row, older):
        """apt goes back to the version before while containerd is stopped: it tells the same incident."""
        self.upgrade(row, lambda: self.apt("install", "--allow-downgrades", f"crihealthd={older}"))
        self.is_version(older)

    def is_version(self, wanted):
        """The installed version."""
        version = self.node.run("dpkg-query", "-W", "-f", "${Version}", "crihealthd").stdout
        if version != wanted:
            raise runner.Failed(f"version {version} is installed, not {wanted}")

    def apt_purged(self, row):
        """apt purges it: but for the repository's two files, nothing is left."""
        self.apt("purge", "crihealthd")
        self.node.run("rm", "-r", "/etc/apt/sources.list.d/crihealthd.sources", "/etc/apt/keyrings/crihealthd.asc")
        left = self.everything() - self.before - {"/etc/apt/keyrings"}
        if left:
            raise runner.Failed(f"left behind by a purge: {sorted(left)}")
        row.kind, row.cause = "left", "nothing"

    def yum_repository(self, row):
        """dnf refuses an index that was changed, installs from the right one with both signatures checked, and removes it."""
        self.node.run("mkdir", "-p", "/root/repos")
        self.node.write("/root/repos/crihealthd.repo", YUM)
        dnf = ["dnf", "-y", "--setopt=reposdir=/root/repos", "--setopt=cachedir=/root/dnf", "--setopt=install_weak_deps=0"]
        self.node.run("sed", "-i", "s/<revision>/<revision>1/", f"{BAD}/yum/repodata/repomd.xml")
        self.serve(BAD)
        refused = self.node.run(*dnf, "install", "crihealthd", check=False, timeout=120)
        if refused.returncode == 0 or "Bad GPG signature" not in refused.stdout + refused.stderr:
            raise runner.Failed(f"an index that was changed is taken: {refused.stdout}{refused.stderr}")
        self.serve()
        self.node.run("rm", "-rf", "/root/dnf")
        self.node.run(*dnf, "install", "crihealthd", timeout=120)
        self.enabled()
        self.healthy(row)
        self.node.run(*dnf, "remove", "crihealthd", timeout=120)
        if self.node.run("rpm", "-q", "crihealthd", check=False).returncode == 0:
            raise runner.Failed("dnf did not remove it")
        row.kind, row.cause = "dnf", "both signatures"

    def ansible(self, row, venv):
        """The role over ssh: a check changes nothing, a run does, the next nothing any more; then it is taken away."""
        self.serve()
        with tempfile.TemporaryDirectory() as folder:
            play = self.playbook(pathlib.Path(folder), pathlib.Path(venv).absolute())
            checked, installed = play("--check"), self.node.run("dpkg-query", "-W", "crihealthd", check=False)
            if checked == 0 or installed.returncode == 0:
                raise runner.Failed(f"a check: {checked} changes, and it is {installed.stdout or 'not installed'}")
            changes = [play(), play(), play("--check")]
            if changes[0] == 0 or changes[1:] != [0, 0]:
                raise runner.Failed(f"changes of a run, the next, a check: {changes}")
            self.await_quiet()
            told = self.node.run("curl", "-sSf", f"http://{LISTEN}/v1/state?pretty").stdout
            rules = self.node.run("crihealthd", "rules", "list").stdout
            if "verdict" not in told or "site-trouble" not in rules:
                raise runner.Failed(f"{LISTEN} says {told[:200]}; of its own rules: {'site-trouble' in rules}")
            play("--extra-vars", "crihealthd_state=absent")
            if self.node.run("dpkg-query", "-W", "crihealthd", check=False).returncode == 0:
                raise runner.Failed("the role did not take it away")
        row.kind, row.cause = "changes", ", ".join(map(str, [checked, *changes]))

    def playbook(self, folder, venv):
        """A function that plays site.yml on the node and gives the number of changes."""
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "key"], check=True)
        self.node.run("mkdir", "-p", "-m", "700", "/root/.ssh", "/run/sshd")
        self.node.write("/root/.ssh/authorized_keys", (folder / "key.pub").read_text())
        self.node.run("systemd-run", "--quiet", "--collect", "--unit=tests-sshd", "/usr/sbin/sshd", "-D", "-o",
                      "ListenAddress=127.0.0.1", check=False)
        (folder / "ssh").write_text(
            f"Host node1\n  User root\n  IdentityFile {folder}/key\n  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null\n"
            f"  LogLevel ERROR\n  ProxyCommand {' '.join(self.node.enter())} socat - TCP:127.0.0.1:22,retry=20,interval=0.5\n")
        (folder / "nodes.ini").write_text(f"node1 ansible_become=false ansible_ssh_common_args='-F {folder}/ssh'\n")
        (folder / "key.asc").write_text(self.node.run("cat", f"{packages.ARTIFACTS}/crihealthd.asc").stdout)
        (folder / "vars.json").write_text(json.dumps({
            "crihealthd_repository_url": URL, "crihealthd_repository_key": f"{folder}/key.asc", "crihealthd_listen": LISTEN,
            "crihealthd_settings": {"log_lines": False, "journal": {"units": ["site.service"]}},
            "crihealthd_rules": {"50-site": RULE}}))
        place = node.REPOSITORY / "packaging/ansible"
        environment = {**node.ENVIRONMENT, "ANSIBLE_CONFIG": str(place / "ansible.cfg"), "ANSIBLE_HOME": str(folder),
                       "HOME": str(folder), "LC_ALL": "C.UTF-8", "PATH": f"{venv}/bin:{node.ENVIRONMENT['PATH']}"}

        def play(*words):
            done = subprocess.run(
                [venv / "bin/ansible-playbook", "-i", folder / "nodes.ini", "--extra-vars", f"@{folder}/vars.json", *words,
                 place / "site.yml"], capture_output=True, text=True, env=environment, timeout=300, cwd=place)
            recap = RECAP.search(done.stdout)
            if done.returncode != 0 or not recap:
                raise runner.Failed(f"ansible-playbook {' '.join(words)}: {done.stdout[-2000:]}{done.stderr[-500:]}")
            return int(recap[2])
        return play


def steps(run, options):
    """(name, body) of every scenario."""
    rows = [("apt-repository", lambda row: run.apt_repository(row, options.older)),
            ("apt-upgraded", lambda row: run.apt_upgraded(row, options.newer)),
            ("apt-rolled-back", lambda row: run.apt_rolled_back(row, options.older)),
            ("apt-purged", run.apt_purged)]
    if options.rpm:
        rows.append(("yum-repository", run.yum_repository))
    if options.ansible:
        rows.append(("ansible", lambda row: run.ansible(row, options.ansible)))
    return rows
