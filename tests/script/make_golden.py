#!/usr/bin/python3
"""Writes *.out: what Python with PyTorch 1.13.1 prints for the programs in *.py beside this file.

    make_golden.py            write every file
    make_golden.py --check    exit 1 if a file is not what PyTorch says now

A file holds many programs; a line `# ---- title` begins one. In the .out file the same lines separate what each
prints. A program that fails ends with `!! LINE CLASS: message` (the message up to its first line end). Addresses and
the numbers of id() are written as 0x… and #….
"""
import contextlib
import io
import math
import pathlib
import re
import sys
import traceback
import warnings

import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).resolve().parent
MARK = re.compile(r"^# ---- (.*)$", re.M)


def programs(text):
    """(title, source) of each program; the source keeps its own line numbers."""
    parts = MARK.split(text)
    return list(zip(parts[1::2], parts[2::2]))


def normal(text):
    text = re.sub(r"0x[0-9a-f]+", "0x…", text)
    return re.sub(r"(?<![\w.])\d{13,}(?![\w.])", "#…", text)


def run(source):
    out = io.StringIO()
    world = {"torch": torch, "F": F, "nn": torch.nn, "optim": torch.optim, "math": math}
    torch.set_grad_enabled(True)
    try:
        code = compile(source.removeprefix("\n"), "<script>", "exec")
        with contextlib.redirect_stdout(out):
            exec(code, world)
    except SyntaxError as error:
        out.write(f"!! {error.lineno} SyntaxError\n")
    except Exception as error:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == "<script>"]
        first = (str(error).splitlines() or [""])[0]
        out.write(f"!! {frames[-1].lineno} {type(error).__name__}: {first}\n")
    return normal(out.getvalue())


def main():
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    wrong = count = 0
    for path in sorted(HERE.glob("*.py")):
        if path.name == pathlib.Path(__file__).name:
            continue
        found = programs(path.read_text(encoding="utf-8"))
        count += len(found)
        text = "".join(f"# ---- {title}\n{run(source)}" for title, source in found)
        golden = path.with_suffix(".out")
        if "--check" in sys.argv:
            if not golden.is_file() or golden.read_text(encoding="utf-8") != text:
                print(f"{golden.name} is not what PyTorch says")
                wrong += 1
        else:
            golden.write_text(text, encoding="utf-8")
    print(f"{count} programs")
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())
