#!/usr/bin/python3
"""Counts tests: prints the name of each that failed and the beginning of what was said of it, and in the last line
`PASSED FAILED`.

    count.py meson BUILD/meson-logs     what the last `meson test` there did
    count.py tap FILE                   the output of one runner
    count.py node FILE                  the TAP output of `node --test`, whose versions nest results in their own ways

A runner that dies, hangs or prints fewer results than it announced counts as one more failure.
"""
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as xml


SHOWN = 16  # lines of what is said of a failure


def tell(name, said):
    print(f"  {name}")
    for line in [line.rstrip() for line in said if line.strip()][:SHOWN]:
        print(f"    | {line.strip()[:180]}")


def beneath(lines):
    """The block of TAP that stands under a result: between --- and ..."""
    if not lines or lines[0].strip() != "---":
        return []
    end = next((i for i, line in enumerate(lines) if line.strip() == "..."), len(lines))
    dull = re.compile(r"\s*(duration_ms|type|failureType|code|name|stack|operator):|.*\(node:")
    return [line for line in lines[1:end] if not dull.match(line)]


def from_meson(folder):
    ran = {}  # runner → [passed, failed]
    for suite in xml.parse(folder / "testlog.junit.xml").getroot():
        name = suite.get("name").split(".", 1)[-1]
        for case in suite:
            if case.tag != "testcase" or case.find("skipped") is not None:
                continue
            said = [f for f in (case.find("failure"), case.find("error")) if f is not None]
            ran.setdefault(name, [0, 0])[bool(said)] += 1
            if said:
                tell(f"{name}: {case.get('name')}", [line for f in said for line in (f.get("message") or f.text or "").splitlines()])
    for line in (folder / "testlog.json").read_text().splitlines():
        test = json.loads(line)
        counts = ran.setdefault(test["name"].split(" / ")[-1].split(":")[-1], [0, 0])
        if test["result"] not in ("OK", "SKIP", "EXPECTEDFAIL") and not counts[1]:
            counts[1] += 1
            print(f"  {test['name']}: {test['result']}, status {test['returncode']}")
    return [sum(c[i] for c in ran.values()) for i in (0, 1)]


def from_tap(file):
    counts, planned = [0, 0], None
    lines = file.read_text(errors="replace").splitlines()
    for i, line in enumerate(lines):
        plan = re.match(r"1\.\.(\d+)", line)
        if plan:
            planned = int(plan.group(1))
        result = re.match(r"(not )?ok\b(.*)", line)
        if not result or re.search(r"# SKIP", line, re.I):
            continue
        counts[bool(result.group(1))] += 1
        if result.group(1):
            tell(result.group(2).strip(" -"), beneath(lines[i + 1:]))
    if planned is None or sum(counts) < planned and not counts[1]:
        print(f"  {sum(counts)} results of {planned} announced")
        counts[1] += 1
    return counts


def from_node(file):
    text = file.read_text(errors="replace")
    lines = text.splitlines()
    for i, line in enumerate(lines):
        failed = re.match(r"\s*not ok \d+ - (.*)", line)
        if failed:
            tell(failed.group(1), beneath(lines[i + 1:]))
    said = dict(re.findall(r"^# (pass|fail|cancelled) (\d+)$", text, re.M))
    if len(said) < 3:
        print("  the runner did not come to its end")
        return [0, 1]
    return [int(said["pass"]), int(said["fail"]) + int(said["cancelled"])]


KINDS = {"meson": from_meson, "tap": from_tap, "node": from_node}
kind, path = sys.argv[1], pathlib.Path(sys.argv[2])
print(*KINDS[kind](path))
