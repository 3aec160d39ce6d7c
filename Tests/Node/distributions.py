# SPDX-License-Identifier: Apache-2.0
"""Distributions' layouts: Debian's containerd under their units, at their places, as found by what runs and by nothing else.

containerd, systemd and the sockets are real. k3s' own binary, the snaps and k0s are not there: their units start Debian's
containerd with the arguments, directories and log files that theirs give it.
"""

import contextlib
import dataclasses
import json
import time

import daemon
import scenarios

CRICTL = "/etc/crictl.yaml"
# systemd and containerd settle after a start.
SETTLE = 2.0


@dataclasses.dataclass(frozen=True)
class Layout:
    """Where a distribution has things."""

    name: str
    unit: str
    socket: str
    root: str
    state: str
    config: str
    # Its containerd logs to this file; None: to the journal.
    log: str = None
    # Arguments of a kubelet that names the socket in its configuration, and that file's text.
    kubelet: tuple = None
    configuration: str = None

    @property
    def command(self):
        """The shell command of the unit: what it logs to a file is not in the journal."""
        start = f"exec containerd -c {self.config} -a {self.socket} --root {self.root} --state {self.state}"
        if not self.log:
            return start
        told = f"level=info msg=\\\"Logging containerd to {self.log}\\\""
        return f"echo \\\"{told}\\\"; {start} >>{self.log} 2>&1"

    @property
    def service(self):
        """The unit."""
        return (f"[Service]\nType=notify\nNotifyAccess=all\nRestart=always\nRestartSec=3s\nDelegate=yes\n"
                f"KillMode=process\nExecStart=/bin/sh -c \"{self.command}\"\n")

    @property
    def toml(self):
        """containerd's configuration."""
        return (f"version = 2\n[plugins.\"io.containerd.grpc.v1.cri\"]\nsandbox_image = \"localhost/pause:1\"\n"
                f"[plugins.\"io.containerd.grpc.v1.cri\".containerd]\nsnapshotter = \"native\"\n"
                f"[plugins.\"io.containerd.grpc.v1.cri\".cni]\nbin_dir = \"/usr/lib/cni\"\n"
                f"conf_dir = \"/etc/cni/net.d\"\n"
                f"[plugins.\"io.containerd.internal.v1.opt\"]\npath = \"{self.root}/opt\"\n")


LAYOUTS = (
    Layout("k3s", "k3s.service", "/run/k3s/containerd/containerd.sock", "/var/lib/rancher/k3s/agent/containerd",
           "/run/k3s/containerd", "/var/lib/rancher/k3s/agent/etc/containerd/config.toml",
           log="/var/lib/rancher/k3s/agent/containerd/containerd.log"),
    Layout("rke2-agent", "rke2-agent.service", "/run/k3s/containerd/containerd.sock",
           "/var/lib/rancher/rke2/agent/containerd", "/run/k3s/containerd",
           "/var/lib/rancher/rke2/agent/etc/containerd/config.toml",
           log="/var/lib/rancher/rke2/agent/containerd/containerd.log"),
    Layout("microk8s", "snap.microk8s.daemon-containerd.service", "/var/snap/microk8s/common/run/containerd.sock",
           "/var/snap/microk8s/common/var/lib/containerd", "/var/snap/microk8s/common/run/containerd",
           "/var/snap/microk8s/77/args/containerd.toml"),
    Layout("k0s", "k0sworker.service", "/run/k0s/containerd.sock", "/var/lib/k0s/containerd", "/run/k0s/containerd",
           "/etc/k0s/containerd.toml"),
    # No word of any runtime is in the socket's path or the unit's name; left-overs name another socket.
    Layout("kubelet-config-elsewhere", "acme-node.service", "/run/acme/node.sock", "/srv/acme/root", "/run/acme/state",
           "/srv/acme/runtime.toml", kubelet=("--config=/srv/acme/kubelet.json", "--v=2"),
           configuration=json.dumps({"kind": "KubeletConfiguration", "evictionHard": {"memory.available": "1Mi"},
                                     "containerRuntimeEndpoint": "unix:///run/acme/node.sock"})),
)


def folder(path):
    """The folder of a file."""
    return path.rpartition("/")[0]


def start_kubelet(node, layout):
    """A process that looks like a kubelet: by its name, its arguments, its unit."""
    node.run("mkdir", "-p", "/srv/acme", "/var/lib/kubelet")
    node.write("/srv/acme/kubelet.json", layout.configuration)
    node.write("/var/lib/kubelet/config.yaml", "containerRuntimeEndpoint: unix:///run/left-over.sock\n")
    node.write("/srv/acme/kubelet", "#!/bin/sh\nwhile :; do sleep 3600; done\n")
    node.run("chmod", "755", "/srv/acme/kubelet")
    node.write("/run/systemd/system/kubelet.service",
               f"[Service]\nExecStart=/srv/acme/kubelet {' '.join(layout.kubelet)}\nKillMode=control-group\n")


@contextlib.contextmanager
def installed(run, layout):
    """The node with that distribution and without Debian's own containerd; afterwards all is as before."""
    node = run.node
    run.await_quiet()
    # Pods of another containerd would be lost ones to this.
    node.run("/opt/pods/start-pods", "--remove", timeout=90)
    node.run("systemctl", "stop", daemon.UNIT)
    node.run("systemctl", "stop", scenarios.CONTAINERD)
    node.run("systemctl", "mask", "--runtime", scenarios.CONTAINERD)
    node.run("sh", "-c", f"mv {CRICTL} /root/; rm -f {scenarios.SOCKET}")
    try:
        for path in (layout.socket, layout.config, layout.log or layout.config):
            node.run("mkdir", "-p", folder(path))
        node.run("mkdir", "-p", layout.root, layout.state)
        node.write(layout.config, layout.toml)
        node.write(f"/run/systemd/system/{layout.unit}", layout.service)
        if layout.kubelet:
            start_kubelet(node, layout)
        node.run("systemctl", "daemon-reload")
        if layout.kubelet:
            node.run("systemctl", "start", "kubelet.service")
        node.run("systemctl", "start", layout.unit)
        node.run("systemctl", "start", daemon.UNIT, timeout=90)
        yield
    finally:
        node.run("systemctl", "stop", daemon.UNIT, check=False)
        node.run("systemctl", "stop", layout.unit, "kubelet.service", check=False)
        node.run("systemctl", "kill", "-s", "KILL", layout.unit, check=False)
        node.run("rm", "-rf", f"/run/systemd/system/{layout.unit}", "/run/systemd/system/kubelet.service",
                 "/var/lib/rancher", "/var/snap", "/var/lib/k0s", "/etc/k0s", "/srv/acme", "/var/lib/kubelet/config.yaml",
                 layout.socket)
        node.run("rmdir", "--ignore-fail-on-non-empty", "/var/lib/kubelet", check=False)
        node.run("sh", "-c", f"mv /root/crictl.yaml {CRICTL}")
        node.run("systemctl", "unmask", "--runtime", scenarios.CONTAINERD)
        node.run("systemctl", "daemon-reload")
        node.run("systemctl", "start", scenarios.CONTAINERD)
        node.run("/opt/pods/start-pods", timeout=120)
        run.pods = run.containers()
        node.run("systemctl", "start", daemon.UNIT, timeout=90)


def running_since(run, layout, after):
    """Monotonic seconds at which systemd had the unit running again; None until then."""
    shown = run.node.show(layout.unit, "ActiveState", "ActiveEnterTimestampMonotonic")
    entered = int(shown["ActiveEnterTimestampMonotonic"]) / 1e6
    return entered if shown["ActiveState"] == "active" and entered > after else None


def quiet(run):
    """Nothing is open and all is well."""
    good, _ = daemon.wait(lambda: not run.daemon.open() and run.daemon.verdict() == "healthy", 40, 0.2)
    run.check(good, f"{run.daemon.verdict()} before the fault")


def killed(run, row, layout):
    """The right unit's containerd is killed; systemd starts it again."""
    quiet(run)
    time.sleep(SETTLE)
    began = time.monotonic()
    run.node.run("systemctl", "kill", "-s", "KILL", "--kill-whom=main", layout.unit)
    mine = run.await_open(row, "RuntimeDown", ("Killed",), began, 2.5, 4)
    name = layout.unit.removesuffix(".service")
    run.check(mine["subject"] == name, f"the subject is {mine['subject']}, not {name}")
    run.await_resolved(row, "RuntimeDown", lambda: running_since(run, layout, began), 20)


def misconfigured(run, row, layout):
    """Its configuration file is broken, wherever that is, and its words are read, wherever they are written."""
    quiet(run)
    run.node.run("sh", "-c", f"cp {layout.config} /root/layout.toml && echo '[broken' >>{layout.config}")
    began = time.monotonic()
    run.node.run("systemctl", "restart", "--no-block", layout.unit)
    mine = run.await_open(row, "RuntimeDown", ("ConfigInvalid",), began, 6, 10)
    run.check(layout.config in json.dumps(mine), f"{layout.config} is not named: {mine['sentence']}")
    if layout.log:
        shown = [item.get("command") or "" for item in mine["evidence"]]
        run.check(any(layout.log in one for one in shown), f"{layout.log} is not shown: {shown}")
    run.node.run("cp", "/root/layout.toml", layout.config)
    repaired = time.monotonic()
    run.node.run("systemctl", "reset-failed", layout.unit, check=False)
    run.node.run("systemctl", "restart", layout.unit)
    run.await_resolved(row, "RuntimeDown", lambda: repaired, 30)


def outage(run, row, layout):
    """Healthy, killed, misconfigured: with the right unit, file and cause."""
    with installed(run, layout):
        quiet(run)
        told = run.daemon.json("/v1/runtimes")["runtimes"]
        places = [(one["endpoint"], (one.get("unit") or {}).get("name")) for one in told]
        run.check(places == [(f"unix://{layout.socket}", layout.unit)],
                  f"it watches {places}, and said: {run.daemon.said(6)}")
        killed(run, row, layout)
        misconfigured(run, row, layout)


def steps(run):
    """(name, body) of every scenario."""
    return [(layout.name, lambda row, layout=layout: outage(run, row, layout)) for layout in LAYOUTS]
