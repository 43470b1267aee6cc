"""Products of matrices and vectors: every pairing of ranks, batches, layouts, dtypes."""

from golden_case import Case, simple

# matmul: shapes of the two sides
PAIRS = {
    "1x1": ([3], [3]), "1x2": ([3], [3, 2]), "2x1": ([2, 3], [3]), "2x2": ([2, 3], [3, 2]),
    "3x1": ([2, 2, 3], [3]),
    "1x3": ([3], [2, 3, 2]), "3x2": ([2, 2, 3], [3, 2]), "2x3": ([2, 3], [2, 3, 2]),
    "3x3": ([2, 2, 3], [2, 3, 2]),
    "3x3-broadcast": ([1, 2, 3], [2, 3, 2]), "4x3": ([2, 1, 2, 3], [2, 3, 2]),
    "4x4-broadcast": ([2, 1, 1, 3], [1, 2, 3, 1]),
    "4x1": ([1, 2, 2, 2], [2]), "1x4": ([2], [2, 1, 2, 2]), "outer-like": ([2, 1], [1, 3]),
    "one": ([1, 1], [1, 1]),
    "empty-inner": ([2, 0], [0, 3]), "empty-rows": ([0, 3], [3, 2]), "empty-columns": ([2, 3], [3, 0]),
    "empty-vectors": ([0], [0]), "empty-batch": ([0, 2, 3], [0, 3, 2]),
}
FIXED = {
    "mm": ([2, 3], [3, 2]), "bmm": ([2, 2, 3], [2, 3, 2]), "mv": ([2, 3], [3]), "dot": ([4], [4]),
    "outer": ([2], [3]),
}
KEYWORDS = {"mm": "mat2", "bmm": "mat2", "mv": "vec", "dot": "tensor", "outer": "vec2", "matmul": "other"}


def cases():
    for label, shapes in PAIRS.items():
        yield simple(f"matmul/{label}", "matmul", shapes)
    for label in ("1x1", "2x2", "3x2", "3x3", "2x1", "1x2"):
        yield simple(f"matmul/{label}-float32", "matmul", PAIRS[label], dtype="float32")
        yield simple(f"matmul/{label}-second", "matmul", PAIRS[label], second=True)
        yield simple(f"matmul/{label}-int64", "matmul", PAIRS[label], dtype="int64")
    for op, shapes in FIXED.items():
        yield from fixed(op, shapes)
    for op in ["matmul", *FIXED]:
        shapes = FIXED.get(op, PAIRS["2x2"])
        yield from sides(op, shapes)
    yield from layouts()
    yield from special()
    yield from addmm()
    yield from linear()


def fixed(op, shapes):
    yield simple(f"{op}/float64", op, shapes)
    yield simple(f"{op}/float32", op, shapes, dtype="float32")
    yield simple(f"{op}/int64", op, shapes, dtype="int64")
    yield simple(f"{op}/bool", op, shapes, dtype="bool", may_fail=True)
    yield simple(f"{op}/second", op, shapes, second=True)
    if op not in ("dot", "outer"):
        empty = {"mm": ([2, 0], [0, 2]), "bmm": ([1, 2, 0], [1, 0, 2]), "mv": ([2, 0], [0])}[op]
        yield simple(f"{op}/empty", op, empty)
    else:
        yield simple(f"{op}/empty", op, ([0], [0]))
    yield simple(f"{op}/ones", op, [[1] * len(shape) for shape in shapes])


def sides(op, shapes):
    """One side requires grad; both sides are one tensor; the second argument by keyword."""
    for side in ("left", "right"):
        case = Case(f"{op}/only-{side}")
        case.random("a", shapes[0], grad=side == "left")
        case.random("b", shapes[1], grad=side == "right")
        yield case.op(op, "a", "b", out="y").seed_backward().watch("a.grad", "b.grad").finish()
    case = Case(f"{op}/keyword")
    case.random("a", shapes[0], grad=True)
    case.random("b", shapes[1], grad=True)
    yield case.op(op, "a", out="y", **{KEYWORDS[op]: "b"}).seed_backward().finish()
    if op != "mv":
        square = {1: [2], 2: [2, 2], 3: [2, 2, 2]}[len(shapes[0])]
        case = Case(f"{op}/same")
        case.random("a", square, grad=True)
        yield case.op(op, "a", "a", out="y").seed_backward().finish()


def layouts():
    for op, shapes in (("matmul", PAIRS["2x2"]), ("mm", FIXED["mm"]), ("bmm", FIXED["bmm"]),
                       ("matmul", PAIRS["3x3"])):
        label = f"transposed-{len(shapes[0])}d"
        yield simple(f"{op}/{label}", op, shapes, layout="transposed")
        yield simple(f"{op}/{label}-float32", op, shapes, layout="transposed", dtype="float32")
        yield simple(f"{op}/strided-{len(shapes[0])}d", op, shapes, layout="strided")
    for op in ("mv", "dot", "outer"):
        yield simple(f"{op}/strided", op, FIXED[op], layout="strided")
    yield simple("matmul/expanded", "matmul", [[2, 3], [3, 2]], layout="expanded")
    case = Case("matmul/own-transpose")
    case.random("a", [2, 3], grad=True)
    yield case.op("t", "a", out="_a").op("matmul", "a", "_a", out="y").seed_backward().finish()
    case = Case("matmul/chain")
    case.random("a", [2, 2], "float32", True)
    case.random("b", [2, 2], "float32", True)
    case.op("matmul", "a", "b", out="c").op("tanh", "c", out="d").op("matmul", "d", "a", out="y")
    yield case.seed_backward().finish()


def special():
    case = Case("matmul/special").tensor("a", [1.0, "Infinity", 0.0, "NaN"], shape=[2, 2])
    yield case.tensor("b", [1.0, 0.0, 0.0, 1.0], shape=[2, 2]).op("matmul", "a", "b", out="y").finish()
    case = Case("mm/large-int64").tensor("a", [3037000499, 1], "int64", shape=[1, 2])
    yield case.tensor("b", [3037000499, 1], "int64", shape=[2, 1]).op("mm", "a", "b", out="y").finish()


def addmm():
    product = ([2, 3], [3, 2])
    for label, bias in (("full", [2, 2]), ("row", [2]), ("column", [2, 1]), ("scalar", []), ("one", [1])):
        yield simple(f"addmm/{label}", "addmm", [bias, *product])
    for dtype in ("float32", "int64"):
        yield simple(f"addmm/{dtype}", "addmm", [[2, 2], *product], dtype=dtype)
    yield simple("addmm/beta-alpha", "addmm", [[2, 2], *product], beta=0.5, alpha=2)
    yield simple("addmm/beta-zero", "addmm", [[2], *product], beta=0)
    yield simple("addmm/alpha-only", "addmm", [[2], *product], alpha=-1)
    yield simple("addmm/second", "addmm", [[2], *product], second=True)
    yield simple("addmm/second-scaled", "addmm", [[2, 2], *product], beta=0.5, alpha=2, second=True)
    yield simple("addmm/empty", "addmm", [[2, 2], [2, 0], [0, 2]])
    yield simple("addmm/transposed", "addmm", [[2, 2], *product], layout="transposed")
    # With beta=0 the bias is ignored, NaN and all.
    case = Case("addmm/beta-zero-nan").tensor("c", ["NaN"] * 4, shape=[2, 2])
    case.random("a", [2, 1])
    case.random("b", [1, 2])
    yield case.op("addmm", "c", "a", "b", out="y", beta=0).finish()


def linear():
    for label, shapes in (
        ("bias", ([2, 3], [4, 3], [4])), ("no-bias", ([2, 3], [4, 3])), ("vector", ([3], [2, 3], [2])),
        ("vector-no-bias", ([3], [2, 3])), ("batch", ([2, 2, 3], [2, 3], [2])),
        ("batch-no-bias", ([2, 2, 3], [2, 3])),
        ("one-output", ([2, 3], [1, 3], [1])), ("empty", ([0, 3], [2, 3], [2])),
    ):
        yield simple(f"linear/{label}", "linear", shapes)
        if label in ("bias", "batch"):
            yield simple(f"linear/{label}-float32", "linear", shapes, dtype="float32")
    yield simple("linear/second", "linear", ([2, 2], [2, 2], [2]), second=True)
    yield simple("linear/transposed", "linear", ([2, 3], [4, 3]), layout="transposed")
    case = Case("linear/keyword")
    case.random("a", [2, 3])
    case.random("w", [2, 3], grad=True)
    case.random("b", [2], grad=True)
    yield case.op("linear", "a", weight="w", bias="b", out="y").seed_backward().finish()
    case = Case("linear/null-bias")
    case.random("a", [2, 3])
    case.random("w", [2, 3], grad=True)
    yield case.op("linear", "a", "w", None, out="y").seed_backward().finish()
