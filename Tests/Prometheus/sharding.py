#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Two shards of packaging/prometheus and one Prometheus above them share 40 nodes out, and none is lost.

    sharding.py [BINARY]

The nodes are those of Benchmarks/fleet: what BINARY served of recorded ones. Everything listens on loopback.
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

from stage import PACKAGING, ROOT, eventually, free_port, get, replaced

sys.path.insert(0, str(ROOT / "Benchmarks/fleet"))
import bench  # noqa: E402

BINARY = sys.argv.pop(1) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else ROOT / ".build/debug/crihealthd"
NODES = 40
SHIPPED = PACKAGING / "prometheus"


class Sharding(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="crihealthd-shards.")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        texts = [bench.exposition(str(BINARY), one, folder.name) for one in bench.RECORDINGS[:2]]
        # No recording tells of an OCI runtime's version: a line of the daemon's form for each half.
        for path, version in zip(map(pathlib.Path, texts), ("1.1.5", "1.2.0")):
            path.write_text(replaced(path.read_text(), r"^# TYPE crihealthd_oci_runtime_info gauge$",
                                     r'\g<0>\ncrihealthd_oci_runtime_info{runtime="runc",version="%s"} 1' % version))
        port = free_port()
        cls.start(sys.executable, "-B", ROOT / "Benchmarks/fleet/nodes.py", str(port), str(NODES), *texts)
        targets = [{"targets": [f"127.0.0.1:{port}"],
                    "labels": {"__metrics_path__": f"/node-{n:04}/metrics", "instance": f"node-{n:04}:10274"}}
                   for n in range(NODES)]
        shard = replaced((SHIPPED / "shard.yml").read_text(), r"scrape_interval: .*$", "scrape_interval: 1s")
        cls.shards = []
        for number in ("0", "1"):
            text = replaced(replaced(shard, 'shard: "0"', f'shard: "{number}"'), 'regex: "0"', f'regex: "{number}"')
            cls.shards.append(cls.prometheus(number, text, "alerts.yml", json.dumps(targets)))
        above = replaced((SHIPPED / "federate.yml").read_text(), r"scrape_interval: .*$", "scrape_interval: 1s")
        above = replaced(above, r"targets: .*$", "targets: " + json.dumps([f"127.0.0.1:{one}" for one in cls.shards]))
        cls.above = cls.prometheus("above", "global: {evaluation_interval: 1s}\n" + above, "recording.yml")

    @classmethod
    def start(cls, *command):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=cls.folder)
        cls.addClassCleanup(process.wait)
        cls.addClassCleanup(process.terminate)

    @classmethod
    def prometheus(cls, name, config, rules, targets="[]"):
        folder, port = cls.folder / name, free_port()
        folder.mkdir()
        (folder / "prometheus.yml").write_text(config)
        (folder / "crihealthd-nodes.json").write_text(targets)
        (folder / rules).write_text((SHIPPED / rules).read_text())
        cls.start("prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/tsdb",
                  f"--web.listen-address=127.0.0.1:{port}")
        return port

    def query(self, port, expression):
        url = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        return json.loads(get(url))["data"]["result"]

    def test_each_node_is_in_one_shard_and_the_fleet_is_whole(self):
        def shares():
            found = [self.query(port, "count(up == 1)") for port in self.shards]
            return [int(one[0]["value"][1]) for one in found if one]

        eventually(lambda: sum(shares()) == NODES)
        self.assertEqual(len(shares()), 2)
        self.assertGreater(min(shares()), NODES // 5)

        def versions():
            return {one["metric"]["version"]: int(one["value"][1])
                    for one in self.query(self.above, "runtime_version:crihealthd_nodes:count")}

        eventually(lambda: sum(versions().values()) == NODES)
        self.assertEqual(sorted(versions().values()), [NODES // 2, NODES // 2])
        def oci():
            return sorted(int(one["value"][1]) for one in self.query(
                self.above, "runtime_version:crihealthd_oci_runtime_nodes:count"))

        eventually(lambda: oci() == [NODES // 2, NODES // 2])
        taken = self.query(self.above, 'count({__name__=~"crihealthd_.*"})')
        self.assertEqual(int(taken[0]["value"][1]), 5 * NODES)


if __name__ == "__main__":
    made = unittest.main(exit=False, verbosity=2).result
    bad = len(made.failures) + len(made.errors)
    print(f"{made.testsRun - min(bad, made.testsRun)} passed, {bad} failed: shards of Prometheus")
    raise SystemExit(1 if bad else 0)
