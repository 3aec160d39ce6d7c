#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Serves the metrics of many nodes from one process: /node-0001/metrics and so on.

    nodes.py PORT COUNT TEXT…

Each TEXT is a file with what a real crihealthd served at /metrics. The nodes share them out; counters go on from there,
each node's at a pace of its own, gauges of memory and time move, and so does the daemon's start.
"""
import asyncio
import random
import re
import sys
import time

# What a daemon counts in a second; what is not named here stands still. Probes: connect(2) each second, crictl every
# 10 and 30 s (packaging/config.toml).
PACE = {"crihealthd_observations_total": 3, "crihealthd_journal_entries_total": 2, "crihealthd_probes_total": 0.2,
        "crihealthd_probe_duration_seconds_sum": 0.003, "crihealthd_probe_duration_seconds_count": 0.2,
        "crihealthd_crictl_cpu_seconds_total": 0.01, "crihealthd_http_requests_total": 0.07,
        "process_cpu_seconds_total": 0.001}
LINE = re.compile(r"^(([a-z_]+)(?:\{.*\})?) (\S+)$")


class Node:
    """One node: lines that stay, and series that move."""

    def __init__(self, text, number):
        chance = random.Random(number)
        self.began = time.time()
        self.still, self.moving = [], []
        for line in text.splitlines():
            match = LINE.match(line)
            name = match and match[2]
            failed = match and re.search(r'result="(failed|broken)"|code="[45]xx"', match[1])
            if name in PACE and not failed:
                pace = PACE[name] * chance.uniform(0.5, 1.5)
                self.moving.append((match[1], float(match[3]) + chance.uniform(0, 1000), pace, name.endswith("seconds_total")
                                    or name.endswith("_sum")))
            elif name == "crihealthd_snapshot_timestamp_seconds":
                self.moving.append((match[1], self.began, 1, False))
            elif name == "process_resident_memory_bytes":
                self.still.append(f"{match[1]} {int(float(match[3])) + chance.randrange(1 << 20) // 4096 * 4096}")
            else:
                self.still.append(line)
        self.still = "\n".join(self.still)

    def text(self):
        age = time.time() - self.began
        return "\n".join([self.still, *(
            f"{series} {round(base + pace * age, 6) if is_real else int(base + pace * age)}"
            for series, base, pace, is_real in self.moving)]) + "\n"


async def serve(port, nodes):
    async def answer(reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                node = nodes.get(head.split(b" ", 2)[1])
                body = node.text().encode() if node else b""
                status = b"200 OK" if node else b"404 Not Found"
                writer.write(b"HTTP/1.1 %s\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
                             b"Content-Length: %d\r\n\r\n%s" % (status, len(body), body))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", port, backlog=2048)
    async with server:
        await server.serve_forever()


def main():
    port, count = int(sys.argv[1]), int(sys.argv[2])
    texts = [open(path, encoding="utf-8").read() for path in sys.argv[3:]]
    nodes = {f"/node-{n:04}/metrics".encode(): Node(texts[n % len(texts)], n) for n in range(count)}
    asyncio.run(serve(port, nodes))


if __name__ == "__main__":
    main()
