#!/usr/bin/python3
"""Prints the files that are longer than 400 lines and the functions of C that are longer than 60.

Fails past 450 and 80, except for what ALLOWED lists with its reason.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILE_AIM, FILE_MOST, FUNCTION_AIM, FUNCTION_MOST = 400, 450, 60, 80

C = (".c", ".h", ".cc")
SCRIPT = (".ts", ".tsx", ".mjs", ".css")  # of these, files only

ALLOWED = {
    "tests/unit/wire/graph_test.c": "three writings of the same graphs, side by side",
    "tests/unit/wire/json_cases.h": "a table: one accepted or refused document a line",
}

# In formatted code a function begins at the margin with a line that ends in `{`, and ends with a `}` at the margin.
HEAD = re.compile(r"^[A-Za-z_].*?\b(\w+)\(")


def functions(lines):
    name, start = None, 0
    for number, line in enumerate(lines, 1):
        if line and not line[0].isspace() and line[0] not in "#/}":
            found = HEAD.match(line)
            if found:
                name, start = found.group(1), number
        if name and line.startswith("}"):
            yield name, start, number - start + 1
            name = None
        elif name and number == start and line.endswith((";", "}")):
            name = None


def main():
    bad = False
    rows = []
    parts = ("src", "tests", "clients/learn/src", "clients/learn/lessons")
    for path in sorted(p for part in parts for p in (ROOT / part).rglob("*")):
        if path.suffix not in C + SCRIPT:
            continue
        name = path.relative_to(ROOT).as_posix()
        lines = path.read_text().splitlines()
        found = [(len(lines), FILE_AIM, FILE_MOST, name)] if len(lines) > FILE_AIM else []
        if path.suffix in C:
            found += [(n, FUNCTION_AIM, FUNCTION_MOST, f"{name}:{at} {function}")
                      for function, at, n in functions(lines) if n > FUNCTION_AIM]
        for n, _, most, what in found:
            allowed = ALLOWED.get(name)
            over = n > most and not allowed
            bad |= over
            rows.append(f"{n:5} lines  {what}" + (f"  (allowed: {allowed})" if allowed else "  TOO LONG" if over else ""))
    print("\n".join(rows) if rows else "nothing is long")
    return bad


sys.exit(main())
