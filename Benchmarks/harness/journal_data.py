# SPDX-License-Identifier: Apache-2.0
"""Makes journals: an export stream (systemd.io/JOURNAL_EXPORT_FORMATS), turned into real files by systemd-journal-remote.

Seeded: the same arguments give the same entries, but for the clock and the boot, which are this machine's, so that a
follower which reads from the head of the running boot reads them all.
"""

import itertools
import random
import subprocess
import time
from pathlib import Path

import lines

JOURNAL_REMOTE = "/lib/systemd/systemd-journal-remote"
HEALTHY = ("baseline-containerd-1.6.20", "baseline-containerd-2.1.9", "containerd-1.6.20-crashloop", "S4-containerd-2.0.0")
STARTING = ("loading plugin", "skip loading plugin", "starting containerd", "Start ", "serving...", "successfully booted")
# No recording has a kubelet or a node's other units: these say what they say on any node.
KUBELET = (
    'I{klog}    1432 kubelet.go:2453] "SyncLoop (PLEG): event for pod" pod="web/{name}" event={{"ID":"{uid}","Type":"ContainerStarted","Data":"{id}"}}',
    'I{klog}    1432 reconciler_common.go:251] "operationExecutor.VerifyControllerAttachedVolume started for volume \\"kube-api-access-{name}\\" (UniqueName: \\"kubernetes.io/projected/{uid}\\")" pod="web/{name}"',
    'I{klog}    1432 scope.go:117] "RemoveContainer" containerID="{id}"',
)
OTHERS = (
    ("app-{few}.service", "server", "{iso} INFO request method=GET path=/api/orders/{number} status=200 ms={few} trace={id}"),
    ("ssh.service", "sshd", "Accepted publickey for deploy from 10.0.3.{few} port {number} ssh2: ED25519 SHA256:{id}"),
    ("init.scope", "systemd", "run-containerd-runc-k8s.io-{id}-runc.mount: Deactivated successfully."),
    ("chrony.service", "chronyd", "Selected source 169.254.169.{few}"),
    ("systemd-networkd.service", "systemd-networkd", "cali{name}: Link UP"),
)
MATCHING = 'time="{iso}" level=error msg="RunPodSandbox for &PodSandboxMetadata{{Name:web-{name},Uid:{uid},Namespace:web,Attempt:0,}} failed, error" error="failed to setup network for sandbox \\"{id}\\": plugin type=\\"calico\\" failed (add): error getting ClusterInformation: connection is unauthorized: Unauthorized"'
SILENT = 'time="{iso}" level=info msg="ImageUpdate event &ImageUpdate{{Name:sha256:{id},Labels:map[string]string{{io.cri-containerd.image: managed,}},XXX_unrecognized:[],}}"'


class Generator:
    """One journal's entries."""

    def __init__(self, seed: int, share_of_ours: float, matching: float | None = None):
        """`share_of_ours` of the entries are a runtime's or the kubelet's; the rest are other units'. `matching` of the
        runtime's lines are known to a rule, the others to none; None: the recordings' own mix."""
        self.random = random.Random(seed)
        self.share = share_of_ours
        self.matching = matching
        self.recorded = [
            m for m in lines.messages(HEALTHY, ("containerd.service",)) if not any(s in m for s in STARTING)
        ]
        self.boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip().replace("-", "")
        self.processes: dict[str, tuple[int, str]] = {}

    def text(self, template: str, at: int) -> str:
        r = self.random
        return template.format(
            iso=time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at // 1_000_000)) + ".%09dZ" % (at % 1_000_000 * 1000),
            klog=time.strftime("%m%d %H:%M:%S", time.gmtime(at // 1_000_000)) + ".%06d" % (at % 1_000_000),
            id="%064x" % r.getrandbits(256), name="%05x" % r.getrandbits(20), few=r.randrange(40), number=r.randrange(10**5),
            uid="%08x-%04x-%04x-%04x-%012x" % tuple(r.getrandbits(b) for b in (32, 16, 16, 16, 48)))

    def ours(self, at: int) -> tuple[str, str, str]:
        r = self.random
        if self.matching is not None:
            return "containerd.service", "containerd", self.text(MATCHING if r.random() < self.matching else SILENT, at)
        if self.share < 1 and r.random() < 0.4:
            return "kubelet.service", "kubelet", self.text(r.choice(KUBELET), at)
        return "containerd.service", "containerd", lines.renumber(r.choice(self.recorded), r)

    def entries(self, count: int, time_of, boot_offset: int):
        """`count` entries; `time_of` tells the time of each by its number. journald gives the entries of one burst one
        timestamp: three of ten have that of the one before."""
        at = time_of(0)
        for number in range(count):
            if self.random.random() > 0.3:
                at = time_of(number)
            yield self.entry(at, boot_offset)

    def entry(self, at: int, boot_offset: int) -> bytes:
        r = self.random
        if r.random() < self.share:
            unit, command, message = self.ours(at)
        else:
            unit, command, template = r.choice(OTHERS)
            unit, message = unit.format(few=r.randrange(40)), self.text(template, at)
        return self.export(unit, command, message, at, boot_offset)

    def export(self, unit: str, command: str, message: str, at: int, boot_offset: int) -> bytes:
        r = self.random
        if unit not in self.processes or r.random() < 0.0005:
            self.processes[unit] = (r.randrange(300, 400_000), "%032x" % r.getrandbits(128))
        pid, invocation = self.processes[unit]
        if r.random() < 0.002:
            # Longer than 512 bytes: journald compresses it.
            message += " " + "detail of the failure, once more; " * r.randrange(30, 90)
        return (
            f"__REALTIME_TIMESTAMP={at}\n__MONOTONIC_TIMESTAMP={at - boot_offset}\n_BOOT_ID={self.boot}\n"
            f"PRIORITY=6\nSYSLOG_IDENTIFIER={command}\nMESSAGE={message}\n_PID={pid if command != 'systemd' else 1}\n_UID=0\n"
            f"_COMM={command}\n_SYSTEMD_UNIT={unit}\n_SYSTEMD_INVOCATION_ID={invocation}\n_TRANSPORT=stdout\n_HOSTNAME=node-1\n\n"
        ).encode()


def write(path: Path, entries) -> None:
    """Turns these entries into a journal file."""
    writer = subprocess.Popen(
        [JOURNAL_REMOTE, "--split-mode=none", "-o", str(path), "-"], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    for entry in entries:
        writer.stdin.write(entry)
    _, errors = writer.communicate()
    if writer.returncode:
        raise RuntimeError(f"{JOURNAL_REMOTE}: {errors.decode()[-400:]}")


def make(
    directory: Path, entries: int, share_of_ours: float = 1.0, matching: float | None = None, seed: int = 1, files: int = 6,
    last: str | None = None,
) -> Path:
    """Makes `entries` entries in that many real journal files of `directory`, one after the other as rotation leaves them;
    after them containerd says `last`.

    The directory is emptied first; returns it."""
    directory.mkdir(parents=True, exist_ok=True)
    for old in directory.glob("*.journal*"):
        old.unlink()
    generator = Generator(seed, share_of_ours, matching)
    now, uptime = time.time_ns() // 1000, time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000
    monotonic = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    span = min(3_600_000_000, uptime - 60_000_000)
    stream = generator.entries(entries, lambda number: now - span + span * number // max(1, entries), now - monotonic)
    if last:
        stream = itertools.chain(stream, [generator.export("containerd.service", "containerd", last, now, now - monotonic)])
        entries += 1
    for file in range(files):
        name = "system.journal" if file == files - 1 else f"system@{file}.journal"
        write(directory / name, itertools.islice(stream, entries * (file + 1) // files - entries * file // files))
    return directory


def append(directory: Path, entries: int, matching: float | None = None, seed: int = 2) -> None:
    """Puts another file with so many entries of this minute beside those that are there."""
    generator = Generator(seed, 1.0, matching)
    now, monotonic = time.time_ns() // 1000, time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    write(directory / "system@later.journal", generator.entries(entries, lambda number: now + number, now - monotonic))
