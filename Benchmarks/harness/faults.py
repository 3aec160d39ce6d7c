"""Fault to incident on a real containerd, in a booted node (Tests/Node), for the shipped binary."""

import sys
import time

import tools

sys.path.insert(0, str(tools.ROOT / "Tests" / "Node"))

import daemon  # noqa: E402
import node  # noqa: E402
import runner  # noqa: E402
import scenarios  # noqa: E402

FAULTS = ("stopped", "killed", "hung", "socket-removed")
# containerd that is killed three times in a minute is a crash loop, another incident.
ROUND = 31


def measure(quick: bool) -> dict:
    """Seconds from just before the fault, or the repair, to the answer that shows it; the endpoint is asked 20 times a
    second. A limit that is passed is a result, not an end."""
    rounds = 2 if quick else 6
    tree = node.make_tree(suite="bookworm")
    files, binds = daemon.crictl()
    files.update(daemon.bare(tools.daemon(), tree))
    times: dict[str, dict[str, list]] = {name: {"opened": [], "named": [], "resolved": []} for name in FAULTS}
    with node.Node(tree, files=files, binds=binds) as booted:
        run = runner.Run(booted, slack=10)
        run.scenario("healthy", run.healthy)
        faults = {fault.name: fault for fault in scenarios.FAULTS}
        for _ in range(rounds):
            began = time.monotonic()
            for name in FAULTS:
                run.scenario(name, run.fault(faults[name]))
                row = run.rows[-1]
                if row.failures:
                    raise SystemExit(f"{name}: {'; '.join(row.failures)}")
                for key in times[name]:
                    times[name][key].append(getattr(row, key))
            time.sleep(max(0, began + ROUND - time.monotonic()))
        version = booted.run("containerd", "--version").stdout.split()[2]
    summary = lambda values: {"median": round(sorted(values)[len(values) // 2], 2), "max": round(max(values), 2)}
    return {
        "containerd": version, "rounds": rounds,
        **{name: {key: summary(values) for key, values in one.items()} for name, one in times.items()},
    }
