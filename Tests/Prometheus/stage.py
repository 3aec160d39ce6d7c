# SPDX-License-Identifier: Apache-2.0
"""The processes of live.py, and what is asked of them."""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PACKAGING = ROOT / "packaging"
BOOT = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip().replace("-", "")
CRICTL = next((one for one in ("/usr/local/bin/crictl", "/usr/bin/crictl") if os.access(one, os.X_OK)),
              str(ROOT / "Tests/Support/crictl"))


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def eventually(what, limit=60):
    """The first true value of what(); fails after `limit` seconds with the last one."""
    until, last = time.monotonic() + limit, None
    while time.monotonic() < until:
        try:
            last = what()
            if last:
                return last
        except (OSError, urllib.error.URLError) as error:
            last = error
        time.sleep(0.2)
    raise AssertionError(f"not within {limit} s; last: {last}")


def get(url, accept="*/*"):
    request = urllib.request.Request(url, headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode()


def replaced(text, pattern, new):
    """`text` with every match replaced; a pattern that matches nothing is a mistake of this test."""
    text, count = re.subn(pattern, new, text, flags=re.MULTILINE)
    assert count, f"nothing matches {pattern}"
    return text


class Stage:
    """The four processes, in a folder of their own."""

    def __init__(self, binary):
        self.binary = binary
        self.folder = tempfile.TemporaryDirectory(prefix="crihealthd-prometheus.")
        self.path = pathlib.Path(self.folder.name)
        self.processes = {}
        self.daemon_port, self.prometheus_port, self.exporter_port = free_port(), free_port(), free_port()
        for name in ("journal", "textfile", "net.d"):
            (self.path / name).mkdir()
        self.write("net.d/10-lo.conflist",
                   json.dumps({"cniVersion": "0.4.0", "name": "lo", "plugins": [{"type": "loopback"}]}))
        # An empty journal directory is told, and an alert of its own.
        entry = self.write("entry.export", f"__REALTIME_TIMESTAMP={time.time_ns() // 1000}\n"
                           f"__MONOTONIC_TIMESTAMP={time.monotonic_ns() // 1000}\n_BOOT_ID={BOOT}\nMESSAGE=begins\n\n")
        subprocess.run(["/lib/systemd/systemd-journal-remote", "-o", f"{self.path}/journal/system.journal", entry],
                       check=True, stderr=subprocess.DEVNULL)
        off = [f'"io.containerd.snapshotter.v1.{one}"' for one in ("zfs", "btrfs", "aufs", "devmapper")]
        self.write("containerd.toml", f"""\
version = 2
root = "{self.path}/root"
state = "{self.path}/run"
disabled_plugins = [{", ".join(off)}]
[grpc]
  address = "{self.path}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "docker.io/crihealthd/pause:1"
[plugins."io.containerd.grpc.v1.cri".cni]
  conf_dir = "{self.path}/net.d"
""")
        self.write("crihealthd.toml", '[cri]\nversion_interval = "1s"\nsuspect_interval = "1s"\n')

    def write(self, name, text):
        (self.path / name).write_text(text)
        return str(self.path / name)

    def start(self, name, *command):
        """With the umask that crihealthd.service has."""
        with open(self.path / f"{name}.log", "ab") as log:
            self.processes[name] = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.path, umask=0o077)

    def start_containerd(self):
        self.start("containerd", "containerd", "--config", f"{self.path}/containerd.toml")

    @property
    def node(self):
        """What is looked at, as flags."""
        return ("--config", f"{self.path}/crihealthd.toml", "--journal-directory", f"{self.path}/journal",
                "--runtime-endpoint", f"unix://{self.path}/containerd.sock", "--crictl", CRICTL,
                "--rules-directory", f"{self.path}/rules.d")

    def start_daemon(self):
        self.start("crihealthd", self.binary, "serve", "--single-process", *self.node,
                   "--listen", f"127.0.0.1:{self.daemon_port}", "--socket", self.socket,
                   "--state-directory", f"{self.path}/state", "--textfile-dir", f"{self.path}/textfile")

    def start_recording(self):
        """Ten seconds of the node, beside the daemon; returns when it has seen the runtime answer."""
        file = self.path / "outage.jsonl"
        self.start("recording", self.binary, "record", "--for", "10s", *self.node, str(file))
        eventually(lambda: '"outcome":{"status"' in file.read_text())

    def start_prometheus(self):
        """With the shipped job and rules, hurried: a minute's wait is a second's here."""
        shipped = PACKAGING / "prometheus"
        scrape = replaced((shipped / "scrape-agent.yml").read_text(), r"scrape_interval: .*$", "scrape_interval: 1s")
        scrape = replaced(scrape, r'replacement: "NODE_NAME"', 'replacement: "node1"')
        scrape = replaced(scrape, r'targets: \["localhost:10274"\]', f'targets: ["127.0.0.1:{self.daemon_port}"]')
        scrape = replaced(scrape, r"^scrape_configs:$", f"""\
global:
  evaluation_interval: 1s
scrape_configs:
  - job_name: node
    scrape_interval: 1s
    static_configs:
      - targets: ["127.0.0.1:{self.exporter_port}"]""")
        scrape += 'rule_files: ["alerts.yml", "recording.yml"]\n'
        self.write("prometheus.yml", scrape)
        self.write("alerts.yml", replaced((shipped / "alerts.yml").read_text(), r"for: \d+m$", "for: 1s"))
        self.write("recording.yml", replaced((shipped / "recording.yml").read_text(), r"for: \d+m$", "for: 1s"))
        self.start("prometheus", "prometheus", f"--config.file={self.path}/prometheus.yml",
                   f"--storage.tsdb.path={self.path}/tsdb", f"--web.listen-address=127.0.0.1:{self.prometheus_port}")

    def start_exporter(self):
        self.start("exporter", "prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{self.exporter_port}",
                   "--collector.disable-defaults", "--collector.textfile",
                   f"--collector.textfile.directory={self.path}/textfile")

    @property
    def socket(self):
        return f"{self.path}/http.sock"

    def kill(self, name):
        self.processes[name].send_signal(signal.SIGKILL)
        self.processes.pop(name).wait()

    def stop(self):
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.folder.cleanup()

    # -- questions

    def metrics(self, accept="*/*"):
        return get(f"http://127.0.0.1:{self.daemon_port}/metrics", accept)

    def query(self, expression):
        """The result of an instant query; an expression that Prometheus refuses is an error."""
        url = f"http://127.0.0.1:{self.prometheus_port}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        try:
            answer = json.loads(get(url))
        except urllib.error.HTTPError as error:
            # It has not begun yet.
            if error.code == 503:
                raise
            raise AssertionError(f"{expression}: {error.read().decode()}") from error
        assert answer["status"] == "success", answer
        return answer["data"]["result"]

    def alerts(self, state="firing"):
        answer = json.loads(get(f"http://127.0.0.1:{self.prometheus_port}/api/v1/alerts"))
        return [one for one in answer["data"]["alerts"] if one["state"] == state]

    def run(self, *arguments):
        return subprocess.run([self.binary, *arguments], capture_output=True, text=True, timeout=30)
