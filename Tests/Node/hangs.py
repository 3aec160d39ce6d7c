# SPDX-License-Identifier: Apache-2.0
"""What does not end: a CNI plugin, a creation, a shim. The requests come over the CRI, with a deadline, as the kubelet's do."""

import time

from causes import NETWORK_BACK, PLUGINS, network, pods
from scenarios import Fault, command, sequence

PLUGIN = f"{PLUGINS}/acme-net"


def plugin(adds):
    """The pods' network is made by a plugin that does this on ADD, and nothing on DEL."""
    return sequence(lambda node: node.write(PLUGIN, f'#!/bin/sh\n[ "$CNI_COMMAND" != ADD ] || {adds}\n'),
                    command("chmod", "755", PLUGIN), network("acme-net"))


def ask(name, seconds):
    """Somebody wants the sandbox of this pod, and waits so long."""
    return lambda node: node.run("/opt/pods/start-pods", "--ask", name, str(seconds), check=False)


def asked_again(node):
    """The kubelet's retries are refused, for the first request still holds the name."""
    ask("slow", 2)(node)
    ask("slow", 2)(node)
    time.sleep(10.5)
    ask("slow", 2)(node)


def bridge(*names):
    """The bridge again, and pods that get their network by it."""
    return sequence(NETWORK_BACK, command("rm", PLUGIN), pods(*names))


class Shim:
    """A pod whose shim is stopped (SIGSTOP) before the pod is to end, or killed while it runs."""

    def __init__(self):
        self.pod = ""

    def start(self, node):
        """The pod runs."""
        self.pod = ""
        self.pod = node.run("/opt/pods/start-pods", "--keep", "victim").stdout.split()[0]

    def signal(self, node, name):
        """Sends its shim a signal, and no other."""
        if not self.pod:
            raise ValueError("there is no pod")
        node.run("pkill", f"-{name}", "-f", f"^/usr/bin/containerd-shim.*{self.pod}")

    def breaks(self, node):
        """Its end is asked for twice, with a deadline longer than containerd's own for the state of a task."""
        self.start(node)
        self.signal(node, "STOP")
        for _ in range(2):
            node.run("/opt/pods/start-pods", "--stop", self.pod, "3", check=False)

    def repairs(self, node):
        """It goes on, and the pod is stopped and removed."""
        self.signal(node, "CONT")
        self.removed(node)

    def removed(self, node):
        """The pod is stopped and removed, as the kubelet does when it replaces it."""
        node.run("/opt/pods/start-pods", "--stop", self.pod, "20")

    def killed(self, node):
        """A shim of a pod that runs is killed."""
        self.start(node)
        self.signal(node, "KILL")


SHIM = Shim()

FAULTS = (
    Fault("cni-hangs", "PodNetworkFailing", ("CNIAddHangs",),
          sequence(plugin("exec sleep 600"), ask("one", 1), ask("two", 1)), bridge("one", "two"), opens=10, named=10),
    Fault("shim-stopped", "ContainerStuck", ("ShimUnresponsive",), SHIM.breaks, SHIM.repairs, opens=15, named=15),
    # The list that is asked for at once still has the pod as ready.
    Fault("shim-killed", "ContainerStuck", ("ShimLost",), SHIM.killed, SHIM.removed, opens=5, named=5, holds=3),
)
# By name only: it takes a quarter of a minute, for a name that is reserved for less proves nothing.
ON_REQUEST = (
    # What the plugin left running holds its output: containerd waits for that, whatever became of the plugin.
    Fault("create-hangs", "ContainerStuck", ("CreateHangs",), sequence(plugin("sleep 600"), asked_again),
          sequence(command("pkill", "-f", "^sleep 600$"), bridge("slow")), opens=25, named=25),
)


def steps(run):
    """(name, body) of every scenario."""
    return [(fault.name, run.fault(fault)) for fault in FAULTS]


def steps_on_request(run):
    """(name, body) of what only --only runs."""
    return [(fault.name, run.fault(fault)) for fault in ON_REQUEST]
