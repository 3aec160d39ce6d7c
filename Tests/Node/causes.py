# SPDX-License-Identifier: Apache-2.0
"""Faults of a node's software below containerd: its start, its store, the OCI runtime, the pods' network.

Each is made for real, with Debian's containerd, runc and CNI plugins; what is open is judged as in `scenarios`.
"""

import scenarios
from scenarios import CNI, CONFIG, CONTAINERD, Fault, command, sequence, systemctl

DROP_IN = "/run/systemd/system/containerd.service.d/70-fault.conf"
STORE = "/var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db"
PLUGINS = "/usr/lib/cni"
SPEC = "/etc/containerd/base-spec.json"
CRI = '[plugins."io.containerd.grpc.v1.cri"'
RUNC = f"""
{CRI}.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
"""


def pods(*names, handler=()):
    """Somebody wants pods, one after the other; whether they start is not asked."""
    return sequence(*[lambda node, name=name: node.run("/opt/pods/start-pods", name, *handler, check=False, timeout=90)
                      for name in names])


def unit(text):
    """The unit has these settings more, and is started again."""
    def run(node):
        node.run("mkdir", "-p", DROP_IN.rpartition("/")[0])
        node.write(DROP_IN, f"[Service]\n{text}\n")
        node.run("systemctl", "daemon-reload")
        node.run("systemctl", "restart", "--no-block", CONTAINERD)
    return run


def unit_repaired(node):
    """The unit as it was."""
    node.run("rm", "-f", DROP_IN)
    node.run("systemctl", "daemon-reload")
    node.run("systemctl", "reset-failed", CONTAINERD, check=False)
    node.run("systemctl", "start", CONTAINERD)


def configured(text):
    """containerd's configuration has this more, and containerd has read it."""
    def run(node):
        node.run("cp", CONFIG, "/root/")
        node.write(CONFIG, node.run("cat", CONFIG).stdout + text)
        node.run("systemctl", "restart", CONTAINERD)
    return run


CONFIGURED_BACK = sequence(command("cp", "/root/config.toml", CONFIG), systemctl("restart"))


def network(plugin="bridge", ranges=""):
    """The pods' network by another plugin, or with fewer addresses. containerd hears of it by inotify."""
    def run(node):
        node.run("cp", CNI, "/root/")
        text = node.run("cat", CNI).stdout.replace('"type": "bridge"', f'"type": "{plugin}"')
        node.write(CNI, text.replace('"subnet": "10.88.0.0/24"', f'"subnet": "10.88.0.0/24"{ranges}'))
    return run


NETWORK_BACK = command("cp", "/root/10-bridge.conflist", CNI)
# What the plugin of an agent says while its agent is away.
REFUSES = f"""cat >/dev/null
echo '{{"cniVersion": "1.0.0", "code": 11, "msg": "no answer from the agent on 127.0.0.1:9091"}}'
exit 1
"""


def hook(node):
    """Every container has a hook that fails."""
    node.run("sh", "-c", f"""ctr oci spec | python3 -c '
import json, sys
spec = json.load(sys.stdin)
spec["hooks"] = {{"createRuntime": [{{"path": "/bin/false"}}]}}
json.dump(spec, open("{SPEC}", "w"))'""")
    configured(f'{RUNC}base_runtime_spec = "{SPEC}"\n')(node)


FAULTS = (
    Fault("start-pre-fails", "RuntimeDown", ("StartPreFailed",),
          unit("ExecStartPre=/bin/sh -c 'echo no module br_netfilter >&2; exit 3'"), unit_repaired, opens=1.5, named=3),
    # A text without an interpreter: execve(2) says ENOEXEC, as of another architecture's program.
    Fault("binary-unusable", "RuntimeDown", ("BinaryUnusable",),
          sequence(command("sh", "-c", "echo no program >/root/containerd; chmod 755 /root/containerd"),
                   unit("ExecStart=\nExecStart=/root/containerd")), unit_repaired, opens=1.5, named=3),
    Fault("store-cut", "RuntimeDown", ("DatabaseCorrupt",),
          sequence(systemctl("stop"), command("cp", "-p", STORE, "/root/"), command("truncate", "-s", "100", STORE),
                   systemctl("start", "--no-block")),
          sequence(systemctl("stop"), command("cp", "-p", "/root/meta.db", STORE), systemctl("start")), opens=1.5, named=6),
    Fault("store-locked", "RuntimeDown", ("StateLocked",),
          sequence(systemctl("stop"),
                   command("systemd-run", "--collect", "--unit=other", "containerd", "--config", "/dev/null", "--root",
                           "/var/lib/containerd", "--state", "/run/other", "--address", "/run/other/containerd.sock"),
                   command("sleep", "1"), systemctl("start", "--no-block")),
          sequence(command("systemctl", "stop", "other"), command("rm", "-r", "/opt/containerd"), systemctl("restart")),
          opens=1.5, named=15),
    Fault("sandbox-image-absent", "CreateFailing", ("SandboxImageUnavailable",),
          sequence(command("ctr", "-n", "k8s.io", "images", "rm", "localhost/pause:1"), pods("extra")),
          sequence(command("ctr", "-n", "k8s.io", "images", "tag", "localhost/web:1", "localhost/pause:1"), pods("extra")),
          opens=10, named=10),
    Fault("handler-missing", "CreateFailing", ("RuntimeHandlerMissing",), pods("one", "two", handler=("kata",)),
          pods("one", "two"), opens=10, named=10),
    Fault("hook-fails", "CreateFailing", ("HookFailed",), sequence(hook, pods("one", "two")),
          sequence(CONFIGURED_BACK, command("rm", SPEC), pods("one", "two")), opens=10, named=10),
    Fault("cgroup-driver", "CreateFailing", ("CgroupDriverMismatch",),
          sequence(configured(f"{RUNC}{CRI}.containerd.runtimes.runc.options]\nSystemdCgroup = true\n"), pods("one", "two")),
          sequence(CONFIGURED_BACK, pods("one", "two")), opens=10, named=10),
    Fault("plugin-missing", "PodNetworkFailing", ("CNIPluginMissing",),
          sequence(network("acme-net"), pods("one", "two")), sequence(NETWORK_BACK, pods("one", "two")),
          opens=10, named=10),
    Fault("agent-away", "PodNetworkFailing", ("CNIAddFails", "CNIAgentDown"),
          sequence(lambda node: node.write(f"{PLUGINS}/acme-net", f"#!/bin/sh\n{REFUSES}"),
                   command("chmod", "755", f"{PLUGINS}/acme-net"), network("acme-net"), pods("one", "two")),
          sequence(NETWORK_BACK, command("rm", f"{PLUGINS}/acme-net"), pods("one", "two")), opens=10, named=10),
    Fault("addresses-exhausted", "PodNetworkFailing", ("AddressesExhausted",),
          sequence(network(ranges=', "rangeStart": "10.88.0.2", "rangeEnd": "10.88.0.2"'), pods("one", "two")),
          sequence(NETWORK_BACK, pods("one", "two")), opens=10, named=10),
)


def steps(run):
    """(name, body) of every scenario."""
    return [(fault.name, run.fault(fault)) for fault in FAULTS]
