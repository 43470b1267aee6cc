"""Basic indexing, setting through an index, gather and its relatives, tril and triu."""

from golden_case import Case, simple

# (label, shape, index)
READS = [
    ("int", [3, 2], 1), ("int-negative", [3, 2], -1), ("int-vector", [3], 0), ("slice", [5], "1:4"),
    ("slice-open", [5], "2:"), ("slice-end", [5], ":3"), ("slice-all", [3], ":"),
    ("slice-negative", [5], "-3:-1"),
    ("slice-step", [5], "::2"), ("slice-step-start", [6], "1::2"), ("slice-step-bounds", [7], "1:6:3"),
    ("slice-past-end", [3], "1:10"), ("slice-far-start", [3], "5:9"), ("slice-crossed", [3], "2:1"),
    ("slice-step-large", [3], "::7"), ("ellipsis", [2, 3], "..."), ("none", [2, 3], None),
    ("tuple-ints", [2, 3], [1, 2]), ("tuple-negative", [2, 3], [-1, -3]),
    ("tuple-slice-int", [2, 3], [":", 1]),
    ("tuple-int-slice", [2, 3], [0, "1:"]), ("tuple-slices", [3, 4], ["1:", "::2"]),
    ("tuple-none-first", [2, 3], [None, 1]),
    ("tuple-none-last", [2, 3], [0, "1:3", None]), ("tuple-ellipsis-last", [2, 3, 2], [1, "..."]),
    ("tuple-ellipsis-first", [2, 3, 2], ["...", 0]), ("tuple-ellipsis-middle", [2, 3, 2], [0, "...", 1]),
    ("tuple-everything", [2, 3, 2], [0, "1:3", None, "..."]), ("tuple-ellipsis-empty", [2, 3], [0, "...", 1]),
    ("tuple-nones", [3], [None, ":", None]), ("scalar-ellipsis", [], "..."), ("scalar-none", [], None),
    ("empty-rows", [0, 2], ":"), ("to-empty", [3, 2], ["0:0"]), ("three-ints", [2, 3, 2], [1, 0, 1]),
    ("empty-tuple", [2, 2], []),
]
# (label, shape, index, shape of the value or a number)
WRITES = [
    ("int", [3, 2], 1, [2]), ("int-number", [3, 2], 1, 5.0), ("slice", [5], "1:4", [3]),
    ("slice-number", [5], "::2", 0),
    ("element", [2, 3], [1, 2], 7.5), ("element-tensor", [2, 3], [1, 2], []),
    ("column", [2, 3], [":", 1], [2]),
    ("broadcast", [2, 3], "0:2", [3]), ("broadcast-one", [2, 3], 0, [1]),
    ("leading-ones", [2, 3], 0, [1, 1, 3]),
    ("all", [2, 2], "...", [2, 2]), ("negative", [3], -1, []), ("nothing", [3], "1:1", 4.0),
    ("none", [3], None, [1, 3]),
]


def cases():
    for label, shape, index in READS:
        yield read(f"getitem/{label}", shape, index)
    for label, shape, index in READS[:3] + READS[8:10] + READS[17:22]:
        yield read(f"getitem/{label}-float32", shape, index, dtype="float32")
    for dtype in ("int64", "bool"):
        yield read(f"getitem/{dtype}", [3, 2], ["1:", 0], dtype=dtype)
    yield read("getitem/transposed", [3, 2], [0, ":"], layout="transposed")
    yield read("getitem/transposed-slice", [3, 2], ["1:", "::2"], layout="transposed")
    yield read("getitem/strided", [2, 3], [":", "1:"], layout="strided")
    yield read("getitem/expanded", [3, 2], ["1:"], layout="expanded")
    for label, shape, index in (("int", [3], 1), ("slice", [4], "1:3"), ("tuple", [2, 3], [":", 1]),
                                ("none", [2], None)):
        yield read(f"getitem/second-{label}", shape, index, second=True)
    case = Case("getitem/chain")
    case.random("a", [3, 4], grad=True)
    case.op("getitem", "a", "1:", out="p").op("getitem", "p", [0, "::2"], out="q")
    case.op("getitem", "q", 1, out="y")
    yield case.backward("y").finish()
    case = Case("getitem/overlapping")
    case.random("a", [4], grad=True)
    case.op("getitem", "a", "0:3", out="p").op("getitem", "a", "1:4", out="q").op("mul", "p", "q", out="y")
    yield case.seed_backward().finish()
    yield from writes()
    yield from index_select()
    yield from gather()
    yield from scatter_add()
    yield from index_add()
    yield from triangles()


def read(ident, shape, index, dtype="float64", layout="plain", second=False):
    case = Case(ident)
    case.random("a", shape, dtype, dtype.startswith("float"), layout=layout)
    case.op("getitem", "a" if layout == "plain" else "_a", index, out="y")
    return case.second(["a"]).finish() if second else case.seed_backward().finish()


def writes():
    for label, shape, index, value in WRITES:
        for kind in ("plain", "grad"):
            case = Case(f"setitem_/{label}-{kind}")
            case.random("a", shape, grad=kind == "grad")
            case.op("clone", "a", out="y")
            if isinstance(value, list):
                case.random("v", value, grad=kind == "grad")
                case.op("setitem_", "y", index, "v")
            else:
                case.op("setitem_", "y", index, value)
            yield case.seed_backward().finish()
    for label, dtype, value_dtype in (("cast-down", "float32", "float64"), ("to-int64", "int64", "float64"),
                                      ("from-int64", "float64", "int64"), ("to-bool", "bool", "int64")):
        case = Case(f"setitem_/{label}")
        case.random("a", [3], dtype)
        case.random("v", [2], value_dtype)
        yield case.op("setitem_", "a", "1:", "v").finish()
    case = Case("setitem_/plain-from-grad").tensor("a", [1.0, 2.0, 3.0])
    case.tensor("w", [5.0], grad=True, shape=[])
    case.op("setitem_", "a", 1, "w").op("mul", "a", "a", out="y")
    yield case.seed_backward().finish()
    case = Case("setitem_/view-sees-it").tensor("a", [1.0, 2.0, 3.0, 4.0], shape=[2, 2]).op("t", "a", out="y")
    yield case.op("setitem_", "a", [0, 1], 9.0).finish()
    case = Case("setitem_/through-a-view").tensor("a", [1.0, 2.0, 3.0, 4.0], shape=[2, 2])
    case.op("t", "a", out="y")
    yield case.op("setitem_", "y", [0, 1], 9.0).watch("a").finish()
    case = Case("setitem_/through-a-view-grad").tensor("a", [1.0, 2.0, 3.0, 4.0], grad=True, shape=[2, 2])
    case.op("mul", "a", 2.0, out="b").op("t", "b", out="c").op("setitem_", "c", [0, 1], 9.0)
    yield case.gradient_for("b").backward("b", "gy").finish()
    case = Case("setitem_/overwrites-twice").tensor("a", [1.0, 2.0, 3.0], grad=True).op("clone", "a", out="y")
    case.tensor("u", [4.0], grad=True, shape=[]).tensor("v", [5.0], grad=True, shape=[])
    yield case.op("setitem_", "y", 1, "u").op("setitem_", "y", 1, "v").seed_backward().finish()


def picked(ident, op, shape, dim, index, index_shape, dtype="float64", second=False, source=None,
           layout="plain",
           source_grad=True, may_fail=False, **kwargs):
    """index_select, gather, scatter_add, index_add: an int64 index and, for the last two, a source."""
    case = Case(ident, may_fail)
    grad = dtype.startswith("float")
    case.random("a", shape, dtype, grad, layout=layout)
    case.tensor("i", index, "int64", shape=index_shape)
    args = ["a" if layout == "plain" else "_a", dim, "i"]
    if source is not None:
        case.random("s", source, dtype, grad and source_grad)
        args.append("s")
    case.op(op, *args, out="y", **kwargs)
    if second:
        return case.second(["a"] if source is None else ["a", "s"]).finish()
    return case.seed_backward().finish()


def index_select():
    op = "index_select"
    yield picked(f"{op}/rows", op, [3, 2], 0, [2, 0], [2])
    yield picked(f"{op}/columns", op, [2, 3], 1, [1, 1, 0, 2], [4])
    yield picked(f"{op}/negative-dim", op, [2, 3], -1, [0], [1])
    yield picked(f"{op}/float32", op, [3], 0, [2, 2, 1], [3], "float32")
    yield picked(f"{op}/int64", op, [3], 0, [2, 2, 1], [3], "int64")
    yield picked(f"{op}/bool", op, [3], 0, [2, 1], [2], "bool")
    yield picked(f"{op}/empty", op, [3, 2], 0, [], [0])
    yield picked(f"{op}/scalar-index", op, [3, 2], 0, [1], [])
    yield picked(f"{op}/scalar", op, [], 0, [0], [1])
    yield picked(f"{op}/second", op, [3], 0, [2, 2, 1], [3], second=True)
    yield picked(f"{op}/transposed", op, [3, 2], 0, [2, 0], [2], layout="transposed")
    yield picked(f"{op}/middle", op, [2, 3, 2], 1, [0, 2], [2])


def gather():
    op = "gather"
    yield picked(f"{op}/rows", op, [3, 2], 0, [0, 1, 2, 0], [2, 2])
    yield picked(f"{op}/columns", op, [2, 3], 1, [0, 2, 1, 1], [2, 2])
    yield picked(f"{op}/negative-dim", op, [2, 3], -1, [2, 0], [2, 1])
    yield picked(f"{op}/fewer-rows", op, [3, 3], 1, [1, 1], [1, 2])
    yield picked(f"{op}/float32", op, [4], 0, [3, 3, 0], [3], "float32")
    yield picked(f"{op}/int64", op, [2, 2], 1, [1, 0], [2, 1], "int64")
    yield picked(f"{op}/bool", op, [2, 2], 1, [1, 0], [2, 1], "bool")
    yield picked(f"{op}/empty", op, [2, 3], 1, [], [0, 3])
    yield picked(f"{op}/scalar", op, [], 0, [0], [])
    yield picked(f"{op}/second", op, [2, 3], 1, [0, 0, 2, 1], [2, 2], second=True)
    yield picked(f"{op}/transposed", op, [3, 2], 0, [2, 0], [1, 2], layout="transposed")
    yield picked(f"{op}/three", op, [2, 2, 2], 1, [0, 1, 1, 0], [2, 1, 2])
    yield picked(f"{op}/past-2-31", op, [2, 2], 1, [1 << 40, 0], [2, 1], may_fail=True)


def scatter_add():
    op = "scatter_add"
    yield picked(f"{op}/vector", op, [4], 0, [1, 3, 1], [3], source=[3])
    yield picked(f"{op}/rows", op, [3, 2], 0, [0, 2, 0, 1], [2, 2], source=[2, 2])
    yield picked(f"{op}/columns", op, [2, 3], 1, [0, 0, 2, 1], [2, 2], source=[2, 2])
    yield picked(f"{op}/negative-dim", op, [2, 3], -1, [0, 0, 2, 1], [2, 2], source=[2, 2])
    # PyTorch differentiates the source only if it has the shape of the index.
    yield picked(f"{op}/larger-source", op, [2, 3], 1, [0, 2], [2, 1], source=[2, 3], source_grad=False)
    yield picked(f"{op}/float32", op, [3], 0, [2, 2], [2], "float32", source=[2])
    yield picked(f"{op}/int64", op, [3], 0, [2, 2], [2], "int64", source=[2])
    yield picked(f"{op}/empty", op, [3], 0, [], [0], source=[0])
    yield picked(f"{op}/scalar", op, [], 0, [0], [], source=[])
    yield picked(f"{op}/second", op, [3], 0, [1, 1, 0], [3], source=[3], second=True)
    yield picked(f"{op}/transposed", op, [3, 2], 0, [0, 2], [1, 2], source=[1, 2], layout="transposed")


def index_add():
    op = "index_add"
    yield picked(f"{op}/vector", op, [4], 0, [1, 3, 1], [3], source=[3])
    yield picked(f"{op}/rows", op, [3, 2], 0, [2, 0], [2], source=[2, 2])
    yield picked(f"{op}/columns", op, [2, 3], 1, [1, 1], [2], source=[2, 2])
    yield picked(f"{op}/negative-dim", op, [2, 3], -1, [0], [1], source=[2, 1])
    yield picked(f"{op}/alpha", op, [3, 2], 0, [2, 2], [2], source=[2, 2], alpha=2)
    yield picked(f"{op}/alpha-fraction", op, [3], 0, [2, 2], [2], source=[2], alpha=-0.5)
    yield picked(f"{op}/float32", op, [3], 0, [2, 2], [2], "float32", source=[2])
    yield picked(f"{op}/int64", op, [3], 0, [2, 2], [2], "int64", source=[2])
    yield picked(f"{op}/second", op, [3], 0, [1, 1, 0], [3], source=[3], second=True)
    yield picked(f"{op}/empty", op, [3, 2], 0, [], [0], source=[0, 2])


def triangles():
    for op in ("tril", "triu"):
        yield simple(f"{op}/square", op, [[3, 3]])
        yield simple(f"{op}/wide", op, [[2, 4]])
        yield simple(f"{op}/tall-float32", op, [[4, 2]], dtype="float32")
        for diagonal in (1, -1, 5, -5):
            yield simple(f"{op}/diagonal-{diagonal}", op, [[3, 3]], diagonal)
        yield simple(f"{op}/keyword", op, [[2, 3]], diagonal=1)
        yield simple(f"{op}/batch", op, [[2, 2, 3]])
        yield simple(f"{op}/int64", op, [[2, 2]], dtype="int64")
        yield simple(f"{op}/bool", op, [[2, 2]], dtype="bool")
        yield simple(f"{op}/empty", op, [[0, 3]])
        yield simple(f"{op}/second", op, [[2, 2]], second=True)
        yield simple(f"{op}/transposed", op, [[3, 2]], layout="transposed")
