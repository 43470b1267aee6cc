#!/usr/bin/python3
"""Writes clients/learn/lessons/*.out: what Python with PyTorch 1.13.1 prints for the programs beside them.

    make_lessons.py            write every file
    make_lessons.py --check    exit 1 if a file is not what PyTorch says now

A program that fails ends with the line `CLASS: message`.
"""
import contextlib
import io
import pathlib
import sys
import warnings

import torch

LESSONS = pathlib.Path(__file__).resolve().parents[2] / "clients/learn/lessons"


def run(source):
    out = io.StringIO()
    torch.set_grad_enabled(True)
    with contextlib.redirect_stdout(out):
        try:
            exec(compile(source, "<lesson>", "exec"), {})
        except Exception as error:
            print(f"{type(error).__name__}: {error}")
    return out.getvalue()


def main():
    warnings.simplefilter("ignore")  # .grad of a non-leaf
    torch.set_num_threads(1)
    programs = sorted(LESSONS.glob("*.py"))
    wrong = 0
    for path in programs:
        text = run(path.read_text(encoding="utf-8"))
        golden = path.with_suffix(".out")
        if "--check" not in sys.argv:
            golden.write_text(text, encoding="utf-8")
        elif not golden.is_file() or golden.read_text(encoding="utf-8") != text:
            print(f"{golden.name} is not what PyTorch says")
            wrong += 1
    print(f"{len(programs)} programs, {wrong} wrong")
    return wrong > 0 or not programs


if __name__ == "__main__":
    sys.exit(main())
