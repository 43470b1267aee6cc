#!/usr/bin/python3
"""docs/errors.md is api/errors.json for people.

    errors_doc.py          exit 1 if it is not
    errors_doc.py --fix    write it again
"""
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/errors.md"
HEAD = """# Errors

An error is a problem document (RFC 9457, `application/problem+json`) with the members `type`, `title`, `status`, `detail`, `code` and `request_id`. A failing batch adds `step` and `completed`, a failing script `line`, `column`, `printed` and `error`. `code` is stable. `title` is the sentence below, `detail` says what is wrong with this request, in the words of PyTorch where PyTorch has them. Both are Chinese if `Accept-Language` prefers it. With `as=txt` or `as=repr`, or where `Accept` prefers `text/plain`, an error is one line, `code: detail`, in English; that of a script is what was printed, and then the line that Python would end with. The class is what PyTorch or Python usually raises in the same case.

A request that fails changes nothing, except a batch and a script: their completed steps and statements stand. 429 and 503 come with `Retry-After`. `program_unknown` and `singular_matrix` are reserved: nothing answers with them yet.

| status | code | class | | |
| --- | --- | --- | --- | --- |
"""
ADVICE = """
## Why, and what instead

`GET /problems/{code}` tells this in the language of the reader.
"""


def page(errors):
    rows = "".join("| {status} | `{code}` | {class} | {title} | {title_zh} |\n".format_map(e) for e in errors)
    text = HEAD + rows + ADVICE
    for e in (e for e in errors if "why" in e):
        text += f"\n### `{e['code']}`\n\n{e['why']}\n{e['why_zh']}\n\n"
        for i in e["instead"]:
            code = "".join(f" `{line}`" for line in (i["code"] or "").split("\n") if line)
            text += f"- {i['text']} {i['text_zh']}{code}\n"
    return text


errors = json.loads((ROOT / "api/errors.json").read_text())["errors"]
if "--fix" in sys.argv:
    PAGE.write_text(page(errors))
elif not PAGE.is_file() or PAGE.read_text() != page(errors):
    print("docs/errors.md is not what api/errors.json says: run tests/lint/errors_doc.py --fix")
    sys.exit(1)
print(f"{len(errors)} errors, {sum('why' in e for e in errors)} with advice")
