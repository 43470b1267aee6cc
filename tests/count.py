#!/usr/bin/python3
"""Counts tests: prints the name of each that failed, and in the last line `PASSED FAILED`.

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


def from_meson(folder):
    ran = {}  # runner → [passed, failed]
    for suite in xml.parse(folder / "testlog.junit.xml").getroot():
        name = suite.get("name").split(".", 1)[-1]
        for case in suite:
            if case.tag != "testcase" or case.find("skipped") is not None:
                continue
            bad = case.find("failure") is not None or case.find("error") is not None
            ran.setdefault(name, [0, 0])[bad] += 1
            if bad:
                print(f"  {name}: {case.get('name')}")
    for line in (folder / "testlog.json").read_text().splitlines():
        test = json.loads(line)
        counts = ran.setdefault(test["name"].split(" / ")[-1].split(":")[-1], [0, 0])
        if test["result"] not in ("OK", "SKIP", "EXPECTEDFAIL") and not counts[1]:
            counts[1] += 1
            print(f"  {test['name']}: {test['result']}, status {test['returncode']}")
    return [sum(c[i] for c in ran.values()) for i in (0, 1)]


def from_tap(file):
    counts, planned = [0, 0], None
    for line in file.read_text(errors="replace").splitlines():
        plan = re.match(r"1\.\.(\d+)", line)
        if plan:
            planned = int(plan.group(1))
        result = re.match(r"(not )?ok\b(.*)", line)
        if not result or re.search(r"# SKIP", line, re.I):
            continue
        counts[bool(result.group(1))] += 1
        if result.group(1):
            print(f"  {result.group(2).strip(' -')}")
    if planned is None or sum(counts) < planned and not counts[1]:
        print(f"  {sum(counts)} results of {planned} announced")
        counts[1] += 1
    return counts


def from_node(file):
    text = file.read_text(errors="replace")
    for name in re.findall(r"^\s*not ok \d+ - (.*)", text, re.M):
        print(f"  {name}")
    said = dict(re.findall(r"^# (pass|fail|cancelled) (\d+)$", text, re.M))
    if len(said) < 3:
        print("  the runner did not come to its end")
        return [0, 1]
    return [int(said["pass"]), int(said["fail"]) + int(said["cancelled"])]


KINDS = {"meson": from_meson, "tap": from_tap, "node": from_node}
kind, path = sys.argv[1], pathlib.Path(sys.argv[2])
print(*KINDS[kind](path))
