# SPDX-License-Identifier: Apache-2.0
"""Faults of the node below the runtime: limits of files and of tasks, the bus, a file system that is full, read-only or damaged."""

import pathlib
import subprocess

from causes import pods
from hangs import ask
from scenarios import CONFIG, CONTAINERD, Fault, command, main_pid, sequence

GROUP = "/sys/fs/cgroup/pids/limited"
USUAL = "/var/lib/containerd"
PLACE = "/srv/containerd"
DEVICE = "/dev/store"


def lower_files(node):
    """containerd may open two files more than it has open."""
    pid = main_pid(node)
    count = len(node.run("ls", f"/proc/{pid}/fd").stdout.split())
    node.run("prlimit", "--pid", pid, f"--nofile={count + 2}:")


def raise_files(node):
    """As many as it may have by its hard limit."""
    pid = main_pid(node)
    most = node.run("prlimit", "--pid", pid, "--nofile", "--noheadings", "--output", "HARD").stdout.strip()
    node.run("prlimit", "--pid", pid, f"--nofile={most}:")


def limit_tasks(node):
    """containerd's control group of the pids controller takes no task more."""
    node.run("sh", "-c", f"mkdir {GROUP}; echo {main_pid(node)} >{GROUP}/cgroup.procs; echo 1 >{GROUP}/pids.max")


def unlimit_tasks(node):
    """No limit, and no such group; containerd may have ended of it."""
    node.run("sh", "-c", f"echo max >{GROUP}/pids.max; for p in $(cat {GROUP}/cgroup.procs); do "
                         f"echo $p >{GROUP}/../cgroup.procs; done; rmdir {GROUP}; systemctl start {CONTAINERD}")


# -- containerd's root directory elsewhere: on an ext4 of its own, in a file


class Store:
    """Where containerd's root directory is for the time of a row. Nothing of it stays behind: the loop device goes with the
    last mount, the image with the node's folder."""

    def __init__(self, node):
        self.node, self.image = node, node.directory / "store.img"

    def mount(self):
        """Mounts the image in the node."""
        device = here("losetup", "--find", "--show", self.image)
        try:
            number = device.removeprefix("/dev/loop")
            self.node.run("sh", "-c", f"rm -f {DEVICE}; mknod {DEVICE} b 7 {number}; "
                                      f"mkdir -p {PLACE}; mount {DEVICE} {PLACE}")
        finally:
            # Mounted, it stays until it is unmounted.
            here("losetup", "--detach", device)

    def move_in(self):
        """containerd goes on there."""
        self.image.unlink(missing_ok=True)
        here("truncate", "--size=48M", self.image)
        here("mkfs.ext4", "-q", "-F", self.image)
        self.mount()
        self.node.run("cp", CONFIG, "/root/")
        text = self.node.run("cat", CONFIG).stdout
        self.node.write(CONFIG, text.replace("version = 2\n", f'version = 2\nroot = "{PLACE}"\n', 1))
        self.node.run("sh", "-c", f"systemctl stop {CONTAINERD} && cp -a {USUAL}/. {PLACE}/ && systemctl start {CONTAINERD}",
                      timeout=90)

    def move_out(self):
        """containerd is back where it was."""
        self.node.run("cp", "/root/config.toml", CONFIG)
        self.node.run("systemctl", "reset-failed", CONTAINERD, check=False)
        self.node.run("sh", "-c", f"systemctl stop {CONTAINERD}; umount {PLACE}; rmdir {PLACE}; rm -f {DEVICE}; "
                                  f"systemctl start {CONTAINERD}", timeout=90)


def here(*words):
    """A command on this machine; what it prints."""
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True).stdout.strip()


def has_loop_devices():
    """Whether this machine has them."""
    return pathlib.Path("/dev/loop-control").exists()


def move_in(node):
    Store(node).move_in()


def move_out(node):
    Store(node).move_out()


def fill_place(node):
    """No byte is left there: an image of 48 MiB, made for this."""
    kind = node.run("stat", "-f", "-c", "%T", PLACE).stdout.strip()
    if kind != "ext2/ext3" or node.run("stat", "-c", "%d", PLACE).stdout == node.run("stat", "-c", "%d", "/srv").stdout:
        raise ValueError(f"{PLACE} is no file system of its own, but {kind}")
    node.run("dd", "if=/dev/zero", f"of={PLACE}/ballast", "bs=64k", "count=1000", check=False)
    node.run("dd", "if=/dev/zero", f"of={PLACE}/ballast.rest", "bs=512", "count=2000", check=False)


def inject_error(node):
    """The kernel's own switch for tests: an error is counted in the superblock, and the file system becomes read-only."""
    node.run("mount", "-o", "remount,errors=remount-ro", PLACE)
    number = node.run("stat", "-c", "%T", DEVICE).stdout.strip()
    pathlib.Path(f"/sys/fs/ext4/loop{int(number, 16)}/trigger_fs_error").write_text("1\n")


def damage(node):
    """While it is unmounted, the directory of the sandboxes is overwritten."""
    store = Store(node)
    node.run("sh", "-c", f"systemctl stop {CONTAINERD}; umount {PLACE}", timeout=90)
    here("debugfs", "-w", "-R", "zap_block -f /io.containerd.grpc.v1.cri/sandboxes -p 0 0", store.image)
    store.mount()
    node.run("systemctl", "start", "--no-block", CONTAINERD)


FAULTS = (
    Fault("files-exhausted", "NodeFault", ("FilesExhausted",), sequence(lower_files, pods("one", "two")),
          sequence(raise_files, pods("one", "two")), opens=10, named=10),
    Fault("tasks-exhausted", "NodeFault", ("PIDsExhausted",), sequence(limit_tasks, ask("one", 3)),
          sequence(unlimit_tasks, pods("one", "two")), opens=10, named=10),
    # It is asked for again every few seconds.
    Fault("bus-stopped", "MonitoringImpaired", ("BusUnavailable",),
          command("systemctl", "stop", "dbus.socket", "dbus.service"),
          command("systemctl", "start", "dbus.socket", "dbus.service"), opens=6, named=6),
)
ELSEWHERE = (
    Fault("store-read-only", "NodeFault", ("FileSystemReadOnly",), sequence(inject_error, pods("one", "two")),
          sequence(move_out, pods("one", "two")), before=move_in, opens=10, named=10),
)
# By name only, for the time they take.
ON_REQUEST = (
    Fault("store-full", "CreateFailing", ("DiskFull",), sequence(fill_place, pods("one", "two")),
          sequence(command("sh", "-c", f"rm {PLACE}/ballast*"), pods("one", "two"), move_out), before=move_in, opens=10, named=10),
    Fault("store-damaged", "RuntimeDown", ("PathUnusable",), damage, move_out, before=move_in, opens=5, named=6),
)


def steps(run):
    """(name, body) of every scenario."""
    return [(fault.name, run.fault(fault)) for fault in FAULTS + (ELSEWHERE if has_loop_devices() else ())]


def steps_on_request(run):
    """(name, body) of what only --only runs."""
    return [(fault.name, run.fault(fault)) for fault in ON_REQUEST]
