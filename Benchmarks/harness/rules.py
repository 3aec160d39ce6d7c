"""Rules of the benchmarks: each opens an incident of its own."""


def opening(numbers, quiet: str = '"1h"') -> str:
    """One rule per number: the line `bench sample N of ours` opens BenchSampleN, which clears after `quiet`."""
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
quiet = {quiet}
""" for n in numbers)


def line(number: int) -> bytes:
    return f"bench sample {number} of ours\n".encode()
