# SPDX-License-Identifier: Apache-2.0
"""Rules of the benchmarks: each opens an incident of its own, and one line clears those that it is to."""

CLEAR = b"all bench samples are over\n"
CLEARED = """
[[rule]]
id = "bench-over"
signal = "bench-over"
meaning = "all samples of a benchmark are over"
template = "^all bench samples are over$"
"""


def opening(numbers, ends: str = 'quiet = "1h"') -> str:
    """One rule per number: the line `bench sample N of ours` opens BenchSampleN."""
    return "\n".join(
        f"""
[[rule]]
id = "bench-{n}"
signal = "bench-{n}"
severity = "warning"
meaning = "sample {n} of a benchmark"
template = "^bench sample {n} of ours$"
[rule.incident]
kind = "BenchSample{n}"
severity = "warning"
sentence = "Sample {n} of a benchmark."
{ends}
""" for n in numbers)


def cleared(numbers) -> str:
    """The same, until CLEAR."""
    return opening(numbers, 'clear = "bench-over"') + CLEARED


def line(number: int) -> bytes:
    return f"bench sample {number} of ours\n".encode()
