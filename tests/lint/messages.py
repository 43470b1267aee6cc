#!/usr/bin/python3
"""What a fault says, and src/base/messages.def, which says it in Chinese.

    messages.py            exit 1 if the English of a row stands in no fail() of src (a piece: nowhere in src),
                           has two rows, or its Chinese takes other arguments
    messages.py --missing  lists the formats of faults that have no row, too

The conversions of a pair are compared by tests/unit/base/message_test.c as well, as the formatter reads them.
"""
import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLE = ROOT / "src/base/messages.def"
# Where the format stands among the arguments of what records a fault.
CALLS = {"fail": 2, "call_fail": 2, "call_refuse": 2, "refuse": 2, "parse_fail": 2, "fail_as": 3, "raise_type": 1,
         "raise_value": 1, "raise_as": 3}
# What only whoever starts the server or types a command reads stays English.
OPERATOR = {"src/main.c", "src/base/option.c", "src/http/app.c", "src/http/server.c"}
QUOTES = {"%.*s"}  # the words of a script, which are nobody's to translate
ARGUMENT = re.compile(r"--[a-z]|^\"%s: ")
TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|//[^\n]*|/\*.*?\*/|.', re.S)
CALL = re.compile(r"\b(%s)\s*\(" % "|".join(CALLS))
ANY = re.compile(r"%[-#0-9.*]*(?:ll|l|z)?[a-zA-Z]")
CONVERSION = re.compile(r"%(?:(\d+)\$)?#?(?:\.(?:\*|\d+))?((?:ll|l|z)?[a-z%])")


def tokens(text):
    return (m.group() for m in TOKEN.finditer(text) if not m.group().startswith(("//", "/*")))


def arguments(text):
    """The arguments of a call, from its opening parenthesis on; a comma inside of brackets is none."""
    depth, found = 0, [""]
    for token in tokens(text):
        if token in "([{":
            depth += 1
            if depth == 1:
                continue
        elif token in ")]}":
            depth -= 1
            if not depth:
                break
        elif token == "," and depth == 1:
            found.append("")
            continue
        found[-1] += token
    return [a.strip() for a in found]


def literals(text):
    """Runs of string literals that stand together."""
    run = None
    for token in tokens(text):
        if token[0] == '"':
            run = (run or "") + token[1:-1]
        elif not token.isspace() and run is not None:
            yield run
            run = None
    if run is not None:
        yield run


def sources():
    for path in sorted((ROOT / "src").rglob("*")):
        if path.suffix in (".c", ".h"):
            yield path.relative_to(ROOT).as_posix(), path.read_text()


def kinds(text):
    """The conversions by place, without what is only how they are shown."""
    found = CONVERSION.findall(text)
    plain = [(place, kind) for place, kind in found if kind != "%"]
    return {int(place) if place else i: kind for i, (place, kind) in enumerate(plain, 1)}


def main():
    found = re.findall(r'^(MESSAGE|PIECE)\("(.*)",\n\s+"(.*)"\)$', TABLE.read_text(), re.M)
    rows = [(en, zh) for kind, en, zh in found if kind == "MESSAGE"]
    pieces = [(en, zh) for kind, en, zh in found if kind == "PIECE"]
    bad = [f"not a row: {line}" for line in TABLE.read_text().splitlines()
           if not re.match(r'((MESSAGE|PIECE)\(".*",|\s+".*"\)|//.*|#undef \w+|)$', line)]
    bad += [f"twice: {en}" for en, n in collections.Counter(en for en, _ in rows + pieces).items() if n > 1]
    bad += [f"other arguments: {en}" for en, zh in rows + pieces if kinds(en) != kinds(zh)]
    said, of_faults = set(), {}
    for name, text in sources():
        said.update(literals(text))
        if name in OPERATOR:
            continue
        for call in CALL.finditer(text):
            given = arguments(text[call.end() - 1:])
            at = CALLS[call.group(1)]
            for format in literals(given[at]) if at < len(given) else ():
                if not ARGUMENT.search(format) and format not in QUOTES:
                    of_faults.setdefault(format, name)
    bad += [f"in no fail(): {en}" for en, _ in rows if en not in of_faults]
    loose = {ANY.sub("%s", text) for text in said}
    bad += [f"said nowhere: {en}" for en, _ in pieces if en not in loose]
    translated = {en for en, _ in rows}
    missing = [(name, format) for format, name in of_faults.items() if format not in translated]
    for line in bad:
        print(line)
    if "--missing" in sys.argv:
        for name, format in missing:
            print(f"{name}: {format}")
    print(f"{len(of_faults) - len(missing)} of {len(of_faults)} formats of faults are translated, "
          f"with {len(pieces)} pieces")
    return bool(bad)


sys.exit(main())
