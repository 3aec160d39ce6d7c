# SPDX-License-Identifier: Apache-2.0
"""A real daemon on loopback that serves one of the recorded outages."""
import os
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request

CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Corpus")


class Served:
    """`crihealthd serve --recording NAME` on a free port, for as long as the block lasts."""

    def __init__(self, binary, recording, speed=100, lines=None, options=()):
        """`lines`: the observations themselves, not those of the corpus. `options`: more of the command's."""
        self.directory = tempfile.mkdtemp(prefix="crihealthd-endpoint-")
        if lines is None:
            subprocess.run(
                ["tar", "-xJf", os.path.join(CORPUS, recording + ".tar.xz"), "-C", self.directory], check=True)
        else:
            with open(os.path.join(self.directory, recording), "w", encoding="utf-8") as file:
                file.write("".join(line + "\n" for line in lines))
        self.log = os.path.join(self.directory, "log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [
                    os.path.abspath(binary), "serve", "--recording", os.path.join(self.directory, recording),
                    "--recording-speed", str(speed), "--listen", "127.0.0.1:0", "--socket", "",
                    *options,
                ],
                stdout=log, stderr=log)
        self.pid = self.process.pid
        self.port = int(self.wait_for(r"listening on port (\d+)").group(1))
        self.url = f"http://127.0.0.1:{self.port}"

    def wait_for(self, pattern, seconds=60):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with open(self.log, encoding="utf-8", errors="replace") as log:
                found = re.search(pattern, log.read())
            if found:
                return found
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        with open(self.log, encoding="utf-8", errors="replace") as log:
            raise AssertionError(f"the daemon did not say {pattern!r}:\n{log.read()}")

    def wait_for_end(self):
        """Until the whole recording was played, and its last picture is what is served."""
        self.wait_for("the recording is over", seconds=300)
        before, now = None, self.get("/v1/state")
        while before != now:
            time.sleep(0.2)
            before, now = now, self.get("/v1/state")

    def get(self, path, accept="*/*"):
        request = urllib.request.Request(self.url + path, headers={"Accept": accept})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read().decode()

    def metric(self, name):
        return float(re.search(rf"^{re.escape(name)} (\S+)$", self.get("/metrics"), re.M).group(1))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=10)
        shutil.rmtree(self.directory)
