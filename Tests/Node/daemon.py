# SPDX-License-Identifier: Apache-2.0
"""crihealthd inside a booted node: how it is put there, started, and asked."""

import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import time

import node

SOCKET = "/run/crihealthd/http.sock"
UNIT = "crihealthd.service"
HOME = "/opt/crihealthd"
# systemd's message ids (sd-messages.h): SD_MESSAGE_UNIT_STOPPING, SD_MESSAGE_UNIT_STOPPED.
STOPPING = "de5b426a63be47a7b6ac3eaac82e2f6f"
STOPPED = "9d1aaa27d60140bd96365438aad20286"


class NotAnswering(Exception):
    """The endpoint refused, timed out, or said something that is not an answer."""


def libraries(binary, tree):
    """{path in the node: path here} of the libraries that the binary needs and the node does not have."""
    listed = subprocess.run(["ldd", binary], capture_output=True, text=True).stdout
    needed = {}
    for name, path in re.findall(r"^\s*(\S+) => (/\S+)", listed, re.MULTILINE):
        if not list((tree / "usr/lib").glob(f"*-linux-gnu/{name}")):
            needed[f"{HOME}/lib/{name}"] = pathlib.Path(path)
    missing = re.findall(r"^\s*(\S+) => not found", listed, re.MULTILINE)
    if missing:
        raise SystemExit(f"{binary}: ldd does not find {', '.join(missing)}")
    return needed


def bare(binary, tree):
    """The files that put a binary into the node without a package: itself, its libraries, a unit."""
    files = libraries(binary, tree)
    files[f"{HOME}/crihealthd"] = pathlib.Path(binary).resolve()
    files[f"/etc/systemd/system/{UNIT}"] = pathlib.Path(__file__).resolve().parent / "bare" / UNIT
    return files


def crictl():
    """What to mount for /usr/bin/crictl: (files, binds). A real crictl on PATH comes before the stand-in.

    The CRI client of the tests is there in any case: start-pods uses it."""
    if subprocess.run([node.REPOSITORY / "Tests/Support/make-cri"]).returncode != 0:
        raise SystemExit("make-cri failed")
    binds = {f"/opt/tests/{path}": str(node.REPOSITORY / path) for path in ("Tests/Support", ".build-node/cri")}
    real = shutil.which("crictl")
    if real:
        return {}, {**binds, "/usr/bin/crictl": os.path.realpath(real)}
    command = '#!/bin/sh\nexec /opt/tests/Tests/Support/crictl "$@"\n'
    return {"/usr/bin/crictl": (command, 0o755)}, binds


class Daemon:
    """The daemon's unit and its endpoint."""

    def __init__(self, node):
        self.node = node

    def unix(self, timeout):
        """A connection to the unix socket."""
        connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connected.settimeout(timeout)
        connected.connect(self.node.path(SOCKET))
        return connected

    def get(self, path, timeout=2.0, connect=None):
        """(status, text) of one GET over the unix socket, or what `connect` gives; a connection each."""
        connection = http.client.HTTPConnection("localhost", timeout=timeout)
        try:
            connection.sock = (connect or self.unix)(timeout)
            connection.request("GET", path, headers={"Connection": "close"})
            response = connection.getresponse()
            return response.status, response.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            raise NotAnswering(f"GET {path}: {error or type(error).__name__}") from error
        finally:
            connection.close()

    def json(self, path):
        """The body of a 200 answer."""
        status, text = self.get(path)
        if status != 200:
            raise NotAnswering(f"GET {path}: status {status}: {text[:200]}")
        try:
            return json.loads(text)
        except ValueError as error:
            raise NotAnswering(f"GET {path}: not JSON: {text[:200]}") from error

    def incidents(self):
        """All incidents that the endpoint lists, those that are over too."""
        return self.json("/v1/incidents")["incidents"]

    def open(self):
        """The incidents that are not over."""
        return [incident for incident in self.incidents() if incident["status"] != "resolved"]

    def verdict(self):
        """healthy, degraded, unhealthy or unknown."""
        return self.json("/v1/state")["verdict"]

    def state(self):
        """What systemd knows of the unit."""
        return self.node.show(UNIT, "ActiveState", "SubState", "Result", "MainPID", "NRestarts", "StatusText")

    def user(self):
        """The name of the user whose process it is."""
        return self.node.run("ps", "-o", "user:32=", "-p", self.state()["MainPID"]).stdout.strip()

    def stop_seconds(self):
        """How long its last stop took, by what systemd logged: an inactive unit keeps no timestamps."""
        def logged(message):
            command = ["journalctl", "-o", "json", "-n", "1", f"UNIT={UNIT}", f"MESSAGE_ID={message}"]
            return int(json.loads(self.node.run(*command).stdout)["__MONOTONIC_TIMESTAMP"])
        return (logged(STOPPED) - logged(STOPPING)) / 1e6

    def said(self, lines):
        """The last lines of its journal, for a sentence."""
        options = ["--no-pager", "-q", "-o", "cat", "-u", UNIT, "-n", str(lines)]
        return " | ".join(self.node.run("journalctl", *options, check=False).stdout.splitlines())

    def report(self):
        """All that helps when a scenario failed."""
        parts = []
        for path in ("/", "/v1/incidents", "/v1/conditions"):
            try:
                parts.append((f"GET {path}", self.get(path)[1]))
            except NotAnswering as error:
                parts.append((f"GET {path}", str(error)))
        for command in (
            ["journalctl", "--no-pager", "-o", "short-precise", "-u", UNIT, "-n", "60"],
            ["journalctl", "--no-pager", "-o", "short-precise", "-n", "60"],
            ["systemctl", "show", "containerd.service", "-p",
             "ActiveState,SubState,Result,NRestarts,MainPID,ExecMainStatus,ExecMainCode"],
            ["ls", "-la", "/run/containerd", "/etc/cni/net.d", "/run/crihealthd", "/var/lib/crihealthd"],
        ):
            result = self.node.run(*command, check=False)
            parts.append((" ".join(command), result.stdout + result.stderr))
        return "\n".join(f"----- {title}\n{text.rstrip()}" for title, text in parts)


# How many times longer than on an idle machine everything may take: what was measured of this one before each row.
patience = 1.0


def wait(condition, seconds, interval=0.05):
    """(value, seconds it took) of the first true value of condition(); (None, seconds) when time is up, by the patience
    that this machine needs now.

    An endpoint that does not answer is not true yet.
    """
    started, seconds = time.monotonic(), seconds * patience
    while True:
        try:
            value = condition()
        except NotAnswering:
            value = None
        now = time.monotonic()
        if value:
            return value, now - started
        if now - started > seconds:
            return None, now - started
        time.sleep(interval)
