# SPDX-License-Identifier: Apache-2.0
"""What only containers of CRI-O can show, judged from live facts: conmon's arguments, scopes on the bus, lists.

Debian has no CRI-O: a stand-in serves its CRI, and lists what it is told to. conmon, runc, systemd's scopes, the
processes and the configuration are real.
"""

import contextlib
import json
import time

import daemon

UNIT = "crio.service"
SERVICE = f"/run/systemd/system/{UNIT}"
CONFIG = "/etc/crihealthd/config.toml"
DROP_IN = "/etc/crio/crio.conf.d/10-crio.conf"
RUNC = ("runc", "/usr/sbin/runc", "/run/runc")
CRUN = ("crun", "/usr/bin/crun", "/run/crun")
# crihealthd looks at the lists this often here: what the rows wait for.
SETTINGS = """[cri]
endpoints = ["unix:///run/containerd/containerd.sock", "unix:///run/crio/crio.sock"]
list_interval = "5s"
"""


class Host:
    """A node with CRI-O, and what it lists."""

    def __init__(self, booted):
        self.node = booted
        self.containers = {}

    def start(self, pod, *options):
        """Starts a container, listed as running; its id."""
        identity = self.node.run("/opt/pods/start-container", pod, *options).stdout.strip()
        self.containers[identity] = pod
        return identity

    def default(self, name, path, root):
        """The default OCI runtime, in a drop-in as CRI-O's package brings it."""
        self.node.write(DROP_IN, f'[crio.runtime]\ndefault_runtime = "{name}"\n[crio.runtime.runtimes.{name}]\n'
                                 f'runtime_path = "{path}"\nruntime_root = "{root}"\n')

    def list(self, **states):
        """What CRI-O lists from now on: all containers as running, but for those whose pod has another state here."""
        made = int(time.time() - 60) * 10**9
        containers = [
            {"id": identity, "pod_sandbox_id": "f" * 64, "metadata": {"name": "web"}, "created_at": made,
             "state": states.get(pod, 1),
             "labels": {"io.kubernetes.pod.name": pod, "io.kubernetes.pod.namespace": "shop"}}
            for identity, pod in self.containers.items() if states.get(pod, 1) is not None]
        self.node.write("/run/crio/lists.json", json.dumps({"items": [], "containers": containers}))

    def kill(self, identity):
        """Ends a container through the OCI runtime that made it."""
        self.node.run("runc", "--root", "/run/runc", "kill", identity, "KILL")


@contextlib.contextmanager
def host(run):
    """CRI-O beside containerd, and crihealthd watching both; afterwards all is as before."""
    booted = run.node
    run.await_quiet()
    before = booted.run("cat", CONFIG, check=False)
    made = Host(booted)
    try:
        booted.run("mkdir", "-p", "/etc/crio/crio.conf.d", "/etc/crihealthd", "/run/crio")
        booted.write(SERVICE, "[Service]\nType=notify\nNotifyAccess=all\nKillMode=process\nExecStart=/opt/pods/crio\n")
        booted.run("systemctl", "daemon-reload")
        made.default(*RUNC)
        made.list()
        booted.run("systemctl", "start", UNIT)
        booted.write(CONFIG, SETTINGS)
        restart(booted)
        yield made
    finally:
        for identity in made.containers:
            booted.run("systemctl", "kill", "-s", "KILL", f"crio-{identity}.scope", f"crio-conmon-{identity}.scope",
                       check=False)
        booted.run("systemctl", "stop", UNIT, check=False)
        booted.run("rm", "-rf", "/etc/crio", "/run/crio", "/run/runc", "/var/lib/containers", SERVICE)
        booted.run("systemctl", "daemon-reload")
        if before.returncode == 0:
            booted.write(CONFIG, before.stdout)
        else:
            booted.run("rm", "-rf", "/etc/crihealthd")
        restart(booted)


def restart(booted):
    """crihealthd, and its prober where there is one, with the configuration that is there now."""
    booted.run("systemctl", "stop", daemon.UNIT, "crihealthd-probe.service", check=False)
    booted.run("systemctl", "start", daemon.UNIT, timeout=90)


def healthy(run):
    """crihealthd has looked at the container and its scope, and nothing is wrong.

    The processes are looked through for a new container every thirty seconds."""
    told = {}

    def seen():
        told.clear()
        told.update((one["type"], one) for one in run.daemon.json("/v1/conditions")["conditions"])
        return (run.daemon.verdict() == "healthy" and not run.daemon.open()
                and told["ShutdownGraceful"]["status"] == "True")
    good, took = daemon.wait(seen, 60)
    run.check(good, f"after {took:.0f} s {run.daemon.verdict()} before the fault, open {run.daemon.open()}, "
                    f"{told.get('ShutdownGraceful')}, said: {run.daemon.said(6)}")


def exposed(run, row):
    """A scope that systemd does not stop before shutdown.target, beside one that it does."""
    with host(run) as crio:
        crio.start("ordered", "--ordered")
        crio.list()
        healthy(run)
        began = time.monotonic()
        bare = crio.start("bare")
        crio.list()
        mine = run.await_open(row, "ShutdownNotGraceful", ("Exposed",), began, 45, 45)
        run.check(mine["sentence"].startswith("1 container "), mine["sentence"])
        repaired = time.monotonic()
        crio.kill(bare)
        crio.list(bare=2)
        run.await_resolved(row, "ShutdownNotGraceful", lambda: repaired, 30)


def orphaned(run, row):
    """No list has a container that lives."""
    with host(run) as crio:
        crio.start("web", "--ordered")
        crio.list()
        healthy(run)
        began = time.monotonic()
        crio.list(web=None)
        mine = run.await_open(row, "OrphanedContainers", ("Unlisted",), began, 30, 30)
        run.check("shop/web/web" in mine["impact"]["sentence"], f"the impact is {mine['impact']}")
        repaired = time.monotonic()
        crio.list()
        run.await_resolved(row, "OrphanedContainers", lambda: repaired, 30)


def switched(run, row):
    """The default OCI runtime changes, and CRI-O calls exited what the old one made."""
    with host(run) as crio:
        identity = crio.start("web", "--ordered")
        crio.list()
        healthy(run)
        began = time.monotonic()
        crio.default(*CRUN)
        run.node.run("systemctl", "restart", UNIT)
        crio.list(web=2)
        mine = run.await_open(row, "RuntimeSwitched", ("ContainersLost",), began, 30, 30)
        run.check("runc (/run/runc)" in mine["sentence"] and "crun (/run/crun)" in mine["sentence"], mine["sentence"])
        repaired = time.monotonic()
        crio.kill(identity)
        run.await_resolved(row, "RuntimeSwitched", lambda: repaired, 30)


def steps(run):
    """(name, body) of every scenario."""
    return [(name, lambda row, body=body: body(run, row))
            for name, body in (("crio-exposed", exposed), ("crio-orphaned", orphaned), ("crio-switched", switched))]
