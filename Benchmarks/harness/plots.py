# SPDX-License-Identifier: Apache-2.0
"""The plots of docs/performance.md, as SVG files that stay the same for the same results."""

import matplotlib
import tools

matplotlib.use("svg")
matplotlib.rcParams.update({
    "svg.hashsalt": "crihealthd", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9, "axes.spines.top": False,
    "axes.spines.right": False, "axes.grid": True, "grid.alpha": 0.3, "figure.facecolor": "white",
})
from matplotlib import pyplot  # noqa: E402

IMAGES = tools.ROOT / "docs" / "images"
OURS, LIMIT, PEERS = "#1f6f8b", "#b33951", ("#8d99ae", "#c9a227")
# Everything is measured in KiB and told in MiB.
MIB = 1024


def save(figure, name: str, alternative: str) -> list[str]:
    """Writes the file; its lines for the document."""
    figure.tight_layout()
    figure.savefig(IMAGES / f"{name}.svg", metadata={"Date": None})
    pyplot.close(figure)
    return [f"![{alternative}](images/{name}.svg)", ""]


def throughput(result: dict) -> list[str]:
    rows = result["rows"]
    figure, axes = pyplot.subplots(figsize=(8, 0.36 * len(rows) + 1))
    names = list(rows)[::-1]
    axes.barh(names, [100 * rows[name]["share_of_c"] for name in names], color=OURS)
    axes.axvline(60, color=LIMIT, linestyle="--", linewidth=1)
    axes.set_xlabel("entries per CPU-second, % of the C loop's (dashed: budget)")
    axes.grid(axis="y", visible=False)
    return save(figure, "performance-throughput", "Share of the C loop's throughput, by journal and rules")


def latency(result: dict) -> list[str]:
    figure, panels = pyplot.subplots(1, len(result), figsize=(9, 2.8), sharey=True)
    for axes, (name, budget) in zip(panels, (("at rest", 120), ("under suspicion", 30), ("at 5,000 lines/s", 250))):
        for (who, one), colour in zip(result[name].items(), (OURS, *PEERS)):
            values = one.get("ms", [])
            axes.step(values, [(i + 1) / len(values) for i in range(len(values))], where="post", label=who, color=colour)
        axes.axvline(budget, color=LIMIT, linestyle="--", linewidth=1)
        axes.set_xscale("log")
        axes.set_title(name, fontsize=9)
        axes.set_xlabel("ms")
    panels[0].set_ylabel("share of the entries")
    panels[0].legend(fontsize=7, loc="upper left")
    return save(figure, "performance-latency", "Entry written to visible: distribution, beside followers that wait for inotify")


def curve(name: str, title: str, result: dict) -> list[str]:
    points = result["curve"]
    figure, (memory, files) = pyplot.subplots(1, 2, figsize=(9, 2.6))
    minutes = [s / 60 for s in points["seconds"]]
    memory.plot(minutes, [k / MIB for k in points["rss_anon_kib"]], color=OURS, label="private (RssAnon)")
    memory.axhline(16, color=LIMIT, linestyle="--", linewidth=1)
    memory.set_ylim(0, 18)
    memory.set_ylabel("MiB private (dashed: budget)")
    files.plot(minutes, points["descriptors"], color=OURS)
    files.set_ylim(0, None)
    files.set_ylabel("descriptors")
    for axes in (memory, files):
        axes.set_xlabel("minutes")
    figure.suptitle(title, fontsize=10)
    return save(figure, f"performance-{name}", f"{title}: private memory and descriptors over time")
