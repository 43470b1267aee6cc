#!/usr/bin/python3
"""Writes repr_cases.jsonl: tensors, and what PyTorch 1.13.1 prints for them.

    make_repr_cases.py [--count N] [--seed N] [--largest BYTES] [FILE]

A line is {"dtype", "shape", "data", "swap", "requires_grad", "grad_fn", "default", "repr"}. `data` is repeated
until it fills `shape`; then the two dims named by `swap` (or null) are transposed.
"""

import argparse
import json
import math
import pathlib
import random

import numpy
import torch

FLOATS = ("float32", "float64")
EDGES = [0.0, -0.0, 1.0, -1.0, 1e-4, 9.9999e-5, 0.99995, 9.99995, 99999.99995, 1e8, 1e8 + 8, 99999999.0, 1e5, 1000.0,
         1001.0, 0.00005, 123456.789, 2.5, 0.5, 1.5, 16777216.0, 1e-38, 1e38, -1e-7, 1234.5, -99.5]
HUGE = [1e-300, 1e300, -5e-324, 1.7976931348623157e308, 1e99, 9.99999e99, 1e-100, 9.99999e-100]


def float_maker(rng, dtype):
    """A function that draws one value, of a style chosen once for the whole tensor."""
    scale = 10.0 ** rng.randint(-9, 11)
    styles = [
        lambda: rng.gauss(0, 1),
        lambda: rng.uniform(0, 1),
        lambda: rng.gauss(0, scale),
        lambda: abs(rng.gauss(0, scale)),
        lambda: float(rng.randint(-9, 9)),
        lambda: float(rng.randint(0, 10 ** rng.randint(1, 10))),
        lambda: float(rng.randint(-1500, 1500)),
        lambda: rng.randint(-4000, 4000) / 4.0,
        lambda: 10.0 ** rng.uniform(-5, 5),
        lambda: rng.choice(EDGES),
        lambda: rng.choice(EDGES[:4]),
        lambda: rng.choice((0.0, math.nan, math.inf, -math.inf)),
        lambda: rng.choice(EDGES + HUGE) if dtype == "float64" else rng.choice(EDGES),
        lambda: 0.0,
    ]
    draw = rng.choice(styles)
    odd = rng.choice((0, 0, 0, 0.1, 0.3))
    specials = (math.nan, math.inf, -math.inf, 0.0, -0.0)
    return lambda: rng.choice(specials) if rng.random() < odd else draw()


def integer_maker(rng):
    top = rng.choice((1, 9, 10, 99, 1000, 10 ** 6, 2 ** 40, 2 ** 63 - 1))
    low = rng.choice((0, -top, -1 - top))
    return lambda: rng.randint(low, top)


def sizes(rng):
    rank = rng.choice((0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4))
    if rng.random() < 0.08:
        dims = [rng.choice((0, 1, 2, 3)) for _ in range(rank)]
        if rank:
            dims[rng.randrange(rank)] = 0
        return dims
    if rng.random() < 0.2:  # beyond the threshold of 1000, now and then by just a little
        return {0: [], 1: [rng.choice((999, 1000, 1001, 5000))], 2: rng.choice(([7, 150], [3, 400], [400, 3], [25, 41])),
                3: rng.choice(([12, 12, 12], [2, 30, 30], [8, 6, 40])), 4: rng.choice(([7, 7, 7, 7], [2, 8, 2, 40]))}[rank]
    return [rng.choice((1, 2, 3, 4, 5, 6, 7, 8, 13, 30) if rank < 3 else (1, 2, 3, 4)) for _ in range(rank)]


def grad_fn(rng, x):
    """A result with a history, of the same values where the op keeps them."""
    return rng.choice((lambda: x * 1, lambda: x.clone(), lambda: x.unsqueeze(0)[0],
                       lambda: torch.nn.functional.relu(x), lambda: torch.nn.functional.logsigmoid(x)))()


def plain(x):
    """A number as JSON has it, with no more digits than its dtype needs."""
    if isinstance(x, (bool, numpy.bool_)):
        return bool(x)
    if isinstance(x, (int, numpy.integer)):
        return int(x)
    if not numpy.isfinite(x):
        return "NaN" if numpy.isnan(x) else "Infinity" if x > 0 else "-Infinity"
    return float(str(x))


def case(rng):
    dtype = rng.choice(("float32", "float32", "float32", "float64", "float64", "int64", "bool"))
    default = rng.choice(("float32", "float32", "float32", "float64"))
    shape = sizes(rng)
    count = math.prod(shape)
    draw = (float_maker(rng, dtype) if dtype in FLOATS else integer_maker(rng) if dtype == "int64" else
            rng.choice((lambda: rng.random() < 0.5, lambda: True, lambda: False)))
    values = [draw() for _ in range(count if count <= 60 else 61)] or [draw()]
    array = numpy.array(values, dtype=dtype)
    x = torch.from_numpy(numpy.resize(array, count)).reshape(shape)
    swap = rng.sample(range(len(shape)), 2) if len(shape) > 1 and rng.random() < 0.2 else None
    if swap:
        x = x.transpose(*swap)
    name, leaf = None, dtype in FLOATS and rng.random() < 0.25
    if dtype in FLOATS and not leaf and rng.random() < 0.25:
        y = grad_fn(rng, x.detach().requires_grad_())
        if y.shape == x.shape and torch.equal(y.detach().nan_to_num(7), x.nan_to_num(7)):
            x, name = y, type(y.grad_fn).__name__
            if bool((torch.signbit(y.detach()) != torch.signbit(x.detach())).any()):
                return None
    elif leaf:
        x = x.detach().requires_grad_()
    torch.set_default_dtype(getattr(torch, default))
    printed = repr(x)
    torch.set_default_dtype(torch.float32)
    return {"dtype": dtype, "shape": shape, "data": [plain(v) for v in array], "swap": swap,
            "requires_grad": leaf or name is not None, "grad_fn": name, "default": default, "repr": printed}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--largest", type=int, default=6000, help="bytes of one line")
    parser.add_argument("file", nargs="?", default=pathlib.Path(__file__).with_name("repr_cases.jsonl"))
    args = parser.parse_args()
    rng, written = random.Random(args.seed), 0
    with open(args.file, "w", encoding="ascii") as out:
        while written < args.count:
            made = case(rng)
            line = made and json.dumps(made, separators=(",", ":"), allow_nan=False)
            if line and len(line) <= args.largest:
                out.write(line + "\n")
                written += 1


if __name__ == "__main__":
    main()
