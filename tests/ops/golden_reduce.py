"""Reductions: dims, keepdim, empty dims, ties, special values, dtypes; cumsum; norms."""

from golden_case import Case, simple

INF, NAN = "Infinity", "NaN"

# Reductions that take a list of dims, and those that take one.
MANY = ["sum", "mean", "amax", "amin", "logsumexp", "var", "std"]
ONE = ["max", "min", "argmax", "argmin", "any", "all", "prod"]
NEEDS_DIM = {"logsumexp"}
DIMS = [0, 1, -1, -3, [0, 1], [0, -1], [0, 1, 2]]


def cases():
    for op in MANY + ONE:
        yield from common(op)
    for op in MANY:
        yield from many(op)
    for op in ONE:
        yield from one(op)
    yield from ties()
    yield from special()
    yield from deviation()
    yield from product()
    yield from cumsum()
    yield from norms()
    yield from dtypes()


def outputs(op, has_dim):
    return ["values", "indices"] if op in ("max", "min") and has_dim else "y"


def common(op):
    args = [0] if op in NEEDS_DIM else []
    for dtype in ("float64", "float32", "int64", "bool"):
        yield simple(f"{op}/{dtype}", op, [[2, 3]], *args, dtype=dtype, domain=(-3.0, 3.0), may_fail=True)
    yield simple(f"{op}/scalar", op, [[]], *args)
    # PyTorch 1.13 differentiates var of one element to a gradient of the wrong shape.
    yield simple(f"{op}/one-element", op, [[1, 1]], *args, grad=op not in ("var", "std"))
    yield simple(f"{op}/transposed", op, [[3, 2]], *args, layout="transposed")
    yield simple(f"{op}/strided-dim", op, [[2, 2]], 1, dtype="float32", layout="strided",
                 out=outputs(op, True))
    yield simple(f"{op}/expanded-dim", op, [[3, 2]], 0, layout="expanded", out=outputs(op, True))
    yield simple(f"{op}/permuted-dim", op, [[2, 3, 2]], 1, layout="transposed", out=outputs(op, True))
    yield simple(f"{op}/empty", op, [[0]], *args, may_fail=True)
    yield simple(f"{op}/empty-dim", op, [[0, 2]], 0, out=outputs(op, True), may_fail=True)
    yield simple(f"{op}/beside-empty-dim", op, [[0, 2]], 1, out=outputs(op, True))
    yield simple(f"{op}/scalar-dim", op, [[]], 0, out=outputs(op, True), may_fail=op in ("var", "std"))
    yield simple(f"{op}/scalar-negative-dim", op, [[]], -1, out=outputs(op, True))
    if op not in ("argmax", "argmin", "any", "all"):
        yield simple(f"{op}/second", op, [[2, 3]], 1, second=True, out=outputs(op, True))
        if op not in NEEDS_DIM:
            yield simple(f"{op}/second-full", op, [[4]], second=True)


def many(op):
    for dims in DIMS:
        label = "-".join(map(str, dims)) if isinstance(dims, list) else dims
        yield simple(f"{op}/dim-{label}", op, [[2, 3, 2]], dim=dims)
    for dims in (1, [0, 2]):
        label = "-".join(map(str, dims)) if isinstance(dims, list) else dims
        yield simple(f"{op}/keepdim-{label}", op, [[2, 3, 2]], dim=dims, keepdim=True)
    yield simple(f"{op}/keepdim-float32", op, [[2, 3]], dim=-1, keepdim=True, dtype="float32")
    if op not in ("var", "std"):
        yield simple(f"{op}/positional-keepdim", op, [[2, 3]], 0, True)
        yield simple(f"{op}/positional-list", op, [[2, 3, 2]], [0, 1], True)
    if op not in NEEDS_DIM and op not in ("var", "std"):
        yield simple(f"{op}/empty-list", op, [[2, 2]], dim=[], may_fail=True)


def one(op):
    out = outputs(op, True)
    for dim in (0, 1, -1, -3):
        yield simple(f"{op}/dim-{dim}", op, [[2, 3, 2]], dim=dim, out=out)
    yield simple(f"{op}/keepdim", op, [[2, 3]], dim=1, keepdim=True, out=out)
    yield simple(f"{op}/positional", op, [[2, 3]], 0, True, dtype="float32", out=out)
    for dtype in ("int64", "bool"):
        yield simple(f"{op}/dim-{dtype}", op, [[2, 3]], 1, dtype=dtype, out=out, may_fail=True)


def ties():
    """Equal extremes: the full reduction and amax share the gradient, max(dim) gives it to its index."""
    data, weights = [2.0, 3.0, 3.0, 3.0, 1.0, 3.0], [1.0, 2.0]
    for op in ("max", "min", "amax", "amin"):
        sign = 1.0 if op.endswith("max") else -1.0
        values = [sign * v for v in data]
        yield Case(f"{op}/ties").tensor("a", values, grad=True).op(op, "a", out="y").backward("y").finish()
        case = Case(f"{op}/ties-dim").tensor("a", values, grad=True, shape=[2, 3])
        case.op(op, "a", 1, out=outputs(op, True))
        root = "values" if op in ("max", "min") else "y"
        yield case.tensor("gy", weights).backward(root, "gy").finish()
    for op in ("argmax", "argmin"):
        yield Case(f"{op}/ties").tensor("a", [1.0, 3.0, 1.0, 3.0]).op(op, "a", out="y").finish()
        case = Case(f"{op}/ties-dim").tensor("a", [1.0, 1.0, 2.0, 2.0], shape=[2, 2])
        yield case.op(op, "a", 1, out="y").finish()
        yield Case(f"{op}/nan").tensor("a", [1.0, NAN, 5.0, NAN]).op(op, "a", out="y").finish()
    for op in ("max", "min"):
        case = Case(f"{op}/of-two").tensor("a", [1.0, 4.0, 2.0], grad=True)
        case.tensor("b", [3.0, 4.0, 1.0], grad=True)
        yield case.op(op, "a", "b", out="y").seed_backward().finish()
        case = Case(f"{op}/indices-used").tensor("a", [1.0, 4.0, 2.0, 0.0], grad=True, shape=[2, 2])
        case.op(op, "a", 1, True, out=["v", "i"]).op("gather", "a", 1, "i", out="y")
        yield case.seed_backward().finish()


def special():
    rows = [1.0, NAN, 2.0, INF, 1.0, "-Infinity", "-Infinity", "-Infinity", "-Infinity"]
    for op in ("sum", "mean", "max", "min", "amax", "amin", "prod", "any", "all", "logsumexp", "var"):
        case = Case(f"{op}/special").tensor("a", rows, shape=[3, 3])
        yield case.op(op, "a", 1, out=outputs(op, True)).finish()
    for op in ("max", "min", "amax", "amin"):
        case = Case(f"{op}/nan-grad").tensor("a", [1.0, NAN, 3.0], grad=True).op(op, "a", out="y")
        yield case.backward("y").finish()
    for label, data in (("infinite", [INF, 1.0]), ("minus-infinite", ["-Infinity", "-Infinity"]),
                        ("large", [1000.0, 1001.0]), ("small", [-1000.0, -1001.0])):
        case = Case(f"logsumexp/{label}").tensor("a", data, grad=True).op("logsumexp", "a", 0, out="y")
        yield case.backward("y").finish()


def deviation():
    """var and std: what divides the sum of squares."""
    for op in ("var", "std"):
        yield simple(f"{op}/biased", op, [[5]], unbiased=False)
        yield simple(f"{op}/biased-positional", op, [[5]], False)
        yield simple(f"{op}/dim-biased", op, [[2, 3]], 1, False)
        yield simple(f"{op}/dim-positional", op, [[2, 3]], [1], True, True)
        yield simple(f"{op}/dim-biased-keepdim", op, [[2, 3]], dim=0, unbiased=False, keepdim=True)
        for correction in (0, 1, 2):
            yield simple(f"{op}/correction-{correction}", op, [[2, 4]], dim=1, correction=correction)
        yield simple(f"{op}/correction-full", op, [[2, 2]], dim=None, correction=0, dtype="float32")
        yield simple(f"{op}/correction-second", op, [[4]], dim=0, correction=0, second=True)
        case = Case(f"{op}/constant").tensor("a", [2.0, 2.0, 2.0], grad=True).op(op, "a", out="y")
        yield case.backward("y").finish()


def product():
    """The gradient of prod where one, two or no factor is zero."""
    for zeros, data in enumerate(([2.0, 3.0, 4.0], [2.0, 0.0, 4.0], [0.0, 3.0, 0.0])):
        case = Case(f"prod/zeros-{zeros}").tensor("a", data, grad=True).op("prod", "a", out="y")
        yield case.backward("y").finish()
        case = Case(f"prod/zeros-dim-{zeros}").tensor("a", data + [1.0, 2.0, 3.0], grad=True, shape=[2, 3])
        yield case.op("prod", "a", 1, out="y").tensor("gy", [1.0, 2.0]).backward("y", "gy").finish()
    for zeros, data in enumerate(([2.0, 3.0, 4.0], [2.0, 0.0, 4.0])):
        case = Case(f"prod/zeros-second-{zeros}").tensor("a", data, grad=True).op("prod", "a", out="y")
        yield case.second(["a"]).finish()


def cumsum():
    for dim in (0, 1, -1):
        yield simple(f"cumsum/dim-{dim}", "cumsum", [[2, 3]], dim)
    yield simple("cumsum/float32", "cumsum", [[4]], 0, dtype="float32")
    yield simple("cumsum/keyword", "cumsum", [[2, 2]], dim=1)
    yield simple("cumsum/middle", "cumsum", [[2, 3, 2]], 1)
    yield simple("cumsum/second", "cumsum", [[4]], 0, second=True)
    yield simple("cumsum/int64", "cumsum", [[4]], 0, dtype="int64")
    yield simple("cumsum/bool", "cumsum", [[4]], 0, dtype="bool")
    yield cast("cumsum", 0)
    yield simple("cumsum/scalar", "cumsum", [[]], 0)
    yield simple("cumsum/empty", "cumsum", [[0, 2]], 0)
    yield simple("cumsum/transposed", "cumsum", [[3, 2]], 0, layout="transposed")
    yield simple("cumsum/strided", "cumsum", [[2, 3]], 1, layout="strided")
    case = Case("cumsum/special").tensor("a", [1.0, INF, 1.0, "-Infinity", NAN, 1.0])
    yield case.op("cumsum", "a", 0, out="y").finish()


def cast(op, *args):
    """The dtype keyword casts before reducing."""
    case = Case(f"{op}/cast").tensor("a", [1, 2, 3, 4], "int64")
    return case.op(op, "a", *args, out="y", dtype="float64").finish()


def dtypes():
    for op in ("sum", "mean", "prod"):
        yield cast(op)
        case = Case(f"{op}/cast-grad").tensor("a", [0.1, 0.2, 0.3], "float32", True)
        yield case.op(op, "a", out="y", dtype="float64").backward("y").finish()
        case = Case(f"{op}/cast-dim").tensor("a", [1, 2, 3, 4], "int64", shape=[2, 2])
        args = [1] if op == "prod" else [[1], True]
        yield case.op(op, "a", *args, out="y", dtype="float32").finish()
    case = Case("sum/to-int64").tensor("a", [1.9, 2.9])
    yield case.op("sum", "a", out="y", dtype="int64").finish()
    # 2**24 + 1 is not a float32; int64 sums are exact; a long float32 sum keeps its digits.
    case = Case("sum/exact-int64").tensor("a", [9007199254740993, 1], "int64")
    yield case.op("sum", "a", out="y").finish()
    case = Case("sum/long-float32").op("full", [4000], 0.1, dtype="float32", out="_a")
    yield case.op("sum", "_a", out="y").finish()
    case = Case("mean/long-float32").op("full", [4000], 0.1, dtype="float32", out="_a")
    yield case.op("mean", "_a", out="y").finish()


def norms():
    orders = [2, 1, 0, 3, 0.5, INF, "-Infinity"]
    for order in orders:
        label = str(order).replace(".", "_").replace("-I", "minus-i").lower()
        yield simple(f"linalg.vector_norm/order-{label}", "linalg.vector_norm", [[2, 3]], order)
        yield simple(f"linalg.vector_norm/order-{label}-dim", "linalg.vector_norm", [[2, 3]], ord=order,
                     dim=1)
        yield simple(f"norm/p-{label}", "norm", [[2, 3]], order)
    for order in (2, 3, 1):
        yield simple(f"linalg.vector_norm/second-{order}", "linalg.vector_norm", [[3]], order, second=True)
    yield simple("linalg.vector_norm/default", "linalg.vector_norm", [[2, 3]])
    yield simple("linalg.vector_norm/float32", "linalg.vector_norm", [[2, 3]], dtype="float32")
    yield simple("linalg.vector_norm/keepdim", "linalg.vector_norm", [[2, 3]], dim=0, keepdim=True)
    yield simple("linalg.vector_norm/dims", "linalg.vector_norm", [[2, 3, 2]], dim=[0, 2])
    yield simple("linalg.vector_norm/scalar", "linalg.vector_norm", [[]])
    yield simple("linalg.vector_norm/empty", "linalg.vector_norm", [[0]])
    yield simple("linalg.vector_norm/transposed", "linalg.vector_norm", [[3, 2]], layout="transposed")
    yield simple("linalg.vector_norm/int64", "linalg.vector_norm", [[3]], dtype="int64", may_fail=True)
    for op in ("linalg.vector_norm", "norm", "linalg.norm"):
        case = Case(f"{op}/zero").tensor("a", [0.0, 0.0], grad=True).op(op, "a", out="y")
        yield case.backward("y").finish()
    for order in (1, 2, INF):
        label = str(order).lower()
        case = Case(f"linalg.vector_norm/zero-{label}")
        case.tensor("a", [0.0, 3.0, -3.0, 0.0], grad=True, shape=[2, 2])
        case.op("linalg.vector_norm", "a", order, 1, out="y")
        yield case.tensor("gy", [1.0, 1.0]).backward("y", "gy").finish()
    yield simple("norm/default", "norm", [[2, 3]])
    yield simple("norm/float32", "norm", [[2, 3]], dtype="float32")
    yield simple("norm/fro", "norm", [[2, 3]], p="fro")
    yield simple("norm/dim", "norm", [[2, 3]], dim=1)
    yield simple("norm/p-dim-keepdim", "norm", [[2, 3]], p=1, dim=0, keepdim=True)
    yield simple("norm/second", "norm", [[3]], second=True)
    yield simple("linalg.norm/default", "linalg.norm", [[2, 3]])
    yield simple("linalg.norm/vector", "linalg.norm", [[3]], 1)
    yield simple("linalg.norm/matrix-fro", "linalg.norm", [[2, 3]], "fro")
    yield simple("linalg.norm/dim", "linalg.norm", [[2, 3]], dim=1)
    yield simple("linalg.norm/keepdim", "linalg.norm", [[2, 3]], dim=-1, keepdim=True, dtype="float32")
    yield simple("linalg.norm/second", "linalg.norm", [[3]], second=True)
