#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The guard itself: that it adds up a profile, and that it fails where it should."""

import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "harness")]

import callgrind  # noqa: E402
import figures  # noqa: E402

PROFILE = """\
events: Ir

ob=/build/catch-up
fl=???
fn=main
10 5
11 7
cob=/lib/libc.so.6
cfn=memcpy
calls=3 0
12 300
13 1

ob=/lib/libc.so.6
fl=???
fn=memcpy
0 300

totals: 313
"""
COST = {"delivered": 1.0, "instructions": 1000.0, "libsystemd": 500.0, "libc": 50.0, "allocations": 80.0}


def taken(version="252", row="a", **changes):
    return {"taken_with": {"swift": "6.3", "libsystemd": version}, "rows": {row: {**COST, **changes}}}


class Guard(unittest.TestCase):
    def test_a_callees_cost_is_its_own(self):
        self.assertEqual(callgrind.by_object(PROFILE.splitlines()), {"catch-up": 13, "libc.so.6": 300})

    def test_a_profile_that_was_misread(self):
        with self.assertRaises(ValueError):
            callgrind.by_object(PROFILE.replace("totals: 313", "totals: 314").splitlines())

    def said(self, measured, committed=None):
        return sum(figures.failures(measured, committed or taken()).values(), [])

    def test_within_bounds(self):
        for changes in ({}, {"instructions": 1099.0}, {"instructions": 901.0}, {"libc": 900.0}, {"allocations": 80.19}):
            self.assertEqual(self.said(taken(**changes)), [])

    def test_out_of_bounds(self):
        for changes, words in (({"instructions": 1101.0}, "committed 1000: +10.1%"), ({"instructions": 899.0}, "-10.1%"),
                               ({"libsystemd": 600.0}, "in libsystemd"), ({"allocations": 81.0}, "committed 80.00: +1.00"),
                               ({"allocations": 79.0}, "-1.00"), ({"delivered": 0.0, "allocations": 0.25}, "at most 0.001")):
            said = self.said(taken(**changes))
            self.assertEqual(len(said), 1, changes)
            self.assertIn(words, said[0])

    def test_many_allocations_have_a_share(self):
        committed = taken(allocations=400.0)
        self.assertEqual(self.said(taken(allocations=439.0), committed), [])
        self.assertEqual(len(self.said(taken(allocations=441.0), committed)), 1)
        self.assertEqual(len(self.said(taken(allocations=359.0), committed)), 1)

    def test_another_libsystemd_is_not_judged(self):
        self.assertEqual(self.said(taken("257", libsystemd=900.0)), [])
        self.assertEqual(len(self.said(taken("257", instructions=2000.0))), 1)

    def test_a_row_that_one_side_lacks(self):
        self.assertEqual(self.said(taken(row="b")), ["a: not measured", "b: not committed"])


unittest.main()
