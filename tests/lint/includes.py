#!/usr/bin/python3
"""Checks that includes go one way: a folder of src/ is a layer, and a layer sees only those below it.

Prints what breaks the rule and exits 1. Also keeps each foreign library behind its one door.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')

ORDER = ("base", "tensor", "autograd", "session", "command", "script", "wire", "http")
MAY_SEE = {layer: set(ORDER[: i + 1]) for i, layer in enumerate(ORDER)}
MAY_SEE["work"] = {"base", "work"}
MAY_SEE["http"] |= {"work"}
MAY_SEE["main.c"] = set(MAY_SEE)

# A library: the only places that may name its header.
DOORS = {
    "uv.h": ("work/pool.c", "http/connection.h", "main.c"),
    "microhttpd.h": ("http/connection.h",),
    "cjson/cJSON.h": ("wire/control.c",),
    "cblas.h": ("tensor/linalg.c", "main.c"),
    "uthash.h": ("base/hash.h",),
    "xxhash.h": ("base/hash.c", "http/idempotency.c"),
    "utf8proc.h": ("base/utf8.c",),
    "ini.h": ("base/option.c",),
    "Random123/philox.h": ("tensor/create.c",),
}


def complaints(path):
    name = path.relative_to(ROOT / "src").as_posix()
    layer = name.split("/")[0]
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        own, foreign = found.groups()
        where = f"src/{name}:{number}"
        if own and not (ROOT / "src" / own).is_file():
            yield f'{where}: "{own}" is no path from src/'
        elif own and own.split("/")[0] not in MAY_SEE[layer]:
            yield f"{where}: {layer} may not include {own}"
        elif foreign in DOORS and not name.startswith(DOORS[foreign]):
            yield f"{where}: <{foreign}> belongs to {', '.join(DOORS[foreign])}"
    if path.suffix == ".h" and "#pragma once" not in path.read_text() and name not in GUARDLESS:
        yield f"src/{name}: no #pragma once"


# Read several times over, on purpose.
GUARDLESS = {"autograd/args.h", "autograd/ops_end.h"}

files = [p for p in sorted((ROOT / "src").rglob("*")) if p.suffix in (".c", ".h", ".cc", ".def")]
wrong = [c for p in files for c in complaints(p)]
print("\n".join(wrong) if wrong else f"{len(files)} files include downwards only")
sys.exit(bool(wrong))
