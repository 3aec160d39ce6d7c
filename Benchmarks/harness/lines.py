# SPDX-License-Identifier: Apache-2.0
"""Messages of real nodes, from the recordings that the tests carry (Tests/Corpus)."""

import re
import tarfile
from pathlib import Path

CORPUS = Path(__file__).resolve().parents[2] / "Tests" / "Corpus"
UNITS = ("containerd.service", "crio.service", "kubelet.service")
IDENTIFIER = re.compile(r"[0-9a-f]{64}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{32}\b")


def entries(recording: str):
    """The entries of a recording's journal.export, each a dict of its text fields."""
    with tarfile.open(CORPUS / f"{recording}.tar.xz") as archive:
        member = next(m for m in archive.getmembers() if m.name.endswith("/journal.export") or m.name == "journal.export")
        data = archive.extractfile(member).read()
    entry: dict[str, str] = {}
    at = 0
    while at < len(data):
        end = data.index(b"\n", at)
        line = data[at:end]
        at = end + 1
        if not line:
            if entry:
                yield entry
            entry = {}
        elif b"=" in line:
            name, value = line.split(b"=", 1)
            entry[name.decode()] = value.decode(errors="replace")
        else:
            length = int.from_bytes(data[at : at + 8], "little")
            entry[line.decode()] = data[at + 8 : at + 8 + length].decode(errors="replace")
            at += 8 + length + 1
    if entry:
        yield entry


def messages(recordings, units) -> list[str]:
    """What these units said in these recordings, in order."""
    return [
        e["MESSAGE"]
        for recording in recordings
        for e in entries(recording)
        if e.get("_SYSTEMD_UNIT") in units and e.get("MESSAGE")
    ]


def renumber(message: str, random) -> str:
    """The message with every container id, pod uid and the like replaced by another of its length."""

    def other(match):
        digits = "%0*x" % (len(match[0].replace("-", "")), random.getrandbits(4 * len(match[0].replace("-", ""))))
        if "-" not in match[0]:
            return digits
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    return IDENTIFIER.sub(other, message)
