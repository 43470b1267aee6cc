#!/usr/bin/python3
"""Writes golden/*.jsonl: programs in the batch step language and what PyTorch 1.13.1 answers to them.

    make_golden.py            write every group
    make_golden.py --check    compare the files with what PyTorch says now; exit 1 if they differ
    make_golden.py unary …    the same for some groups
"""

import argparse
import collections
import importlib
import json
import math
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
GROUPS = """unary binary compare reduce shape index matmul activation loss creation dtype inplace corners calls arithmetic moves autograd
errors""".split()


def generate(group):
    return list(importlib.import_module("golden_" + group).cases())


def dump(case):
    return json.dumps(case, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def same(left, right, rtol, atol):
    """Equal, but for floats within the tolerance of the case."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[k], right[k], rtol, atol) for k in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(same(a, b, rtol, atol) for a, b in zip(left, right))
    if isinstance(left, float) and isinstance(right, float):
        return math.isclose(left, right, rel_tol=rtol, abs_tol=atol)
    return type(left) is type(right) and left == right


def check(group, cases):
    """The ids whose stored line is not what PyTorch says now."""
    stored = [json.loads(line) for line in path_of(group).read_text(encoding="utf-8").splitlines()]
    wrong = [c["id"] for c, s in zip(cases, stored) if not same(c, s, c["tol"]["rtol"], c["tol"]["atol"])]
    if len(cases) != len(stored):
        wrong.append(f"{group}: {len(stored)} lines stored, {len(cases)} made")
    return wrong


def path_of(group):
    return HERE / "golden" / f"{group}.jsonl"


def op_of(case):
    """The op that a case is about: the first part of its id, or the second behind a group's own name."""
    parts = case["id"].split("/")
    return parts[1] if parts[0] in ("errors", "saved") else parts[0]


def print_columns(cells, columns):
    rows = -(-len(cells) // columns)
    width = max(map(len, cells))
    for row in range(rows):
        print("   ".join(f"{cell:<{width}}" for cell in cells[row::rows]).rstrip())


def report(cases, size):
    """How many cases each op has and how many of them fail; which class PyTorch raises for which code."""
    counts = collections.Counter(map(op_of, cases))
    failures = collections.Counter(op_of(case) for case in cases if case["error"])
    pairs = collections.Counter((case["error"]["code"], case["error"]["class"]) for case in cases if case["error"])
    print("op, cases, of them errors")
    print_columns([f"{op:<32} {counts[op]:>4} {failures[op]:>4}" for op in sorted(counts)], 3)
    print("error code, class, cases")
    print_columns([f"{code:<24} {kind:<14} {count:>4}" for (code, kind), count in sorted(pairs.items())], 2)
    print(f"{len(cases)} cases, {sum(failures.values())} of them errors, {size / 1e6:.2f} MB")


def main():
    parser = argparse.ArgumentParser(description="golden vectors from PyTorch")
    parser.add_argument("group", nargs="*", choices=[*GROUPS, []], help="groups to make (default: all)")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    options = parser.parse_args()
    made, wrong, size = [], [], 0
    for group in options.group or GROUPS:
        cases = generate(group)
        text = "".join(dump(case) + "\n" for case in cases)
        if options.check:
            wrong += check(group, cases)
        else:
            path_of(group).parent.mkdir(exist_ok=True)
            path_of(group).write_text(text, encoding="utf-8")
        size += len(text.encode())
        made += cases
    report(made, size)
    repeated = [ident for ident, count in collections.Counter(case["id"] for case in made).items() if count > 1]
    if repeated:
        print("ids used twice:", *repeated, sep="\n  ")
        return 1
    if wrong:
        print("differs from PyTorch:", *wrong, sep="\n  ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
