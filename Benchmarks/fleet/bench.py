#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""What a fleet costs its Prometheus: a real one scrapes 1,000 nodes on this machine, with the shipped rules.

    bench.py BINARY [--quick]

The nodes' text is what BINARY served of four recordings of Tests/Corpus, its own renderer's; nodes.py keeps it moving.
Prints one row for each run. --quick: a few seconds each, to see that it works; its figures mean nothing.
"""
import argparse
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "harness"))

from lab import free_port  # noqa: E402

RECORDINGS = ("baseline-containerd-1.6.20", "baseline-containerd-2.1.9", "crio-1.29.9-baseline",
              "containerd-1.6.20-portconflict")
# nodes, seconds between two scrapes, seconds until it is looked at, seconds of looking. The last run packs half an hour
# of samples into minutes: Prometheus keeps a series' open chunk (120 samples) on its heap, and no more of it.
RUNS = ((0, 15, 20, 40), (500, 15, 60, 120), (1000, 15, 60, 180), (1000, 3, 390, 60))


def get(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read().decode()


def wait(what, limit=60):
    until = time.monotonic() + limit
    while True:
        try:
            found = what()
            if found:
                return found
        except OSError:
            pass
        if time.monotonic() > until:
            sys.exit("bench: something did not begin in time")
        time.sleep(0.2)


def exposition(binary, recording, folder):
    """What the daemon serves at /metrics when the recording is over, as a file."""
    subprocess.run(["tar", "-C", folder, "-xJf", ROOT / f"Tests/Corpus/{recording}.tar.xz"], check=True)
    port = free_port()
    daemon = subprocess.Popen(
        [binary, "serve", "--recording", f"{folder}/{recording}", "--recording-speed", "1000", "--listen",
         f"127.0.0.1:{port}", "--socket", "", "--rules-directory", f"{folder}/none"],
        stderr=subprocess.PIPE, text=True)
    try:
        for line in daemon.stderr:
            if "the recording is over" in line:
                break
        time.sleep(0.5)
        path = pathlib.Path(folder, f"{recording}.prom")
        path.write_text(get(f"http://127.0.0.1:{port}/metrics"))
        return str(path)
    finally:
        daemon.kill()
        daemon.wait()
        daemon.stderr.close()


class Prometheus:
    def __init__(self, folder, nodes, count, interval):
        self.port = free_port()
        self.folder = pathlib.Path(folder)
        targets = [{"targets": [f"127.0.0.1:{nodes}"],
                    "labels": {"__metrics_path__": f"/node-{n:04}/metrics", "instance": f"node-{n:04}:10274"}}
                   for n in range(count)]
        (self.folder / "targets.json").write_text(json.dumps(targets))
        (self.folder / "prometheus.yml").write_text(f"""\
global:
  scrape_interval: {interval}s
  evaluation_interval: 15s
scrape_configs:
  - job_name: crihealthd
    file_sd_configs: [{{files: [targets.json]}}]
rule_files: [{ROOT}/packaging/prometheus/alerts.yml, {ROOT}/packaging/prometheus/recording.yml]
""")
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/tsdb",
                 f"--web.listen-address=127.0.0.1:{self.port}"], stdout=log, stderr=log)
        wait(lambda: get(f"http://127.0.0.1:{self.port}/-/ready"))

    def own(self):
        """Its own metrics, without labels, summed by name."""
        sums = {}
        for line in get(f"http://127.0.0.1:{self.port}/metrics").splitlines():
            match = re.match(r"^([a-z_]+)(?:\{.*\})? (\S+)$", line)
            if match:
                sums[match[1]] = sums.get(match[1], 0) + float(match[2])
        return sums

    def value(self, expression):
        url = f"http://127.0.0.1:{self.port}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        found = json.loads(get(url))["data"]["result"]
        return float(found[0]["value"][1]) if found else 0.0

    def panels(self, seconds):
        """How long every panel of the dashboard takes, slowest first: 360 points over `seconds`, as many as six hours at
        one a minute have, or the one point of a table."""
        found, now = [], time.time()
        board = json.loads((ROOT / "packaging/grafana/crihealthd.json").read_text())
        for panel in board["panels"]:
            for target in panel.get("targets", []):
                query = target["expr"]
                for name, value in (("$job", ".+"), ("$node", "node-0003:10274"), ("$__rate_interval", "1m")):
                    query = query.replace(name, value)
                step = max(seconds / 360, 0.001)
                path = "query" if target.get("instant") else "query_range"
                span = {"time": now} if path == "query" else {"start": now - seconds, "end": now, "step": step}
                url = f"http://127.0.0.1:{self.port}/api/v1/{path}?" + urllib.parse.urlencode({"query": query, **span})
                began = time.monotonic()
                answer = json.loads(get(url))
                found.append((round(time.monotonic() - began, 3), panel["title"], len(answer["data"]["result"])))
        return sorted(found, reverse=True)

    def memory(self):
        """Bytes that are its own (RssAnon, proc_pid_status(5)), and with the mapped files of its database."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return tuple(int(re.search(rf"^{field}:\s+(\d+)", status, re.M)[1]) * 1024 for field in ("RssAnon", "VmRSS"))

    def stop(self):
        self.process.terminate()
        self.process.wait()


def measure(folder, texts, count, interval, warm, span):
    port = free_port()
    nodes = subprocess.Popen([sys.executable, "-B", HERE / "nodes.py", str(port), str(max(count, 1)), *texts])
    prometheus = None
    try:
        wait(lambda: get(f"http://127.0.0.1:{port}/node-0000/metrics"))
        prometheus = Prometheus(tempfile.mkdtemp(dir=folder), port, count, interval)
        time.sleep(warm)
        before, began = prometheus.own(), time.monotonic()
        time.sleep(span)
        after, spent = prometheus.own(), time.monotonic() - began
        anonymous, resident = prometheus.memory()

        def grown(name):
            return (after.get(name, 0) - before.get(name, 0)) / spent

        up = prometheus.value('count(up == 1)')
        row = {
            "nodes": count, "scrape_interval_seconds": interval,
            "up": int(up), "series": int(after["prometheus_tsdb_head_series"]),
            "series_a_node": round(prometheus.value("avg(scrape_samples_scraped)"), 1),
            "samples_a_second": round(grown("prometheus_tsdb_head_samples_appended_total")),
            "cpu_cores": round(grown("process_cpu_seconds_total"), 4),
            "memory_anonymous_mib": round(anonymous / 2**20, 1), "memory_resident_mib": round(resident / 2**20, 1),
            "scrape_seconds_p99": round(prometheus.value("quantile(0.99, scrape_duration_seconds)"), 4),
            "rules_seconds": round(after.get("prometheus_rule_group_last_duration_seconds", 0), 4),
        }
        assert row["up"] == count, row
        if count:
            row["panels_seconds"] = prometheus.panels(warm + span)
        return row
    finally:
        nodes.kill()
        nodes.wait()
        if prometheus:
            prometheus.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    runs = [(min(count, 50), interval, 10, 10) for count, interval, _, _ in RUNS] if arguments.quick else RUNS
    with tempfile.TemporaryDirectory(prefix="crihealthd-fleet.") as folder:
        texts = [exposition(arguments.binary, one, folder) for one in RECORDINGS]
        sizes = [(len(pathlib.Path(one).read_bytes()), sum(not line.startswith("#") for line in open(one)))
                 for one in texts]
        print(json.dumps({"exposition": dict(zip(RECORDINGS, [{"bytes": b, "series": s} for b, s in sizes]))}), flush=True)
        for run in runs:
            print(json.dumps(measure(folder, texts, *run)), flush=True)
    load = os.getloadavg()
    print(json.dumps({"load_average": [round(one, 2) for one in load], "cores": os.cpu_count()}))


if __name__ == "__main__":
    main()
