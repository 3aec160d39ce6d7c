# SPDX-License-Identifier: Apache-2.0
"""The table of budgets, and docs/performance.md."""

import plots
import tools

# libsystemd, and what glibc consists of.
NODES_OWN = ("libsystemd.", "libc.", "libm.", "ld-linux")
DOCUMENT = tools.ROOT / "docs" / "performance.md"


def rows(results: dict) -> list[tuple[str, str, str, bool | None]]:
    """What, budget, measured, met (None: cannot be told here); only of the parts that were measured."""
    all_rows: list[tuple[str, str, str, bool | None]] = []

    def row(what: str, budget: str, measured: str, met: bool | None) -> None:
        all_rows.append((what, budget, measured, met))

    if r := results.get("throughput"):
        one = r["rows"]["runtime lines as recorded, 150 rules"]
        share = lambda one: f"{one['share_of_c']:.0%} ({' to '.join(f'{end:.0%}' for end in one['share_of_c_range'])})"
        row(f"journal, 150 rules, {one['entries']:,} runtime lines as recorded", "≥ 60 % of the C loop", share(one), one["share_of_c"] >= 0.6)
        row("the same, caught up with", "≤ 1.5 × the C loop's CPU", f"{1 / one['share_of_c']:.2f} ×", 1 / one["share_of_c"] <= 1.5)
        npd = r["node_problem_detector_entries_per_cpu_second"]
        times = npd and one["entries_per_cpu_second"] / npd["ten rules"]
        row("the same, beside node-problem-detector with ten rules", "≥ 50 × its lines", f"{times:.0f} ×" if times else "it is not on the PATH",
            times >= 50 if times else None)
        one = r["rows"]["runtime lines, 2 % match, shipped rules"]
        row("the shipped rules, 2 % of the lines known", "≥ 60 % of the C loop", share(one), one["share_of_c"] >= 0.6)
        one = r["rows"]["runtime lines as recorded, shipped rules"]
        row(f"the shipped rules, lines as recorded, {one['delivered'] / one['entries']:.0%} of them known", "≥ 60 % of the C loop", share(one),
            one["share_of_c"] >= 0.6)
    if r := results.get("faults"):
        for name, what, most in (("stopped", "runtime stopped", 1.5), ("killed", "runtime killed", 1.5), ("hung", "runtime hung", 4)):
            worst = r[name]["opened"]["max"]
            row(f"{what}, to the incident (containerd {r['containerd']}, worst of {r['rounds']})", f"≤ {most} s", f"{worst} s", worst <= most)
    if r := results.get("latency"):
        for name, most in (("at rest", 120), ("under suspicion", 30), ("at 5,000 lines/s", 250)):
            measured, lost = r[name]["crihealthd"]["p99_ms"], r[name]["crihealthd"]["not_seen"]
            row(f"entry written to visible, {name}", f"p99 ≤ {most} ms", f"{measured} ms" + (f", {lost} not seen" if lost else ""),
                measured <= most and not lost)
    if r := results.get("rest"):
        for who, parts in (("", [r]), (", as packaged: daemon and prober", list(r["as packaged"].values()))):
            total = lambda key: sum(one[key] for one in parts)
            cpu, wakeups, kib = round(total("cpu_percent"), 3), round(total("wakeups_per_second"), 1), total("rss_anon_kib")
            row(f"own CPU at rest, 110 pods{who}", "≤ 0.2 % of a core", f"{cpu} %", cpu <= 0.2)
            row(f"wake-ups at rest{who}", "≤ 20 /s", f"{wakeups} /s", wakeups <= 20)
            row(f"private memory at rest, 110 pods{who}", "≤ 6 MiB", f"{kib / 1024:.1f} MiB", kib <= 6 << 10)
    if r := results.get("storm"):
        peak = max(r["rss_anon_kib_peak_first_half"], r["rss_anon_kib_peak_second_half"])
        row("private memory in a storm", "≤ 16 MiB", f"{peak / 1024:.1f} MiB", peak <= 16 << 10)
        row(f"lines of a storm ({r['lines_per_second']:,}/s) that were read", "all", f"{r['read']:,} of {r['lines']:,}", r["read"] == r["lines"] and not r.get("blind_windows"))
    if r := results.get("soak"):
        peak = max(r["rss_anon_kib_peak_first_half"], r["rss_anon_kib_peak_second_half"])
        row(f"private memory in a soak of {r['seconds'] // 60} min", "≤ 16 MiB", f"{peak / 1024:.1f} MiB", peak <= 16 << 10)
        row("lines of the soak that were read", "all", f"{r['read']:,} of {r['lines']:,}", r["read"] == r["lines"] and not r.get("blind_windows"))
    later = lambda part: next(value for key, value in part.items() if key.startswith("rss_kib_") and key.endswith("_later"))
    for what, part in (("a start on a big journal", results["startup"]["from the head of the boot"] if results.get("startup") else None),
                       ("a storm", results.get("storm"))):
        if part:
            row(f"RSS a minute after {what}", "≤ 20 MiB", f"{later(part) / 1024:.1f} MiB", later(part) <= 20 << 10)
    if r := results.get("binary"):
        row("binary, stripped", "≤ 24 MiB", f"{r['bytes'] / 2**20:.1f} MiB", r["bytes"] <= 24 << 20)
        others = [one for one in r["needed"] if not one.startswith(NODES_OWN)]
        row("needed libraries", "libsystemd, libc", ", ".join(["libsystemd, libc", *others]), not others)
    if r := results.get("endpoint"):
        row("series, 110 pods", "≤ 300", str(r["series"]), r["series"] <= 300)
    if r := results.get("text"):
        one = r["no rule matches"]
        row(f"replay of {one['bytes'] / 1e9:.1f} GB of text, no line known", "≥ 100 MB per CPU-second",
            f"{one['mb_per_cpu_second']:.0f} MB", one["mb_per_cpu_second"] >= 100)
        more = one["peak_rss_mib"] - one["peak_rss_mib_of_half"]
        row("the same: memory, beside that of half of it", "the same", f"{one['peak_rss_mib']} MiB, {more:+.1f} MiB", more < 2)
    return all_rows


def table(results: dict) -> str:
    lines = ["| what | budget | measured | met |", "|---|---|---|---|"]
    said = {True: "yes", False: "**no**", None: "–"}
    lines += [f"| {what} | {budget} | {measured} | {said[met]} |" for what, budget, measured, met in rows(results)]
    return "\n".join(lines)


BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


PARTS = (
    ("throughput", "Journal to signals"), ("latency", "Entry written to visible"), ("faults", "Fault to incident"),
    ("rest", "At rest"), ("storm", "Storm"), ("soak", "Soak"), ("startup", "Starting on a big journal"), ("endpoint", "Endpoint"),
    ("text", "A gigabyte of text"), ("binary", "Binary"),
)


def render() -> None:
    """Writes the measured part of the document and its plots; what people wrote around it stays."""
    results = {name: tools.load(name) for name, _ in PARTS}
    parts = [BEGIN, "", table(results), ""]
    sections = {"throughput": throughput, "latency": latency, "faults": faults}
    for name, title in PARTS:
        if r := results[name]:
            parts += [f"### {title}", "", *sections.get(name, figures)(r)]
            if "curve" in r:
                parts += plots.curve(name, f"{title}: {r['lines_per_second']:,} lines/s", r)
    parts += [*measured_on(results), END]
    text = DOCUMENT.read_text()
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    DOCUMENT.write_text(head + "\n".join(parts) + tail)


def measured_on(results: dict) -> list[str]:
    """Where and when each part was measured, and of which commit."""
    parts: dict[str, list[str]] = {}
    for name, _ in PARTS:
        if r := results[name]:
            m = r["machine"]
            when = f"on {m['date']} at commit {m['commit']}" if "commit" in m else "earlier, at a commit that was not noted"
            where = f"{m['cpus']} CPUs ({m['model']}), Linux {m['kernel']}, systemd {m['systemd']}, {when}"
            parts.setdefault(where, []).append(name)
    return [f"Measured on {where}: {', '.join(names)}.\n" for where, names in parts.items()]


def throughput(r: dict) -> list[str]:
    lines = ["| lines | rules | share of the C loop (median, range) | entries per CPU-second | C loop | our own allocations per line |", "|---|---|---|---|---|---|"]
    for name, one in r["rows"].items():
        journal, which = name.rsplit(", ", 1)
        lines.append(
            f"| {journal} | {which.removesuffix(' rules')} | {one['share_of_c']:.0%} ({' to '.join(f'{end:.0%}' for end in one['share_of_c_range'])}) | {one['entries_per_cpu_second']:,} | "
            f"{one['c_entries_per_cpu_second']:,} | {one['allocations_per_entry']} |")
    peers = r["journalctl_entries_per_cpu_second"]
    lines += ["", f"The 2 % journal with the same matches by `journalctl -o cat`: {peers['cat']:,}, `-o json`: {peers['json']:,} entries per "
              "CPU-second.", ""]
    if npd := r["node_problem_detector_entries_per_cpu_second"]:
        lines += [f"node-problem-detector {npd['version']}, on lines as recorded: {npd['ten rules']:,} entries per CPU-second with ten rules, "
                  f"{npd['one rule']:,} with one.", ""]
    return lines + plots.throughput(r)


def latency(r: dict) -> list[str]:
    lines = ["| | who | p50 | p99 | max |", "|---|---|---|---|---|"]
    for name, followers in r.items():
        if name != "machine":
            lines += [f"| {name} | {who} | {one['p50_ms']} ms | {one['p99_ms']} ms | {one['max_ms']} ms |" for who, one in followers.items() if one["samples"]]
    return [*lines, "", *plots.latency({name: one for name, one in r.items() if name != "machine"})]


def faults(r: dict) -> list[str]:
    lines = [f"containerd {r['containerd']} in a booted node, {r['rounds']} times each; median and worst, in seconds.", "",
             "| fault | incident | right cause | resolved after the repair |", "|---|---|---|---|"]
    both = lambda one: f"{one['median']} / {one['max']}"
    lines += [
        f"| {name} | {both(one['opened'])} | {both(one['named'])} | {both(one['resolved'])} |"
        for name, one in r.items() if isinstance(one, dict) and "opened" in one]
    return [*lines, ""]


def figures(r: dict) -> list[str]:
    return ["| | |", "|---|---|", *(f"| {key.replace('_', ' ')} | {value} |" for key, value in flat(r)), ""]


def flat(value: dict, prefix: str = "") -> list[tuple[str, object]]:
    pairs: list[tuple[str, object]] = []
    for key, inner in value.items():
        if key in ("machine", "curve"):
            continue
        name = f"{prefix}{key}"
        if isinstance(inner, dict):
            pairs += flat(inner, f"{name}: ")
        else:
            pairs.append((name, ", ".join(inner) if isinstance(inner, list) else inner))
    return pairs
