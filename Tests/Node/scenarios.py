# SPDX-License-Identifier: Apache-2.0
"""The faults that `run-scenarios` makes in a booted node, and what crihealthd must say of each.

Times are seconds on the endpoint: `opens` from just before the fault to the first answer that lists the
incident, `named` to the first one with its right cause, `resolves` from the repair to the first answer that
no longer lists it.
"""

import dataclasses
import typing

CONTAINERD = "containerd.service"
SOCKET = "/run/containerd/containerd.sock"
CONFIG = "/etc/containerd/config.toml"
CNI = "/etc/cni/net.d/10-bridge.conflist"


@dataclasses.dataclass(frozen=True)
class Fault:
    """One thing that goes wrong with containerd, and how it is repaired."""

    name: str
    kind: str
    causes: tuple
    breaks: typing.Callable
    # None: systemd's Restart= repairs it.
    repairs: typing.Optional[typing.Callable]
    opens: float
    named: float
    resolves: float = 15.0
    before: typing.Optional[typing.Callable] = None
    # Whether an entry of the journal later than the fault must be among the evidence.
    from_journal: bool = False
    # Whether its impact must count the pods of the node.
    hurts_pods: bool = False
    # How long it is watched to stay as it is.
    holds: float = 1.0


def main_pid(node):
    """PID, in the node, of containerd."""
    return node.show(CONTAINERD, "MainPID")["MainPID"]


def systemctl(*words):
    """A step that runs systemctl."""
    return lambda node: node.run("systemctl", *words, CONTAINERD)


def send(signal):
    """A step that sends containerd, and only its main process, a signal."""
    return lambda node: node.run("sh", "-c", 'kill -s "$1" "$(systemctl show -P MainPID "$2")"', "sh", signal,
                                 CONTAINERD)


def sequence(*steps):
    """Steps one after the other."""
    def run(node):
        for step in steps:
            step(node)
    return run


def command(*words):
    """A step that runs a command."""
    return lambda node: node.run(*words)


def vacuum(node):
    """The journal files that it reads go; the active one is new."""
    node.run("journalctl", "--rotate")
    node.run("journalctl", "--vacuum-files=1", "--vacuum-time=1ms")


def fill(node, path, most):
    """Fills the file system of `path`, which must be a tmpfs of at most `most` bytes: never the machine's disk."""
    folder = path.rpartition("/")[0]
    kind, blocks, size = node.run("stat", "-f", "-c", "%T %b %S", folder).stdout.split()
    if kind != "tmpfs" or int(blocks) * int(size) > most:
        raise ValueError(f"{folder} is {kind} of {int(blocks) * int(size)} bytes: not filled")
    # dd ends with an error when the disk is full, which is what it is to do.
    node.run("dd", "if=/dev/zero", f"of={path}", "bs=64k", f"count={most // 65536 + 1}", check=False)
    node.run("dd", "if=/dev/zero", f"of={path}.rest", "bs=512", f"count={most // 512}", check=False)
    if node.run("stat", "-f", "-c", "%a", folder).stdout.strip() != "0":
        raise ValueError(f"{folder} is not full")


def pod(node):
    """Somebody wants one more pod, and removes it when there is one."""
    node.run("/opt/pods/start-pods", "extra", check=False, timeout=90)


METRICS = f"cp {CONFIG} /root/ && printf '\\n[metrics]\\naddress = \"127.0.0.1:1338\"\\n' >>{CONFIG}"
LISTENER = ("systemd-run", "--collect", "--unit=listener", "socat", "TCP-LISTEN:1338,bind=127.0.0.1,fork,reuseaddr",
            "OPEN:/dev/null")
# Speaks HTTP/1.1 on containerd's socket.
TAKEOVER = ("systemd-run", "--collect", "--unit=impostor", "python3", "-c", f"""
import http.server, os, socketserver
class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer): pass
class Handler(http.server.BaseHTTPRequestHandler):
    def address_string(self): return "-"
if os.path.exists("{SOCKET}"): os.unlink("{SOCKET}")
Server("{SOCKET}", Handler).serve_forever()
""")

FAULTS = (
    Fault("stopped", "RuntimeDown", ("Stopped",), systemctl("stop"), systemctl("start"), opens=1.5, named=3,
          hurts_pods=True),
    Fault("killed", "RuntimeDown", ("Killed",), send("KILL"), None, opens=1.5, named=3, from_journal=True),
    # One deadline of crictl, and two seconds.
    Fault("hung", "RuntimeDown", ("Hung",), send("STOP"), send("CONT"), opens=4, named=4),
    # Looked at once a second, and missing for two: a restart takes it away for a moment.
    Fault("socket-removed", "RuntimeDown", ("SocketMissing",), command("rm", SOCKET), systemctl("restart"),
          opens=3.5, named=5),
    Fault("config-invalid", "RuntimeDown", ("ConfigInvalid",),
          sequence(command("sh", "-c", f"cp {CONFIG} /root/ && echo '[broken' >>{CONFIG}"),
                   systemctl("restart", "--no-block")),
          sequence(command("cp", "/root/config.toml", CONFIG), systemctl("restart")),
          opens=2.5, named=5),
    # Something accepts connections, as before: the next `crictl version`, 10 s apart, tells.
    Fault("socket-taken-over", "RuntimeDown", ("SocketTakenOver",), command(*TAKEOVER),
          sequence(command("systemctl", "stop", "impostor"), systemctl("restart")), opens=13, named=15),
    Fault("metrics-port-taken", "RuntimeDown", ("AddressInUse",),
          sequence(command(*LISTENER), command("sh", "-c", METRICS), systemctl("restart", "--no-block")),
          sequence(command("systemctl", "stop", "listener"), systemctl("restart"),
                   command("cp", "/root/config.toml", CONFIG), systemctl("restart")),
          opens=4, named=6),
    Fault("disk-full", "CreateFailing", ("DiskFull",),
          sequence(lambda node: fill(node, "/var/lib/containerd/ballast", 192 << 20), pod),
          sequence(command("sh", "-c", "rm /var/lib/containerd/ballast*"), pod), opens=10, named=10),
    Fault("runc-missing", "CreateFailing", ("OCIRuntimeMissing",),
          sequence(command("mv", "/usr/sbin/runc", "/root/"), pod),
          sequence(command("mv", "/root/runc", "/usr/sbin/"), pod), opens=10, named=10),
    # containerd reads the folder again when a file in it is written, not when one is moved in.
    Fault("cni-removed", "NetworkNotReady", ("CNIConfigMissing",),
          command("mv", CNI, "/root/"), command("cp", "/root/10-bridge.conflist", CNI), opens=12, named=15),
    Fault("killed-after-journald-restart", "RuntimeDown", ("Killed",), send("KILL"), None, opens=1.5, named=3,
          before=command("systemctl", "restart", "systemd-journald.service"), from_journal=True),
    # Not killed again: three times in a minute is a crash loop.
    Fault("stopped-after-rotate", "RuntimeDown", ("Stopped",), systemctl("stop"), systemctl("start"), opens=1.5, named=3,
          before=command("journalctl", "--rotate"), from_journal=True),
    Fault("killed-after-vacuum", "RuntimeDown", ("Killed",), send("KILL"), None, opens=1.5, named=3, before=vacuum,
          from_journal=True),
)
