"""Rules of the benchmarks: each opens an incident of its own, and one line clears them all."""

CLEAR = b"all bench samples are over\n"


def opening(numbers) -> str:
    """One rule per number: the line `bench sample N of ours` opens BenchSampleN, until CLEAR."""
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
clear = "bench-over"
""" for n in numbers) + """
[[rule]]
id = "bench-over"
signal = "bench-over"
meaning = "all samples of a benchmark are over"
template = "^all bench samples are over$"
"""


def line(number: int) -> bytes:
    return f"bench sample {number} of ours\n".encode()
