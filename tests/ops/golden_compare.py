"""Comparisons, where and masked_fill."""

from golden_case import Case, simple

OPS = ["eq", "ne", "lt", "le", "gt", "ge"]
INF, NAN = "Infinity", "NaN"


def cases():
    for op in OPS:
        yield from comparison(op)
    yield from where()
    yield from masked_fill()


def comparison(op):
    left, right = [1.0, 2.0, 3.0, NAN, INF, 0.0], [1.0, 3.0, 2.0, NAN, INF, -0.0]
    for dtype in ("float64", "float32"):
        case = Case(f"{op}/{dtype}").tensor("a", left, dtype, True).tensor("b", right, dtype)
        yield case.op(op, "a", "b", out="y").finish()
    case = Case(f"{op}/int64").tensor("a", [1, 2, 3], "int64").tensor("b", [1, 3, 2], "int64")
    yield case.op(op, "a", "b", out="y").finish()
    case = Case(f"{op}/bool").tensor("a", [True, True, False], "bool")
    case.tensor("b", [True, False, True], "bool")
    yield case.op(op, "a", "b", out="y").finish()
    case = Case(f"{op}/int64-float32").tensor("a", [1, 2, 3], "int64").tensor("b", [1.0, 2.5, 2.5], "float32")
    yield case.op(op, "a", "b", out="y").finish()
    case = Case(f"{op}/bool-int64").tensor("a", [True, False], "bool").tensor("b", [1, 2], "int64")
    yield case.op(op, "a", "b", out="y").finish()
    yield Case(f"{op}/int64-fraction").tensor("a", [1, 2, 3], "int64").op(op, "a", 1.5, out="y").finish()
    yield Case(f"{op}/number").tensor("a", [0.5, 1.0, 2.0]).op(op, "a", 1, out="y").finish()
    # 0.1 as a Python number against 0.1 in float32.
    yield Case(f"{op}/number-float32").tensor("a", [0.1, 0.2], "float32").op(op, "a", 0.1, out="y").finish()
    yield Case(f"{op}/keyword").tensor("a", [0.5, 1.0, 2.0]).op(op, "a", other=1.0, out="y").finish()
    for n, shapes in enumerate([([2, 3], [3]), ([2, 1], [1, 2]), ([], [2]), ([0, 2], [1, 2]), ([], [])]):
        yield simple(f"{op}/broadcast-{n}", op, shapes, dtype="int64", domain=(0, 2))
    yield simple(f"{op}/transposed", op, [[3, 2], [3, 2]], dtype="int64", domain=(0, 2), layout="transposed")


def chosen(ident, shape, left, right, dtypes=("float64", "float64"), second=False):
    """where(c, a, b) with a random condition of the given shape."""
    case = Case(ident)
    case.random("c", shape, "bool")
    names = []
    for name, side, dtype in (("a", left, dtypes[0]), ("b", right, dtypes[1])):
        if isinstance(side, list):
            case.random(name, side, dtype, dtype.startswith("float"))
            names.append(name)
        else:
            names.append(side)
    case.op("where", "c", *names, out="y")
    if second:
        return case.second([n for n in names if isinstance(n, str)]).finish()
    return case.seed_backward().finish()


def where():
    yield chosen("where/float64", [2, 3], [2, 3], [2, 3])
    yield chosen("where/float32", [2, 3], [2, 3], [2, 3], ("float32", "float32"))
    yield chosen("where/scalar", [], [], [])
    yield chosen("where/empty", [0, 2], [0, 2], [1, 2])
    yield chosen("where/broadcast-condition", [3], [2, 3], [2, 1])
    yield chosen("where/broadcast-sides", [2, 2], [2], [])
    yield chosen("where/broadcast-all", [2, 1, 1], [3, 1], [2])
    yield chosen("where/second", [4], [4], [4], second=True)
    yield chosen("where/number-right", [4], [4], 1.5)
    yield chosen("where/number-left", [4], 0.0, [4])
    yield chosen("where/int-number", [4], [4], 0)
    yield chosen("where/numbers", [4], 1.0, 0.0)
    yield chosen("where/int-numbers", [4], 1, 0)
    yield chosen("where/float32-number", [4], [4], 0.1, ("float32", "float32"))
    yield chosen("where/float32-float64", [4], [4], [4], ("float32", "float64"))
    yield chosen("where/int64-float32", [4], [4], [4], ("int64", "float32"))
    yield chosen("where/int64", [4], [4], [4], ("int64", "int64"))
    yield chosen("where/bool", [4], [4], [4], ("bool", "bool"))
    yield chosen("where/bool-int64", [4], [4], [4], ("bool", "int64"))
    yield chosen("where/int64-number", [4], [4], 0.5, ("int64", "int64"))
    yield chosen("where/zero-dim-float64", [4], [4], [], ("float32", "float64"))
    # The branch that is not taken contributes no NaN of its own, but keeps the one that flows through it.
    case = Case("where/masked-nan").tensor("a", [0.0, 4.0], grad=True).op("sqrt", "a", out="r")
    case.op("gt", "a", 0, out="c").op("where", "c", "r", 0.0, out="y")
    yield case.tensor("gy", [1.0, 1.0]).backward("y", "gy").finish()
    case = Case("where/transposed")
    case.random("c", [3, 2], "bool", layout="transposed")
    case.random("a", [3, 2], grad=True, layout="transposed")
    case.random("b", [3, 2], grad=True)
    yield case.op("where", "_c", "_a", "b", out="y").seed_backward().finish()
    case = Case("where/compared")
    case.random("a", [5], grad=True)
    case.op("gt", "a", 0.0, out="c").op("mul", "a", 2.0, out="b").op("where", "c", "a", "b", out="y")
    yield case.seed_backward().finish()


def masked_fill():
    for label, shape, mask, dtype, value in (
        ("float64", [2, 3], [2, 3], "float64", 9.0), ("float32", [2, 3], [2, 3], "float32", 0.1),
        ("broadcast", [2, 3], [3], "float64", 0.0), ("broadcast-column", [2, 3], [2, 1], "float64", -1),
        ("scalar", [], [], "float64", 3.0), ("empty", [0, 2], [2], "float64", 1.0),
        ("int64", [4], [4], "int64", 7),
        ("bool", [4], [4], "bool", True), ("infinite", [2, 2], [2, 2], "float64", "-Infinity"),
        ("wider-mask", [3], [2, 3], "float64", 1.0), ("int64-fraction", [4], [4], "int64", 1.5),
    ):
        case = Case(f"masked_fill/{label}", may_fail=label == "int64-fraction")
        case.random("a", shape, dtype, dtype.startswith("float"))
        case.random("m", mask, "bool")
        yield case.op("masked_fill", "a", "m", value, out="y").seed_backward().finish()
    for label, grad in (("tensor-value", True), ("plain-tensor-value", False)):
        case = Case(f"masked_fill/{label}")
        case.random("a", [2, 3], grad=True)
        case.random("m", [2, 3], "bool")
        case.tensor("v", [5.0], grad=grad, shape=[])
        yield case.op("masked_fill", "a", "m", "v", out="y").seed_backward().finish()
    case = Case("masked_fill/keyword")
    case.random("a", [3], grad=True)
    case.random("m", [3], "bool")
    yield case.op("masked_fill", "a", mask="m", value=2.0, out="y").seed_backward().finish()
    case = Case("masked_fill/second")
    case.random("a", [4], grad=True)
    case.random("m", [4], "bool")
    yield case.op("masked_fill", "a", "m", 2.0, out="y").second(["a"]).finish()
    case = Case("masked_fill/transposed")
    case.random("a", [3, 2], grad=True, layout="transposed")
    case.random("m", [3, 2], "bool", layout="transposed")
    yield case.op("masked_fill", "_a", "_m", 0.0, out="y").seed_backward().finish()
    case = Case("masked_fill/causal")
    case.random("a", [3, 3], grad=True)
    case.tensor("m", [False, True, True, False, False, True, False, False, False], "bool", shape=[3, 3])
    case.op("masked_fill", "a", "m", "-Infinity", out="s").op("softmax", "s", 1, out="y")
    yield case.seed_backward().finish()
