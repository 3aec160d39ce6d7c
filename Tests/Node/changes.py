# SPDX-License-Identifier: Apache-2.0
"""What changed before an outage: a package that apt upgrades, a drop-in that somebody edits, restarts of both; and what
`crihealthd preflight` had said of it."""

import json
import time

import daemon
import runner
import scenarios

DROP_IN = "/etc/systemd/system/containerd.service.d/60-site.conf"
ABSENT = "/usr/local/bin/containerd"
# Who is behind sudo: any user of the tree but root, whom apt does not write down.
PERSON = ("daemon", 1)
# A stand-in for the package of an OCI runtime, whose upgrade restarts containerd.
PACKAGE = """set -e
d=$(mktemp -d)
mkdir $d/DEBIAN
printf 'Package: crun\\nVersion: %s\\nArchitecture: all\\nMaintainer: A <a@example.org>\\nDescription: x\\n' "$1" >$d/DEBIAN/control
printf '#!/bin/sh\\nset -e\\nif [ -n "$2" ]; then systemctl restart containerd.service; fi\\n' >$d/DEBIAN/postinst
chmod 755 $d $d/DEBIAN/postinst
dpkg-deb --build --root-owner-group $d "/root/crun_$1_all.deb"
rm -r $d
"""


def install(run, version):
    """Puts a version of the package in place, as a person with sudo does."""
    run.node.run("sh", "-c", PACKAGE, "sh", version)
    run.node.run("env", f"SUDO_UID={PERSON[1]}", "apt-get", "-y", "--allow-downgrades", "install", f"/root/crun_{version}_all.deb")


def crihealthd(run, *words):
    """The command line, as the package brings it or the binary alone."""
    program = "crihealthd" if run.node.run("sh", "-c", "command -v crihealthd", check=False).stdout else (
        f"{daemon.HOME}/crihealthd")
    return run.node.run("env", f"LD_LIBRARY_PATH={daemon.HOME}/lib", program, *words, check=False)


def preflight(run, status, *words):
    """What it finds that is more than a note, as (severity, id, subject); it must exit like that."""
    done = crihealthd(run, "preflight", "-o", "json", *words)
    if done.returncode != status:
        raise runner.Failed(f"preflight {' '.join(words)} exits with {done.returncode}, not {status}: {done.stdout}{done.stderr}")
    return {(one["severity"], one["id"], one["subject"]) for one in json.loads(done.stdout)["findings"]
            if one["severity"] != "note"}


def foreseen(run, row):
    """Clear, with control groups v1 below a read-only tmpfs; a kubelet that refuses them is a blocker."""
    run.await_quiet()
    began = time.monotonic()
    found = preflight(run, 0)
    row.kind, row.cause, row.opened = "preflight", "0, 2", time.monotonic() - began
    if found:
        raise runner.Failed(f"preflight finds {found} on a healthy node")
    found = preflight(run, 2, "--to", "kubelet=1.35.0")
    if ("blocker", "cgroup-v1", "kubelet 1.35.0") not in found or ("blocker", "open-incident", "node") in found:
        raise runner.Failed(f"preflight finds {found}")


def listed(run):
    """What /v1/changes lists, oldest first."""
    return run.daemon.json("/v1/changes")["changes"]


def changed(run, row):
    """An upgrade by apt and a drop-in by hand are on the list, and on the page of the incident that follows."""
    run.await_quiet()
    install(run, "1.17-1")
    install(run, "1.18-1")
    # apt's log has whole seconds: in the second of its end a restart is still apt's.
    time.sleep(2)
    run.await_quiet()
    run.node.run("mkdir", "-p", DROP_IN.rpartition("/")[0])
    run.node.write(DROP_IN, f"[Service]\nExecStart=\nExecStart={ABSENT}\n")
    try:
        run.node.run("systemctl", "daemon-reload")
        warned = preflight(run, 2)
        if ("blocker", "binary-missing", scenarios.CONTAINERD) not in warned:
            raise runner.Failed(f"before the restart preflight finds {warned}")
        began = time.monotonic()
        run.node.run("systemctl", "restart", scenarios.CONTAINERD, check=False)
        run.await_open(row, "RuntimeDown", ("BinaryMissing",), began, 5, 10)
        # It looks when an incident opens, and again no sooner than five seconds after it looked.
        before, _ = daemon.wait(lambda: [one["subject"] for one in told(run) if one["subject"] == DROP_IN], 15)
        if not before:
            raise runner.Failed(f"the incident does not name {DROP_IN}: {told(run)}")
        on_incident(run)
        on_list(run)
    finally:
        repaired = time.monotonic()
        run.node.run("rm", DROP_IN)
        run.node.run("systemctl", "daemon-reload")
        run.node.run("systemctl", "reset-failed", scenarios.CONTAINERD, check=False)
        run.node.run("systemctl", "start", scenarios.CONTAINERD)
    run.await_resolved(row, "RuntimeDown", lambda: repaired, 15)


def told(run):
    """What the open incident names, nearest first."""
    return [one for incident in run.daemon.open() for one in incident.get("changedBefore", [])]


def on_incident(run):
    """Nearest first, on the page too."""
    names = [(one["subject"], one["action"], one.get("during")) for one in told(run)]
    expected = [(scenarios.CONTAINERD, "restarted", None), (DROP_IN, "added", None)]
    if names[:2] != expected or len(names) > 3:
        raise runner.Failed(f"the incident names {names}, not {expected} first")
    page = run.daemon.get("/")[1]
    if "  changed " not in page or DROP_IN not in "".join(page.split()):
        raise runner.Failed(f"the page does not name {DROP_IN}:\n{page}")


def on_list(run):
    """Who did what, where a log says so, and nothing twice."""
    changes = listed(run)
    upgrade = [one for one in changes if one["subject"] == "crun" and one.get("from") == "1.17-1"]
    if len(upgrade) != 1 or upgrade[0].get("to") != "1.18-1" or "apt-get -y" not in upgrade[0].get("by", "") or (
            "by {} ({})".format(*PERSON) not in upgrade[0]["by"]):
        raise runner.Failed(f"the upgrade is told as {upgrade} among {changes}")
    restarts = [one for one in changes if one["subject"] == scenarios.CONTAINERD and one["action"] == "restarted"]
    beside = [one.get("during", "") for one in restarts]
    if not any("crun_1.18-1_all.deb" in one for one in beside) or beside[-1]:
        raise runner.Failed(f"restarts are told as {restarts}")
    if [one["time"] for one in changes] != sorted(one["time"] for one in changes):
        raise runner.Failed(f"not in the order of time: {changes}")
    shown = crihealthd(run, "changes", "-o", "json").stdout
    if [one["sentence"] for one in json.loads(shown)["changes"]] != [one["sentence"] for one in changes]:
        raise runner.Failed(f"`crihealthd changes` tells {shown}, /v1/changes {changes}")


def steps(run):
    """(name, body) of every scenario."""
    return [("preflight", lambda row: foreseen(run, row)), ("changed-before", lambda row: changed(run, row))]
