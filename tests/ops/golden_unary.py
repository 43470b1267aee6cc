"""Elementwise functions of one tensor: values, gradients, dtypes, layouts, special values."""

from golden_case import Case, simple

REAL, POSITIVE, UNIT, OVER_ONE = (-2.0, 2.0), (0.1, 3.0), (-0.95, 0.95), (1.1, 4.0)

# op: the domain its samples come from
SMOOTH = {
    "neg": REAL, "abs": REAL, "exp": REAL, "log": POSITIVE, "sqrt": POSITIVE, "rsqrt": POSITIVE,
    "reciprocal": POSITIVE, "square": REAL, "sin": REAL, "cos": REAL, "tan": UNIT, "tanh": REAL,
    "sigmoid": REAL,
    "relu": REAL, "log1p": POSITIVE, "expm1": REAL, "log2": POSITIVE, "log10": POSITIVE, "exp2": REAL,
    "asin": UNIT,
    "acos": UNIT, "atan": REAL, "sinh": REAL, "cosh": REAL, "asinh": REAL, "acosh": OVER_ONE, "atanh": UNIT,
    "erf": REAL,
}
STEPS = {"sign": REAL, "floor": REAL, "ceil": REAL, "round": REAL, "trunc": REAL}
TESTS = ["isnan", "isinf", "isfinite", "logical_not"]

NAN, INF = "NaN", "Infinity"
SPECIALS = [0.0, -0.0, 1.0, -1.0, NAN, INF, "-Infinity", 1e30, -1e-30]
HALVES = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49999999999999994, 2.675]

# Points where the derivative has a jump, a pole or a limit. Overflowing chains of 0 * inf are left out.
KINKS = {
    "abs": [0.0, -0.0, NAN, INF], "relu": [0.0, -0.0, NAN, INF], "sign": [0.0, -0.0],
    "sqrt": [0.0, INF, -1.0],
    "rsqrt": [0.0, INF], "log": [0.0, INF, -1.0], "log2": [0.0], "log10": [0.0], "log1p": [-1.0, 0.0],
    "reciprocal": [0.0, INF], "asin": [1.0, -1.0, 2.0], "acos": [1.0, -1.0, 2.0], "atanh": [1.0, -1.0],
    "acosh": [1.0, 0.5], "tanh": [0.0, INF, 40.0], "sigmoid": [0.0, INF, "-Infinity", 100.0, -100.0],
    "exp": [0.0, "-Infinity", INF, NAN], "square": [0.0, INF], "floor": [1.0, -1.5], "round": [0.5, 1.5],
    "erf": [0.0, INF, 10.0], "atan": [0.0, INF], "neg": [0.0, -0.0, INF], "sin": [0.0, INF],
    "cos": [0.0, INF],
}


def cases():
    for op, domain in {**SMOOTH, **STEPS}.items():
        yield simple(f"{op}/float64", op, [[2, 3]], domain=domain)
        yield simple(f"{op}/float32", op, [[2, 3]], dtype="float32", domain=domain)
        yield simple(f"{op}/scalar", op, [[]], domain=domain)
        yield simple(f"{op}/empty", op, [[0, 3]], domain=domain)
        yield simple(f"{op}/transposed", op, [[3, 2]], domain=domain, layout="transposed")
        yield simple(f"{op}/strided", op, [[2, 2]], dtype="float32", domain=domain, layout="strided")
        yield simple(f"{op}/int64", op, [[4]], dtype="int64", domain=(1, 4), may_fail=True)
        yield simple(f"{op}/bool", op, [[4]], dtype="bool", may_fail=True)
        yield special(op, "float64")
        if op in SMOOTH:
            yield simple(f"{op}/second", op, [[3]], domain=domain, second=True)
    for op, points in KINKS.items():
        yield kink(op, points)
    for op in TESTS:
        yield from tests(op)
    for op in ("floor", "ceil", "round", "trunc"):
        yield Case(f"{op}/halves").tensor("a", HALVES).op(op, "a", out="y").finish()
    for op in ("exp", "log", "sqrt", "tanh", "sigmoid", "sin"):
        yield special(op, "float32")
        yield keyword(op)
        yield expanded(op)
    yield from clamp()
    yield from power()


def special(op, dtype):
    case = Case(f"{op}/special-{dtype}").tensor("a", SPECIALS, dtype)
    return case.op(op, "a", out="y").finish()


def kink(op, points):
    case = Case(f"{op}/kink").tensor("a", points, grad=True).op(op, "a", out="y")
    return case.tensor("gy", [1.0] * len(points)).backward("y", "gy").finish()


def keyword(op):
    case = Case(f"{op}/keyword").tensor("a", [0.25, 0.75], grad=True)
    return case.op(op, input="a", out="y").seed_backward().finish()


def expanded(op):
    """Every row of the input is the same storage; the gradient gathers them."""
    return simple(f"{op}/expanded", op, [[3, 2]], domain=POSITIVE, layout="expanded")


def tests(op):
    for dtype in ("float64", "float32"):
        yield Case(f"{op}/{dtype}").tensor("a", SPECIALS, dtype).op(op, "a", out="y").finish()
    yield Case(f"{op}/grad").tensor("a", [0.0, 1.5], grad=True).op(op, "a", out="y").finish()
    yield simple(f"{op}/int64", op, [[4]], dtype="int64", domain=(-1, 1))
    yield simple(f"{op}/bool", op, [[4]], dtype="bool")
    yield simple(f"{op}/scalar", op, [[]])
    yield simple(f"{op}/empty", op, [[2, 0]])
    yield simple(f"{op}/transposed", op, [[3, 2]], layout="transposed")


def clamp():
    for dtype in ("float64", "float32"):
        yield simple(f"clamp/both-{dtype}", "clamp", [[2, 4]], -0.5, 0.75, dtype=dtype)
        yield simple(f"clamp/min-{dtype}", "clamp", [[2, 4]], min=-0.25, dtype=dtype)
        yield simple(f"clamp/max-{dtype}", "clamp", [[2, 4]], max=0.25, dtype=dtype)
    yield simple("clamp/min-positional", "clamp", [[5]], 0.1)
    yield simple("clamp/none-first", "clamp", [[5]], None, 0.1)
    yield simple("clamp/crossed", "clamp", [[5]], 1.0, -1.0)
    yield simple("clamp/int-bounds", "clamp", [[5]], 0, 1)
    yield simple("clamp/infinite", "clamp", [[5]], min=0.0, max=INF)
    yield simple("clamp/scalar", "clamp", [[]], -0.1, 0.1)
    yield simple("clamp/empty", "clamp", [[0, 2]], -0.1, 0.1)
    yield simple("clamp/transposed", "clamp", [[3, 2]], -0.5, 0.5, layout="transposed")
    yield simple("clamp/strided", "clamp", [[2, 2]], -0.5, 0.5, layout="strided")
    yield simple("clamp/second", "clamp", [[5]], -0.5, 0.5, second=True)
    for label, args in (("both", [1.0, 2.0]), ("low", [1.0]), ("high", [None, 2.0])):
        case = Case(f"clamp/bounds-{label}").tensor("a", [0.5, 1.0, 1.5, 2.0, 2.5, NAN], grad=True)
        yield case.op("clamp", "a", *args, out="y").tensor("gy", [1.0] * 6).backward("y", "gy").finish()
    for dtype in ("int64", "bool"):
        yield simple(f"clamp/{dtype}", "clamp", [[5]], 0, 1, dtype=dtype, may_fail=True)
        yield simple(f"clamp/{dtype}-float-bound", "clamp", [[5]], 0.5, dtype=dtype, may_fail=True)
    yield simple("clamp/no-bounds", "clamp", [[5]], may_fail=True)


def power():
    """pow with a number: the exponents that PyTorch treats on their own, and a number as the base."""
    for exponent in (2, 3, 0.5, -1, 1.5, -0.5, 1, 0, 4.0, -2):
        label = str(exponent).replace("-", "minus-").replace(".", "_")
        yield simple(f"pow/number-{label}", "pow", [[2, 2]], exponent, domain=POSITIVE)
        yield simple(f"pow/number-{label}-float32", "pow", [[3]], exponent, dtype="float32", domain=POSITIVE)
        yield simple(f"pow/number-{label}-second", "pow", [[3]], exponent, domain=POSITIVE, second=True)
    yield simple("pow/negative-base", "pow", [[4]], 3, domain=(-2.0, -0.5))
    yield simple("pow/negative-base-fraction", "pow", [[4]], 0.5, domain=(-2.0, -0.5))
    for exponent in (0, 1, 2, 0.5, -1):
        case = Case(f"pow/zero-base-{exponent}").tensor("a", [0.0, -0.0, 2.0], grad=True)
        yield case.op("pow", "a", exponent, out="y").tensor("gy", [1.0] * 3).backward("y", "gy").finish()
    for base in (2, 0.5, 1, 10.0):
        yield based(base)
    for dtype, exponent in (("int64", 2), ("int64", 0), ("int64", -1), ("int64", 0.5), ("bool", 2)):
        label = str(exponent).replace("-", "minus-").replace(".", "_")
        yield simple(f"pow/{dtype}-{label}", "pow", [[4]], exponent, dtype=dtype, domain=(0, 3),
                     may_fail=True)
    yield simple("pow/scalar", "pow", [[]], 2)
    yield simple("pow/empty", "pow", [[0, 2]], 2)
    yield simple("pow/number-transposed", "pow", [[3, 2]], 2, layout="transposed")
    yield simple("pow/number-keyword", "pow", [[3]], exponent=2)


def based(base):
    case = Case(f"pow/base-{str(base).replace('.', '_')}")
    case.random("a", [2, 2], grad=True)
    return case.op("pow", base, "a", out="y").seed_backward().finish()
