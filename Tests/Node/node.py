# SPDX-License-Identifier: Apache-2.0
"""A booted Debian node: on the tree of make-tree, run by systemd-nspawn, gone without a trace afterwards.

    with Node(make_tree()) as node:
        node.run("systemctl", "status", "containerd")

The node is one child process: `unshare` with a PID and a mount namespace of its own, so that its end (also by
SIGKILL, also when this process dies: PR_SET_PDEATHSIG) ends every process and every mount of the node.
"""

import fcntl
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
CACHE = REPOSITORY / ".build-node"
FILES = HERE / "files"
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root", "LANG": "C.UTF-8", "TERM": "dumb", "SYSTEMD_PAGER": "", "SYSTEMD_COLORS": "0",
}


class NodeError(Exception):
    """The node could not be made, did not boot, or did not answer."""


def exit_on_signals():
    """Turns SIGTERM and SIGHUP into an exit that runs every `finally` and `__exit__`."""
    def leave(number, _frame):
        raise SystemExit(128 + number)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)


def make_tree(cache=CACHE, suite="bookworm"):
    """The path of a suite's tree; the first call takes a minute or two and needs a Debian mirror."""
    made = subprocess.run([HERE / "make-tree", cache, suite], stdout=subprocess.PIPE, text=True)
    if made.returncode != 0:
        raise NodeError(f"make-tree failed with status {made.returncode}")
    return pathlib.Path(made.stdout.strip().splitlines()[-1])


class Node:
    """One booted node, with the files of the folder `files` in place.

    files:   more of them: {path in the node: text, (text, mode), bytes, or a pathlib.Path to copy}.
    binds:   {path in the node: path here}, mounted read-only.
    unified: the unified hierarchy of control groups, which has no controller here; else v1 beside it.
    """

    def __init__(self, tree, files=None, binds=None, cache=CACHE, unified=False):
        self.tree = pathlib.Path(tree)
        self.files = dict(files or {})
        self.binds = dict(binds or {})
        self.cache = pathlib.Path(cache)
        self.environment = {**ENVIRONMENT, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"} if unified else ENVIRONMENT
        self.process = None
        self.leader = None
        self.directory = None
        self._lock = None
        self._cgroups = []

    # -- life

    def __enter__(self):
        try:
            self._prepare()
            self._start()
            self._await_boot()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def _prepare(self):
        self.directory, self._lock = run_folder(self.cache)
        for name in ("upper", "work", "root", "containerd", "journal"):
            (self.directory / name).mkdir()
        self.directory.chmod(0o755)
        # As the package systemd makes it: files in it belong to the group that may read the journal.
        os.chown(self.directory / "journal", 0, group_id(self.tree, "systemd-journal"))
        (self.directory / "journal").chmod(0o2755)
        # As long there as the node's own files: a checkout of an hour ago is no change of the node.
        old = time.time() - 7 * 86400
        for path in FILES.rglob("*"):
            if path.is_symlink() or path.is_file():
                target = "/" / path.relative_to(FILES)
                self._write_upper(target, path)
                os.utime(self._upper(target), (old, old), follow_symlinks=False)
        for path, content in self.files.items():
            self._write_upper(path, content)
        for path in self.binds:
            if os.path.isdir(self.binds[path]):
                self._upper(path).mkdir()
            else:
                self._write_upper(path, b"")

    def _upper(self, path):
        """Where a file of the node goes before the boot; makes its folders, with the modes of the tree."""
        parts = pathlib.PurePosixPath(path).relative_to("/").parts
        here, below = self.directory / "upper", self.tree
        for part in parts[:-1]:
            here, below = here / part, below / part
            if below.is_symlink():
                raise NodeError(f"{path}: {part} is a symbolic link in the tree, name its target")
            if not here.exists():
                here.mkdir()
                if below.exists():
                    shutil.copystat(below, here)
        return here / parts[-1]

    def _write_upper(self, path, content):
        target = self._upper(path)
        if isinstance(content, pathlib.Path):
            shutil.copy2(content, target, follow_symlinks=False)
        else:
            content, mode = content if isinstance(content, tuple) else (content, 0o644)
            target.write_bytes(content.encode() if isinstance(content, str) else content)
            target.chmod(mode)

    def _start(self):
        name = f"crihealthd-{self.directory.name}"
        self._cgroups = make_cgroups(name)
        binds = [f"--bind-ro={here}:{path}" for path, here in self.binds.items()]

        def enter():
            for group in self._cgroups:
                with open(group / "cgroup.procs", "w") as file:
                    file.write("0")

        # The console is all there is to see when the boot fails.
        with open(self.directory / "console.log", "wb") as console:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL",
                 "unshare", "--mount", "--pid", "--fork", "--kill-child=KILL", "--mount-proc",
                 HERE / "launch", self.tree, self.directory, *binds],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console, env=self.environment, preexec_fn=enter,
                start_new_session=True, close_fds=True)

    def _await_boot(self, seconds=90):
        deadline = time.monotonic() + seconds
        state = "no PID 1 yet"
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise NodeError(f"the boot ended with status {self.process.returncode}\n{self.console()}")
            if self.leader is None:
                self.leader = find_leader(self.process.pid)
            if self.leader is not None:
                state = self.run("systemctl", "is-system-running", check=False).stdout.strip()
                if state in ("running", "degraded"):
                    self._mend_journald()
                    return
            time.sleep(0.1)
        raise NodeError(f"the node did not boot in {seconds} s ({state})\n{self.console()}")

    def _mend_journald(self):
        """systemd 257's first journald finds no units on cgroup v1 (`journalctl -u` is empty), a second one does."""
        if not self.run("journalctl", "-q", "-b", "-n", "1", "_SYSTEMD_UNIT=containerd.service", check=False).stdout:
            self.run("systemctl", "restart", "systemd-journald.service")

    def reboot(self, seconds=90):
        """Reboots the node, as systemctl does: another PID 1 on the same files."""
        before, deadline = self.leader, time.monotonic() + seconds
        self.run("systemctl", "reboot", check=False)
        while os.path.exists(f"/proc/{before}"):
            if time.monotonic() > deadline:
                raise NodeError(f"the node did not go down in {seconds} s\n{self.console()}")
            time.sleep(0.05)
        self.leader = None
        self._await_boot()

    def close(self):
        """Powers the node off, or kills it when it does not go; leaves nothing behind."""
        if self.process is not None:
            self._power_off()
            self.process = None
        remove_cgroups(self._cgroups)
        self._cgroups = []
        if self.directory is not None:
            shutil.rmtree(self.directory, ignore_errors=True)
            self._lock.close()
            self.directory = None

    def _power_off(self, seconds=15):
        if self.leader is not None and self.process.poll() is None:
            try:
                os.kill(self.leader, signal.SIGRTMIN + 4)
                self.process.wait(seconds)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                pass
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    # -- use

    def enter(self):
        """The words that, before a command, run it in all namespaces of the node's PID 1."""
        return ["nsenter", f"--target={self.leader}", "--all", "--root", "--wd", "--"]

    def run(self, *command, check=True, timeout=60, stdin=None):
        """Runs a command in the node and waits; stdout, stderr, returncode."""
        try:
            result = subprocess.run(
                self.enter() + [str(word) for word in command],
                input=stdin, stdin=None if stdin is not None else subprocess.DEVNULL, capture_output=True,
                text=True, errors="replace", env=ENVIRONMENT, timeout=timeout)
        except subprocess.TimeoutExpired as error:
            raise NodeError(f"{' '.join(map(str, command))}: no end within {timeout} s") from error
        if check and result.returncode != 0:
            raise NodeError(
                f"{' '.join(map(str, command))}: status {result.returncode}\n{result.stdout}{result.stderr}")
        return result

    def path(self, path):
        """A path of the node as this process can open it (or connect to it)."""
        return f"/proc/{self.leader}/root{path}"

    def write(self, path, content):
        """Writes a file in place, keeping its inode when it exists."""
        self.run("sh", "-c", 'cat >"$1"', "sh", path, stdin=content)

    def show(self, unit, *properties):
        """Properties of a unit, as `systemctl show` prints them."""
        options = [f"--property={name}" for name in properties]
        lines = self.run("systemctl", "show", *options, unit).stdout.splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def console(self, lines=40):
        """The end of what the node wrote on its console."""
        try:
            text = (self.directory / "console.log").read_text(errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])


def group_id(tree, name):
    """The number of a group of the tree."""
    for line in (tree / "etc/group").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split(":")[2])
    raise NodeError(f"the tree has no group {name}")


# -- processes

def find_leader(root):
    """PID (here) of the node's PID 1: a `systemd` below `root` that is 1 in the innermost PID namespace."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            status = read_status(entry)
            if status:
                children.setdefault(int(status["PPid"]), []).append((int(entry), status))
    waiting = [root]
    while waiting:
        for pid, status in children.get(waiting.pop(), []):
            if status["Name"] == "systemd" and status["NSpid"].split()[-1] == "1":
                return pid
            waiting.append(pid)
    return None


def read_status(pid):
    """/proc/PID/status as a dictionary; None when the process is gone."""
    try:
        with open(f"/proc/{pid}/status", errors="replace") as file:
            return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    except OSError:
        return None


# -- control groups

def make_cgroups(name):
    """A group of our own below the present one in every hierarchy: what the node leaves can be removed."""
    mounts = {}
    with open("/proc/self/mounts") as file:
        for line in file:
            _, where, kind, options, *_ = line.split()
            if kind == "cgroup2":
                mounts.setdefault("", where)
            elif kind == "cgroup":
                for option in options.split(","):
                    mounts.setdefault(option, where)
    groups = []
    with open("/proc/self/cgroup") as file:
        for line in file:
            _, controllers, path = line.rstrip("\n").split(":", 2)
            where = mounts.get(controllers.split(",")[0])
            if where is None:
                continue
            group = pathlib.Path(where + path.rstrip("/")) / name
            try:
                group.mkdir()
            except OSError as error:
                print(f"node: {group}: {error.strerror}", file=sys.stderr)
                continue
            groups.append(group)
            if controllers == "cpuset":
                inherit_cpuset(group)
    return groups


def inherit_cpuset(group):
    """A new v1 cpuset is empty, and takes no process until it is filled."""
    for name in ("cpuset.cpus", "cpuset.mems"):
        (group / name).write_text((group.parent / name).read_text())


def remove_cgroups(groups):
    """Removes the groups and all below; the kernel needs a moment after the last process is gone."""
    for group in groups:
        for _ in range(100):
            for folder, _, _ in os.walk(group, topdown=False):
                try:
                    os.rmdir(folder)
                except OSError:
                    break
            if not group.exists():
                break
            time.sleep(0.02)
        else:
            print(f"node: {group} could not be removed", file=sys.stderr)


def run_folder(cache=CACHE):
    """(path, lock) of a folder of this run: while the lock is open it stays, and the next run removes what is left."""
    with open(pathlib.Path(cache) / "lock", "w") as cache_lock:
        fcntl.flock(cache_lock, fcntl.LOCK_EX)
        sweep(cache)
        directory = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=cache))
        lock = open(directory / "lock", "w")
        fcntl.flock(lock, fcntl.LOCK_EX)
    return directory, lock


def sweep(cache):
    """Removes what a harness that was killed left behind: a run folder whose lock nobody holds."""
    for directory in pathlib.Path(cache).glob("run-*"):
        try:
            with open(directory / "lock") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove_cgroups(find_cgroups(f"crihealthd-{directory.name}"))
                shutil.rmtree(directory, ignore_errors=True)
        except OSError:
            continue


def find_cgroups(name):
    """Groups of that name below the present one in every hierarchy."""
    found = []
    with open("/proc/self/mounts") as file:
        roots = [line.split()[1] for line in file if line.split()[2] in ("cgroup", "cgroup2")]
    for root in roots:
        for folder, names, _ in os.walk(root):
            if name in names:
                found.append(pathlib.Path(folder) / name)
                break
    return found
