#!/usr/bin/python3
"""docs/errors.md is src/base/errors.def as a table.

    errors_doc.py          exit 1 if it is not
    errors_doc.py --fix    write it again
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/errors.md"
ROW = re.compile(r'^ERROR\((\w+),\s*(\d+),\s*(\w+),\s*"(.*?)",\s*"(.*?)"\)', re.M)
HEAD = """# Errors

An error is a problem document (RFC 9457, `application/problem+json`) with the members `type`, `title`, `status`, `detail`, `code` and `request_id`; a failing batch adds `step`. `code` is stable. `title` is the sentence below, `detail` says what is wrong with this request, in the words of PyTorch where PyTorch has them. With `as=txt` or `as=repr` an error is one line, `code: detail`. The class is what PyTorch or Python usually raises in the same case.

A request that fails changes nothing, except a batch: its completed steps stand. 429 and 503 come with `Retry-After`. `program_unknown` and `singular_matrix` are reserved: nothing answers with them yet.

| status | code | class | | |
| --- | --- | --- | --- | --- |
"""

rows = ROW.findall((ROOT / "src/base/errors.def").read_text())
page = HEAD + "".join(f"| {status} | `{code}` | {kind} | {en} | {zh} |\n" for code, status, kind, en, zh in rows)
if "--fix" in sys.argv:
    PAGE.write_text(page)
elif not PAGE.is_file() or PAGE.read_text() != page:
    print("docs/errors.md is not what errors.def says: run tests/lint/errors_doc.py --fix")
    sys.exit(1)
print(f"{len(rows)} errors")
