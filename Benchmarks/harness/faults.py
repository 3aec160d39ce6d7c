# SPDX-License-Identifier: Apache-2.0
"""Fault to incident on a real containerd, in a booted node (Tests/Node), for the shipped binary."""

import sys

import tools

sys.path.insert(0, str(tools.ROOT / "Tests" / "Node"))

import daemon  # noqa: E402
import node  # noqa: E402
import runner  # noqa: E402
import scenarios  # noqa: E402

FAULTS = ("stopped", "killed", "hung", "socket-removed")
# containerd that is killed three times in ten minutes is a crash loop, another incident: each node sees two.
ROUNDS_OF_A_NODE = 2
KEYS = ("opened", "named", "resolved")


def rounds(booted: node.Node) -> list[dict]:
    """What the faults took, by name and key, in each round on this node."""
    run = runner.Run(booted, slack=10)
    run.scenario("healthy", run.healthy)
    run.await_pods()
    faults = {fault.name: fault for fault in scenarios.FAULTS}
    found = []
    for _ in range(ROUNDS_OF_A_NODE):
        found.append({})
        for name in FAULTS:
            run.scenario(name, run.fault(faults[name]))
            row = run.rows[-1]
            if row.failures:
                raise RuntimeError(f"{name}: {'; '.join(row.failures)}")
            found[-1][name] = {key: getattr(row, key) for key in KEYS}
    return found


def measure(quick: bool) -> dict:
    """Seconds from just before the fault, or the repair, to the answer that shows it; the endpoint is asked 20 times a
    second. A limit that is passed is a result, not an end."""
    tree = node.make_tree(suite="bookworm")
    files, binds = daemon.crictl()
    files.update(daemon.bare(tools.daemon(), tree))
    found: list[dict] = []
    for _ in range(1 if quick else 3):
        with node.Node(tree, files=files, binds=binds) as booted:
            found += rounds(booted)
            version = booted.run("containerd", "--version").stdout.split()[2]
    result: dict = {"containerd": version, "rounds": len(found)}
    for name in FAULTS:
        result[name] = {}
        for key in KEYS:
            values = sorted(one[name][key] for one in found)
            result[name][key] = {"median": round(values[len(values) // 2], 2), "max": round(values[-1], 2)}
    return result
