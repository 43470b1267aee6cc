#!/usr/bin/python3
"""The lessons of clients/learn: their programs, against a server, and what their texts say of them.

    lessons_test.py http://127.0.0.1:8080

Each program is sent to POST /v1/run and has to print what PyTorch prints, which is in the .out file beside it. Where
PyTorch is installed, make_lessons.py --check says whether that is still so.
"""
import ast
import pathlib
import re
import subprocess
import sys
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
LESSONS = HERE.parents[1] / "clients/learn/lessons"
FAILING = {"06-retain-graph", "07-in-place"}
STRING = r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\""
WHERE = re.compile(r" \(line (\d+), column \d+\)$")
HINT = re.compile(r" Hint: .*$")  # of PyTorch's own debugging, which a server does not have

failures = []


def expect(true, what):
    if not true:
        failures.append(what)
    return true


def answer(base, source):
    """(status, text) of POST /v1/run."""
    request = urllib.request.Request(f"{base}/v1/run?as=txt", source.encode(), {"Content-Type": "text/plain"})
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def check_run(base, path):
    source = path.read_text(encoding="utf-8")
    wanted = path.with_suffix(".out").read_text(encoding="utf-8").splitlines()
    status, text = answer(base, source)
    got = text.splitlines()
    if path.name.split(".")[0] not in FAILING:
        expect(status == 200, f"{path.name}: status {status}")
        expect(got == wanted, f"{path.name}: printed {got}, PyTorch {wanted}")
        return
    expect(400 <= status < 500, f"{path.name}: status {status}")
    expect(got[:-1] == wanted[:-1], f"{path.name}: printed {got[:-1]}, PyTorch {wanted[:-1]}")
    where = WHERE.search(got[-1]) if got else None
    if expect(where, f"{path.name}: no place of the error in {got[-1:]}"):
        expect(WHERE.sub("", got[-1]) == HINT.sub("", wanted[-1]),
               f"{path.name}: failed with {got[-1]!r}, PyTorch with {wanted[-1]!r}")
        expect(int(where[1]) == len(source.splitlines()), f"{path.name}: does not fail in its last line")


def shape(source):
    """The program without what may differ between languages: comments, texts, and how names are spelt."""
    names = {}
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = str(names.setdefault(node.id, len(names)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
        for field in "col_offset", "end_col_offset":
            if hasattr(node, field):
                setattr(node, field, 0)
    return ast.dump(tree, include_attributes=True)


def check_text(name, language, text, lines):
    for n in map(int, re.findall(r"<Line n=\{(\d+)\}", text)):
        expect(1 <= n <= len(lines) and lines[n - 1].strip(), f"{name}: {language}: there is no line {n}")
    listed = re.search(r"\bchoices: \[(.*?)\n\s*\],\n\s*right: (\d+),", text, re.S)
    if not expect(listed, f"{name}: {language}: no choices, or no right one"):
        return None
    return len(re.findall(STRING, listed[1])), int(listed[2])


def check_lesson(path, index):
    name = path.stem
    sources = {l: path.with_name(f"{name}.{l}.py").read_text(encoding="utf-8") for l in ("en", "zh")}
    lines = {l: source.splitlines() for l, source in sources.items()}
    for language, found in lines.items():
        expect(5 <= len(found) <= 20, f"{name}: {language}: {len(found)} lines")
        expect(found[0] == "import torch", f"{name}: {language}: does not begin with import torch")
    expect(len(lines["en"]) == len(lines["zh"]), f"{name}: the programs differ in length")
    expect(shape(sources["en"]) == shape(sources["zh"]), f"{name}: the programs differ")
    parts = re.split(r"^  (en|zh): \{$", path.read_text(encoding="utf-8"), flags=re.M)
    texts = dict(zip(parts[1::2], parts[2::2]))
    if expect(set(texts) == {"en", "zh"}, f"{name}: not one text in each language"):
        en, zh = (check_text(name, l, texts[l], lines[l]) for l in ("en", "zh"))
        expect(en == zh, f"{name}: (choices, right) are {en} in English, {zh} in Chinese")
        expect(en and 3 <= en[0] <= 4 and en[1] < en[0], f"{name}: choices {en}")
    expect(f"import('./{name}')" in index, f"{name} is not in index.ts")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    base = sys.argv[1].rstrip("/")
    lessons = sorted(LESSONS.glob("[0-9][0-9]-*.tsx"))
    index = (LESSONS / "index.ts").read_text(encoding="utf-8")
    expect([p.name[:2] for p in lessons] == [f"{n:02}" for n in range(1, 11)], "the lessons are not 01 to 10")
    for lesson in lessons:
        check_lesson(lesson, index)
    programs = sorted(LESSONS.glob("*.py"))
    expect(len(programs) == 2 * len(lessons), f"{len(programs)} programs for {len(lessons)} lessons")
    for program in programs:
        check_run(base, program)
    python = "/usr/bin/python3"
    has_torch = subprocess.run([python, "-c", "import torch"], capture_output=True, check=False).returncode == 0
    if has_torch:
        made = subprocess.run([python, HERE / "make_lessons.py", "--check"], capture_output=True, text=True, check=False)
        expect(made.returncode == 0, made.stdout + made.stderr)
    for failure in failures:
        print(failure)
    print(f"{len(lessons)} lessons, {len(programs)} programs, PyTorch {'asked' if has_torch else 'not here'}, "
          f"{len(failures)} failures")
    return len(failures) > 0


if __name__ == "__main__":
    sys.exit(main())
