#!/usr/bin/python3
"""Writes npy_cases.h: files as numpy makes them, and the tensors that they hold."""

import io
import pathlib

import numpy as np

NATIVE = {"<f4": "float32", "<f8": "float64", "<i8": "int64", "|b1": "bool"}
READ_AS = {**NATIVE, "<f2": "float32", "<i4": "int64", "<i2": "int64", "|i1": "int64", "<u4": "int64",
           "<u2": "int64", "|u1": "int64"}


def arrays():
    grid = np.arange(6).reshape(2, 3)
    yield np.array(0.1, "<f4")
    yield np.array(-0.0, "<f8")
    yield np.array([2**63 - 1, -2**63, 0], "<i8")
    yield np.array([[True, False], [False, True]])
    yield (grid / 4).astype("<f4")
    yield (grid * 1e300).astype("<f8")
    yield np.array([np.nan, np.inf, -np.inf, 5e-324], "<f8")
    yield np.zeros((0, 3), "<f4")
    yield np.zeros((2, 0, 3), "<i8")
    yield np.zeros((0,), bool)
    yield np.arange(24, dtype="<i8").reshape(1, 2, 3, 4)
    yield np.ones((1,) * 8, "<f4")
    yield np.arange(1000, 1100, dtype="<f4")
    yield np.asfortranarray(grid.astype("<f8"))
    yield np.asfortranarray(np.arange(24, dtype="<f4").reshape(2, 3, 4))
    yield np.asfortranarray(grid % 2 == 0)
    yield np.asfortranarray(np.arange(-12, 12, dtype="<i2").reshape(4, 3, 2))
    yield np.array([0, 1.5, -2, 65504, -65504, 6e-8, -6.1e-5, np.inf, -np.inf, np.nan, 0.1, -0.0], "<f2")
    for kind in "<i4", "<i2", "|i1", "<u4", "<u2", "|u1":
        info = np.iinfo(kind)
        yield np.array([info.min, info.max, 1], kind)


def text(value):
    """A value as the answers have it."""
    if isinstance(value, list):
        return "[" + ",".join(map(text, value)) + "]"
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if not np.isfinite(value):
        return '"NaN"' if np.isnan(value) else '"Infinity"' if value > 0 else '"-Infinity"'
    digits = str(value)
    return digits[:-2] if digits.endswith(".0") and digits != "-0.0" else digits


def nested(array):
    if array.ndim == 0:
        return text(array[()])
    return "[" + ",".join(nested(a) for a in array) + "]"


def literal(data):
    out = ""
    for at, byte in enumerate(data):
        plain = 32 <= byte < 127 and chr(byte) not in '"\\?'
        octal = "%o" if at + 1 == len(data) or not 48 <= data[at + 1] <= 57 else "%03o"
        out += chr(byte) if plain else "\\" + octal % byte
    return '"' + out + '"'


def row(array, version):
    out = io.BytesIO()
    np.lib.format.write_array(out, array, version=version)
    descr = np.lib.format.dtype_to_descr(array.dtype)
    exact = version == (1, 0) and descr in NATIVE and (array.flags.c_contiguous or not array.flags.f_contiguous)
    ours = array.astype(READ_AS[descr])
    return '  {%s, %d, "%s", %s, %s},\n' % (literal(out.getvalue()), len(out.getvalue()), READ_AS[descr],
                                          literal(nested(ours).encode()), "true" if exact else "false")


def main():
    rows = [row(a, (1, 0)) for a in arrays()]
    rows += [row(np.arange(3, dtype="<f8"), (2, 0)), row(np.array([[True]]), (3, 0))]
    with open(pathlib.Path(__file__).with_name("npy_cases.h"), "w", encoding="ascii") as out:
        out.write("// npy_cases.h - files that numpy made. Written by make_npy_cases.py.\n#pragma once\n"
                  "#include <stdbool.h>\n#include <stddef.h>\n\n// clang-format off\nstatic const struct {\n"
                  "  const char *bytes;\n  size_t n;\n  const char *dtype, *json;\n"
                  "  bool exact; // npy_write gives the same bytes\n} NPY_CASES[] = {\n")
        out.writelines(rows)
        out.write("};\n// clang-format on\n")


if __name__ == "__main__":
    main()
