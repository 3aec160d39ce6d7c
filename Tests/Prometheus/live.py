#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus scrapes a real crihealthd that watches a real containerd; containerd is killed, and comes back.

    live.py [BINARY]

Rules, dashboard and node-problem-detector's configuration are those of packaging/, with short times put in for their
long ones. Everything listens on loopback and is ended by its pid. Needs root, containerd, prometheus and
prometheus-node-exporter.
"""
import json
import os
import re
import subprocess
import sys
import unittest

from prometheus_client import parser as classic
from prometheus_client.openmetrics import parser as openmetrics

from stage import PACKAGING, ROOT, Stage, eventually, get

BINARY = sys.argv.pop(1) if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else ROOT / ".build/debug/crihealthd"
# Panels that are empty on a fleet of one node.
MAY_BE_EMPTY = ("runtime_version:crihealthd_canary_excess:ratio",)
SERIES_LIMIT = 400


def panels(all):
    for panel in all:
        yield panel
        yield from panels(panel.get("panels", []))


def expressions(panels):
    for panel in panels:
        yield from expressions(panel.get("panels", []))
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]


class Live(unittest.TestCase):
    """One outage from its beginning to its end; the tests run in the order of their names."""

    @classmethod
    def setUpClass(cls):
        cls.stage = Stage(str(BINARY))
        cls.addClassCleanup(cls.stage.stop)
        cls.stage.start_containerd()
        cls.stage.start_daemon()
        cls.stage.start_exporter()
        cls.stage.start_prometheus()
        try:
            eventually(lambda: cls.stage.query('crihealthd_verdict{job="crihealthd",state="healthy"} == 1'))
        except AssertionError:
            print(cls.stage.run("status", "--socket", cls.stage.socket).stdout, file=sys.stderr)
            raise

    def test_1_what_is_served_is_well_formed(self):
        accepts = {"classic": "text/plain; version=0.0.4", "open": "application/openmetrics-text; version=1.0.0"}
        texts = {name: self.stage.metrics(accept) for name, accept in accepts.items()}
        lint = subprocess.run(["promtool", "check", "metrics"], input=texts["classic"], capture_output=True, text=True)
        self.assertEqual((lint.returncode, lint.stderr), (0, ""))
        families = {"classic": list(classic.text_string_to_metric_families(texts["classic"])),
                    "open": list(openmetrics.text_string_to_metric_families(texts["open"]))}
        names = {kind: sorted({sample.name for family in all for sample in family.samples})
                 for kind, all in families.items()}
        self.assertEqual(names["classic"], names["open"])
        series = sum(len(family.samples) for family in families["classic"])
        self.assertIn(series, range(80, SERIES_LIMIT + 1))
        print(f"{series} series, {len(texts['classic'])} bytes", file=sys.stderr)

    def test_2_prometheus_takes_all_of_it(self):
        self.assertEqual([one for one in self.stage.query("up") if one["value"][1] != "1"], [])
        rules = json.loads(get(f"http://127.0.0.1:{self.stage.prometheus_port}/api/v1/rules"))["data"]["groups"]
        self.assertEqual([rule for group in rules for rule in group["rules"] if rule["health"] == "err"], [])
        self.assertEqual(self.stage.alerts(), [])
        version = eventually(lambda: self.stage.query("runtime_version:crihealthd_nodes:count"))
        self.assertEqual([one["metric"]["runtime"] for one in version], ["containerd"])
        # All that could be open has its series, at 0.
        possible = self.stage.query('crihealthd_incident_active{job="crihealthd"}')
        self.assertGreater(len(possible), 70)
        self.assertEqual([one["metric"] for one in possible if one["value"][1] != "0" and one["metric"]["severity"] != "info"
                          and one["metric"]["kind"] != "OrphanedContainers"], [])

    def test_3_the_textfile_collector_has_the_same(self):
        eventually(lambda: self.stage.query('crihealthd_verdict{job="node",state="healthy"} == 1'))
        self.assertEqual(self.stage.query('node_textfile_scrape_error{job="node"} == 0') != [], True)
        served = {one["metric"]["__name__"] for one in self.stage.query('{__name__=~"crihealthd_.*",job="crihealthd"}')}
        written = {one["metric"]["__name__"] for one in self.stage.query('{__name__=~"crihealthd_.*",job="node"}')}
        self.assertEqual(served - written, {one for one in served if one.startswith("crihealthd_http_")})
        self.assertEqual(sorted(os.listdir(self.stage.path / "textfile")), ["crihealthd.prom"])
        self.assertEqual((self.stage.path / "textfile/crihealthd.prom").stat().st_mode & 0o777, 0o644)

    def test_4_node_problem_detector_hears_that_all_is_well(self):
        # Without systemd one of them cannot be known, and says so; another is nothing that containerd has. Containers of
        # anybody on this machine are looked at, and this containerd knows none. What else is known needs a look first.
        unknown = {"UpgradeNotComplete": 2}

        def others():
            return {condition: code for condition, (code, _) in self.problems().items()
                    if code != 0 and condition != "ContainersNotTracked"}

        def are_known():
            self.assertNotIn(1, others().values())
            return others() == unknown

        eventually(are_known)

    def test_5_the_alert_fires(self):
        self.stage.start_recording()
        self.stage.kill("containerd")

        def firing():
            # The textfile's job has one, too, by its own instance.
            return [one for one in self.stage.alerts()
                    if one["labels"]["alertname"] == "ContainerRuntimeIncident" and one["labels"]["job"] == "crihealthd"]

        alert = eventually(firing)[0]
        self.assertEqual(alert["labels"]["kind"], "RuntimeDown")
        self.assertEqual(alert["labels"]["instance"], "node1")
        self.assertNotIn("cause", alert["labels"])
        self.assertRegex(alert["annotations"]["summary"], r"^node1: the container runtime is down \(\w+\)$")
        # The command that it names, on the node.
        _, *command = alert["annotations"]["runbook"].split()
        self.assertIn("# RuntimeDown: ", self.stage.run(*command).stdout)
        status = self.stage.run("status", "--socket", self.stage.socket)
        self.assertEqual((status.returncode, status.stdout.split()[0]), (2, "UNHEALTHY"))

    def test_6_what_was_recorded_meanwhile_tells_it_too(self):
        self.assertEqual(self.stage.processes.pop("recording").wait(timeout=60), 0)
        replay = self.stage.run("replay", f"{self.stage.path}/outage.jsonl", "-o", "json")
        self.assertEqual((replay.returncode, replay.stderr), (0, ""))
        self.assertIn("RuntimeDown", [one["kind"] for one in json.loads(replay.stdout)])

    def test_6_node_problem_detector_hears_of_it(self):
        code, text = self.problems()["ContainerRuntimeNotReady"]
        self.assertEqual(code, 1)
        self.assertTrue(text.startswith("RuntimeDown") or ": " in text, text)

    def test_7_every_panel_of_the_dashboard_has_data(self):
        dashboard = json.loads((PACKAGING / "grafana/crihealthd.json").read_text())
        queries = list(expressions(dashboard["panels"]))
        self.assertGreater(len(queries), 15)
        # A panel that shows data has a query, and what may be empty is still there.
        self.assertEqual([one["title"] for one in panels(dashboard["panels"]) if not one.get("targets")
                          and one["type"] not in ("row", "text")], [])
        self.assertLessEqual(set(MAY_BE_EMPTY), {expression for _, expression in queries})
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                metric, label = re.fullmatch(r"label_values\((\w+)(?:\{.*\})?, (\w+)\)", variable["definition"]).groups()
                self.assertTrue(self.stage.query(f"count by ({label}) ({metric})"), variable["name"])
        for title, expression in queries:
            with self.subTest(panel=title):
                filled = expression
                for variable, value in (("$job", "crihealthd"), ("$node", "node1"), ("$__rate_interval", "30s")):
                    filled = filled.replace(variable, value)
                self.assertNotIn("$", filled)
                found = self.stage.query(filled)
                self.assertTrue(found or expression in MAY_BE_EMPTY, filled)
                # Its data is ours: the same query of metrics that nobody has is empty.
                other = re.sub(r"crihealthd_|\bup\b", "nobody_", filled.replace('"crihealthd"', '"other"'))
                self.assertNotEqual(other, filled)
                self.assertEqual(self.stage.query(other), [], other)

    def test_8_the_alert_clears(self):
        self.stage.start_containerd()
        eventually(lambda: self.stage.query('crihealthd_verdict{job="crihealthd",state="healthy"} == 1'))
        eventually(lambda: not self.stage.alerts() and not self.stage.alerts("pending"))
        code, _ = self.problems()["ContainerRuntimeNotReady"]
        self.assertEqual(code, 0)

    def test_9_a_daemon_that_is_gone_is_an_alert_and_unknown(self):
        self.stage.kill("crihealthd")
        eventually(lambda: [one for one in self.stage.alerts() if one["labels"]["alertname"] == "CrihealthdDown"])
        code, text = self.problems()["ContainerRuntimeNotReady"]
        self.assertEqual(code, 2)
        self.assertTrue(text.startswith("crihealthd does not answer"), text)

    def problems(self):
        """Runs each rule of the shipped configuration as node-problem-detector does: condition → (status, output)."""
        config = json.loads((PACKAGING / "node-problem-detector/crihealthd.json").read_text())
        limit = config["pluginConfig"]["max_output_length"]
        conditions = {one["type"] for one in config["conditions"]}
        self.assertEqual(config["plugin"], "custom")
        results = {}
        for rule in config["rules"]:
            self.assertIn(rule["condition"], conditions)
            self.assertLessEqual(*(int(one["timeout"].removesuffix("s")) for one in (rule, config["pluginConfig"])))
            run = self.stage.run(*rule["args"], "--socket", self.stage.socket)
            self.assertLessEqual(len(run.stdout.strip().encode()), limit)
            self.assertEqual(run.stderr, "")
            results[rule["condition"]] = (run.returncode, run.stdout.strip())
        return results


if __name__ == "__main__":
    made = unittest.main(exit=False, verbosity=2, failfast=True).result
    bad = len(made.failures) + len(made.errors)
    print(f"{made.testsRun - min(bad, made.testsRun)} passed, {bad} failed: Prometheus, node_exporter and"
          " node-problem-detector's plugin")
    raise SystemExit(1 if bad else 0)
