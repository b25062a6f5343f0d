#!/usr/bin/env python3
"""Tells whether a command printed what a page shows.

usage: compare_output.py exact|shape EXPECTED ACTUAL

A line "..." of the text EXPECTED stands for any lines, " ..." at a line's end for any rest of it. With `shape` numbers
with their units, times, ids, and the width of columns, don't count. Log lines count only where EXPECTED has some. Exits with
1, and prints both texts, where they differ.
"""

import re
import sys

ID = re.compile(r"\b[0-9a-f]{32}\b|\b\d{4}-\d\d-\d\dT[\d:.]+Z")
NUMBER = re.compile(r"~?(?<![A-Za-z\d])\d[\d.,:]*(?: (?:[kMGT]?B(?:/s)?|ms|s|m)\b)?")

LOG_LINE = '{"time":'


def shape_of(line):
    return re.sub(r" +", " ", NUMBER.sub("0", ID.sub("0", line))).rstrip()


def pattern_of(lines):
    parts = []
    for line in lines:
        if line.strip() == "...":
            parts.append(r"(?:.*\n)*?")
        elif line.endswith(" ..."):
            parts.append(re.escape(line[: -len("...")]) + r".*\n")
        else:
            parts.append(re.escape(line) + r"\n")
    return re.compile("".join(parts))


def main(mode, expected_text, actual_text):
    expected = expected_text.strip("\n").split("\n")
    actual = actual_text.strip("\n").split("\n")
    if LOG_LINE not in expected_text:
        actual = [line for line in actual if not line.startswith(LOG_LINE)]
    same = shape_of if mode == "shape" else str.rstrip
    if pattern_of(map(same, expected)).fullmatch("\n".join(map(same, actual)) + "\n"):
        return 0
    print("it printed:", *actual, "and the page shows:", *expected, sep="\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
