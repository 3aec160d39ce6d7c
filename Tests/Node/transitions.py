# SPDX-License-Identifier: Apache-2.0
"""What the journal says of incidents, against what the endpoint says of them."""

import json
import re
import time

import daemon
import node
import runner
import scenarios
import troubles

KINDS = node.REPOSITORY / "Sources/Diagnosis/Kinds"
# syslog(3), by severity of what is open and confirmed; what is over or suspected is a notice.
PRIORITY = {"critical": "3", "warning": "4", "info": "5"}
CHANGES = {"Opened as ": "opened", "Cause is now ": "changed", "Now ": "changed", "Resolved: ": "resolved",
           "Expired: ": "resolved", "Part of ": "resolved"}


def message_ids():
    """{kind: MESSAGE_ID} of the catalogue."""
    return {
        path.parent.name: re.search(r'messageID: "([0-9a-f]{32})"', path.read_text())[1]
        for path in KINDS.glob("*/*+Catalogue.swift")
    }


def change_of(text):
    """What a line of a timeline tells of; None when it is no transition."""
    return next((change for begin, change in CHANGES.items() if text.startswith(begin)), None)


class TransitionsRun(troubles.TroubledRun):
    """The journal's entries about incidents."""

    def transitions(self, row):
        """Each line of a timeline is one entry of the journal, and the other way round, field by field."""
        self.await_quiet()
        began = time.time()
        faults = {one.name: self.fault(one) for one in scenarios.FAULTS}
        for body in (faults["stopped"], faults["config-invalid"], faults["cni-removed"],
                     self.prober_away([["stop", troubles.PROBER_SOCKET, troubles.PROBER]],
                                      [["start", troubles.PROBER_SOCKET]], restarted=True)):
            part = runner.Row(row.name)
            body(part)
            row.failures += part.failures
        told = self.told(began)
        entries = self.entries(began, len(told))
        shown = [(one["CRIHEALTHD_INCIDENT"], one["CRIHEALTHD_CHANGE"]) for one in entries]
        if shown != [(incident["id"], change_of(line["text"])) for incident, line in told]:
            raise runner.Failed(f"the journal tells {shown}, the timelines "
                                f"{[(incident['id'], line['text']) for incident, line in told]}")
        kinds, changes = {one["CRIHEALTHD_KIND"] for one in entries}, {change for _, change in shown}
        if not {"RuntimeDown", "NetworkNotReady", "MonitoringImpaired"} <= kinds or not {"opened", "resolved"} <= changes:
            raise runner.Failed(f"too little happened: {kinds}, {changes}")
        for entry, (incident, line) in zip(entries, told):
            wrong = self.faults_of(entry, incident, line)
            if wrong:
                raise runner.Failed(f"{wrong}: {entry}, {line}")
        self.explained(began, entries)
        row.kind, row.cause = "entries", f"{len(entries)} of {len(told)}"

    def told(self, since):
        """(incident, line) of every transition on the timelines since then, in order."""
        lines = [(incident, line) for incident in self.daemon.incidents() for line in incident["timeline"]
                 if runner.wall_seconds(line["time"]) >= since and change_of(line["text"])]
        return sorted(lines, key=lambda one: one[1]["time"])

    def entries(self, since, wanted):
        """The journal's entries since then; they are written a moment after the endpoint shows them."""
        def read():
            text = self.node.run("journalctl", "-o", "json", "-u", daemon.UNIT, f"--since=@{since:.3f}").stdout
            found = [json.loads(line) for line in text.splitlines()]
            return [one for one in found if "CRIHEALTHD_INCIDENT" in one]
        daemon.wait(lambda: len(read()) >= wanted, 5)
        return sorted(read(), key=lambda one: int(one["__MONOTONIC_TIMESTAMP"]))

    @staticmethod
    def faults_of(entry, incident, line):
        """What of an entry does not agree with its line of the timeline."""
        change, text = entry["CRIHEALTHD_CHANGE"], line["text"]
        expected = {"MESSAGE_ID": message_ids()[incident["kind"]], "CRIHEALTHD_KIND": incident["kind"],
                    "CRIHEALTHD_SUBJECT": incident["subject"], "SYSLOG_IDENTIFIER": "crihealthd",
                    "_SYSTEMD_UNIT": daemon.UNIT,
                    "PRIORITY": PRIORITY[entry["CRIHEALTHD_SEVERITY"]]
                    if entry["CRIHEALTHD_STATUS"] == "confirmed" else "5"}
        wrong = [f"{name} is not {value}" for name, value in expected.items() if entry.get(name) != value]
        if abs(int(entry["__REALTIME_TIMESTAMP"]) / 1e6 - runner.wall_seconds(line["time"])) > 2:
            wrong.append("another time")
        sentence = re.sub("^(suspected|now|confirmed|resolved): ", "", entry["MESSAGE"])
        if change == "opened" and text != f"Opened as {entry['CRIHEALTHD_CAUSE']}: {sentence}":
            wrong.append("another cause or sentence")
        if text.startswith("Cause is now") and text != f"Cause is now {entry['CRIHEALTHD_CAUSE']}: {sentence}":
            wrong.append("another cause or sentence")
        if (change == "resolved") != entry["MESSAGE"].startswith("resolved: "):
            wrong.append("its words are of another change")
        if (change == "resolved") != (entry["CRIHEALTHD_STATUS"] == "resolved"):
            wrong.append("another status")
        return "; ".join(wrong)

    def explained(self, since, entries):
        """`journalctl -x` explains each, with its cause and the place of its runbook."""
        for entry in {one["MESSAGE_ID"]: one for one in entries}.values():
            text = self.node.run("journalctl", "-x", "-n", "1", f"--since=@{since:.3f}",
                                 f"MESSAGE_ID={entry['MESSAGE_ID']}",
                                 f"CRIHEALTHD_CAUSE={entry['CRIHEALTHD_CAUSE']}").stdout
            words = [f"The cause is {entry['CRIHEALTHD_CAUSE']}; the incident is {entry['CRIHEALTHD_INCIDENT']}.",
                     f"/runbooks/{entry['CRIHEALTHD_KIND']}"]
            missing = [one for one in words if one not in text]
            if missing or "@CRIHEALTHD" in text or "░░ Subject: " not in text:
                raise runner.Failed(f"journalctl -x does not say {missing}: {text}")
