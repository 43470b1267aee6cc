"""Wrong calls: the class and message of PyTorch, and the code that the wire contract gives them."""

from golden_case import Case
from golden_errors_calls import BINARY, DIMS, KINDS, OTHERS, SHAPES, UNARY, WRAPPED

def cases():
    yield from generic()
    for op, label, shapes, args, kwargs in SHAPES + DIMS + KINDS:
        yield called(f"errors/{op}/{label}", op, shapes, args, kwargs)
    yield from creation()
    yield from joins()
    yield from indexing()
    yield from dtypes()
    yield from layouts()
    yield from names()
    yield from steps()
    yield from backward()


def called(ident, op, shapes, args=(), kwargs=None, dtype="float64"):
    case = Case(ident, may_fail=True)
    names = list("abcd"[: len(shapes)])
    for name, shape in zip(names, shapes):
        case.random(name, shape, dtype)
    return must_fail(case.op(op, *names, *args, out="y", **(kwargs or {})))


def must_fail(case):
    if case.error is None:
        raise RuntimeError(f"{case.ident}: PyTorch accepts this")
    return case.finish()


def generic():
    """No arguments, an unknown keyword, null for the tensor, arguments too many, one argument of two."""
    valid = {op: ([[2, 3]], []) for op in UNARY}
    valid["amax"] = valid["amin"] = ([[2, 3]], [1])
    valid.update({op: ([[2, 3], [2, 3]], []) for op in BINARY})
    valid.update(OTHERS)
    for op, (shapes, args) in valid.items():
        yield must_fail(Case(f"errors/{op}/no-arguments", True).op(op, out="y"))
        yield called(f"errors/{op}/unknown-keyword", op, shapes, args, {"colour": 1})
        if op not in WRAPPED:
            yield must_fail(null(op, shapes, args))
    for op in UNARY[:40] + BINARY[:14] + ["mm", "dot", "matmul", "tril", "t", "argmax", "cumsum"]:
        shapes, args = valid[op]
        yield called(f"errors/{op}/too-many", op, shapes, [*args, 1, 1, 1, 1])
    for op in BINARY[:14] + ["mse_loss", "mm", "dot", "matmul", "mv"]:
        yield called(f"errors/{op}/one-argument", op, [[2, 3]])


def null(op, shapes, args):
    """null where the first tensor belongs."""
    case = Case(f"errors/{op}/null", True)
    names = list("bcd"[: len(shapes) - 1])
    for name, shape in zip(names, shapes[1:]):
        case.random(name, shape)
    return case.op(op, None, *names, *args, out="y")


def creation():
    rows = [
        ("zeros", "negative", [[-1]], {}), ("zeros", "fraction", [[1.5]], {}), ("zeros", "none", [], {}),
        ("zeros", "string", ["x"], {}),
        ("zeros", "unknown-dtype", [[2]], {"dtype": "float99"}), ("ones", "negative", [[2, -3]], {}),
        ("ones", "unknown-keyword", [[2]], {"colour": 1}),
        ("full", "no-value", [[2]], {}), ("full", "negative", [[-2], 1.0], {}),
        ("full", "int64-grad", [[2], 1], {"requires_grad": True}),
        ("full", "string", [[2], "x"], {}), ("arange", "none", [], {}),
        ("arange", "zero-step", [0, 5, 0], {}), ("arange", "wrong-direction", [5, 0], {}),
        ("arange", "wrong-direction-step", [0, 5, -1], {}), ("arange", "infinite", [], {"end": "Infinity"}),
        ("arange", "nan", [], {"end": "NaN"}),
        ("arange", "string", ["x"], {}), ("arange", "int64-grad", [3], {"requires_grad": True}),
        ("linspace", "no-steps", [0, 1], {}),
        ("linspace", "negative-steps", [0, 1, -1], {}), ("linspace", "fraction-steps", [0, 1, 2.5], {}),
        ("eye", "none", [], {}),
        ("eye", "negative", [-1], {}), ("eye", "fraction", [1.5], {}),
        ("zeros", "int64-grad", [[2]], {"dtype": "int64", "requires_grad": True}),
    ]
    for op, label, args, kwargs in rows:
        yield must_fail(Case(f"errors/{op}/{label}", True).op(op, *args, out="y", **kwargs))
    for op in ("zeros_like", "ones_like", "full_like"):
        extra = [1.0] if op == "full_like" else []
        yield called(f"errors/{op}/unknown-dtype", op, [[2]], extra, {"dtype": "float99"})
        yield called(f"errors/{op}/int64-grad", op, [[2]], extra, {"dtype": "int64", "requires_grad": True})
    tensors = [
        ("wrong-count", {"data": [1, 2, 3], "shape": [2, 2], "dtype": "float32"}),
        ("ragged", {"data": [[1, 2], [3]], "dtype": "float32"}),
        ("mixed-depth", {"data": [[1], 2], "dtype": "float32"}),
        ("mixed-depth-first", {"data": [1, [2]], "dtype": "float32"}),
        ("unknown-dtype", {"data": [1], "dtype": "float99"}),
        ("int64-grad", {"data": [1], "dtype": "int64", "requires_grad": True}),
        ("bool-grad", {"data": [True], "dtype": "bool", "requires_grad": True}),
        ("negative-shape", {"data": [1], "shape": [-3], "dtype": "float32"}),
        ("int64-nan", {"data": ["NaN"], "dtype": "int64"}), ("null", {"data": [None], "dtype": "float32"}),
    ]
    for label, step in tensors:
        yield must_fail(Case(f"errors/tensor/{label}", True).step(tensor="a", **step))


def joins():
    for op in ("cat", "stack"):
        for label, shapes, args in (("other-shape", [[2, 3], [2, 2]], []), ("other-rank", [[2, 3], [3]], []),
                                    ("dim-too-large", [[2, 3], [2, 3]], [3]),
                                    ("dim-too-small", [[2, 3], [2, 3]], [-4])):
            case = Case(f"errors/{op}/{label}", True)
            names = list("ab")
            for name, shape in zip(names, shapes):
                case.random(name, shape)
            yield must_fail(case.op(op, names, *args, out="y"))
        yield must_fail(Case(f"errors/{op}/nothing", True).op(op, [], out="y"))
        yield called(f"errors/{op}/one-tensor", op, [[2]])
        yield must_fail(Case(f"errors/{op}/no-arguments", True).op(op, out="y"))
        case = Case(f"errors/{op}/unknown-keyword", True).tensor("a", [1.0])
        yield must_fail(case.op(op, ["a"], colour=1, out="y"))
        case = Case(f"errors/{op}/unknown-name", True).tensor("a", [1.0])
        yield must_fail(case.op(op, ["a", "missing"], out="y"))
    case = Case("errors/cat/scalars", True).tensor("a", 1.0).tensor("b", 2.0)
    yield must_fail(case.op("cat", ["a", "b"], out="y"))


def indexing():
    for label, shape, index in (("too-large", [3], 3), ("too-small", [3], -4),
                                ("second-too-large", [2, 3], [0, 3]), ("too-many", [2, 3], [0, 0, 0]),
                                ("scalar", [], 0), ("negative-step", [4], "::-1"), ("zero-step", [4], "::0"),
                                ("fraction", [4], 1.5), ("empty", [0], 0), ("scalar-slice", [], ":")):
        for op in ("getitem", "setitem_"):
            case = Case(f"errors/{op}/{label}", True)
            case.random("a", shape)
            yield must_fail(case.op(op, "a", index, *([1.0] if op == "setitem_" else []),
                                    out="y" if op == "getitem" else None))
    for label, shape, index, value in (("value-shape", [2, 3], 0, [2]), ("value-wider", [3], 0, [2]),
                                       ("value-rank", [2, 3], 0, [2, 3])):
        case = Case(f"errors/setitem_/{label}", True)
        case.random("a", shape)
        case.random("v", value)
        yield must_fail(case.op("setitem_", "a", index, "v"))
    rows = [
        ("index_select", "index-too-large", [3], 0, [3], [1], None),
        ("index_select", "index-negative", [3], 0, [-1], [1], None),
        ("index_select", "index-matrix", [3], 0, [0, 1], [1, 2], None),
        ("index_select", "dim-too-large", [3], 1, [0], [1], None),
        ("gather", "index-too-large", [3], 0, [3], [1], None),
        ("gather", "index-negative", [3], 0, [-1], [1], None), ("gather", "rank", [2, 3], 0, [0], [1], None),
        ("gather", "index-wider", [2, 3], 0, [0] * 8, [1, 8], None),
        ("gather", "dim-too-large", [3], 1, [0], [1], None),
        ("scatter_add", "index-too-large", [3], 0, [3], [1], [1]),
        ("scatter_add", "index-negative", [3], 0, [-1], [1], [1]),
        ("scatter_add", "source-smaller", [3], 0, [0, 1], [2], [1]),
        ("scatter_add", "rank", [2, 3], 0, [0], [1], [1]),
        ("scatter_add", "dim-too-large", [3], 1, [0], [1], [1]),
        ("index_add", "index-too-large", [3], 0, [3], [1], [1]),
        ("index_add", "index-negative", [3], 0, [-1], [1], [1]),
        ("index_add", "source-length", [3], 0, [0, 1], [2], [1]),
        ("index_add", "source-shape", [3, 2], 0, [0], [1], [1, 3]),
        ("index_add", "dim-too-large", [3], 1, [0], [1], [1]),
        ("index_add", "index-matrix", [3], 0, [0, 1], [1, 2], [2]),
    ]
    for op, label, shape, dim, index, index_shape, source in rows:
        case = Case(f"errors/{op}/{label}", True)
        case.random("a", shape)
        case.tensor("i", index, "int64", shape=index_shape)
        if source:
            case.random("s", source)
        yield must_fail(case.op(op, "a", dim, "i", *(["s"] if source else []), out="y"))
    for op in ("index_select", "gather", "scatter_add", "index_add"):
        case = Case(f"errors/{op}/float-index", True).tensor("a", [1.0, 2.0]).tensor("i", [0.0, 1.0])
        case.tensor("s", [1.0, 2.0])
        yield must_fail(case.op(op, "a", 0, "i", *(["s"] if op.endswith("add") else []), out="y"))
        yield called(f"errors/{op}/no-index", op, [[3]], [0])
    case = Case("errors/masked_fill/mask-shape", True).tensor("a", [1.0, 2.0])
    case.tensor("m", [True, False, True], "bool")
    yield must_fail(case.op("masked_fill", "a", "m", 1.0, out="y"))
    case = Case("errors/masked_fill/vector-value", True).tensor("a", [1.0, 2.0])
    case.tensor("m", [True, False], "bool").tensor("v", [1.0, 2.0])
    yield must_fail(case.op("masked_fill", "a", "m", "v", out="y"))
    case = Case("errors/where/float-condition", True).tensor("c", [1.0, 0.0]).tensor("a", [1.0, 2.0])
    yield must_fail(case.op("where", "c", "a", "a", out="y"))
    case = Case("errors/where/not-broadcastable", True).tensor("c", [True, False], "bool")
    case.tensor("a", [1.0, 2.0, 3.0])
    yield must_fail(case.op("where", "c", "a", 0.0, out="y"))


def dtypes():
    """Matrix products take tensors of one dtype; some ops refuse int64 or bool."""
    for op, shapes in (("mm", [[2, 2], [2, 2]]), ("matmul", [[2], [2]]), ("matmul", [[2, 2], [2, 2]]),
                       ("bmm", [[1, 2, 2], [1, 2, 2]]), ("mv", [[2, 2], [2]]), ("dot", [[2], [2]]),
                       ("linear", [[2, 2], [2, 2]])):
        for other in ("float32", "int64"):
            case = Case(f"errors/{op}/float64-{other}-{len(shapes[0])}d", True)
            case.random("a", shapes[0])
            case.random("b", shapes[1], other)
            yield must_fail(case.op(op, "a", "b", out="y"))
    for op, args in (("mean", []), ("var", []), ("std", []), ("softmax", [0]), ("norm", []),
                     ("linalg.vector_norm", []), ("gelu", []), ("silu", []), ("softplus", [])):
        yield called(f"errors/{op}/int64", op, [[3]], args, dtype="int64")
    for op in ("mse_loss", "binary_cross_entropy"):
        yield called(f"errors/{op}/int64", op, [[3], [3]], dtype="int64")
    case = Case("errors/binary_cross_entropy/out-of-range", True).tensor("a", [1.5, 0.5])
    case.tensor("t", [1.0, 0.0])
    yield must_fail(case.op("binary_cross_entropy", "a", "t", out="y"))


def layouts():
    """view() copies nothing, so it refuses what only a copy could give."""
    case = Case("errors/view/transposed", True).tensor("a", [1.0, 2.0, 3.0, 4.0], shape=[2, 2])
    case.op("t", "a", out="b")
    yield must_fail(case.op("view", "b", [4], out="y"))
    case = Case("errors/view/strided", True).tensor("a", [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], shape=[2, 3])
    case.op("getitem", "a", [":", "::2"], out="b")
    yield must_fail(case.op("view", "b", [4], out="y"))
    case = Case("errors/view/expanded", True).tensor("a", [1.0, 2.0]).op("expand", "a", [2, 2], out="b")
    yield must_fail(case.op("view", "b", [4], out="y"))


def names():
    yield must_fail(Case("errors/name/unknown-op", True).tensor("a", [1.0]).op("frobnicate", "a", out="y"))
    yield must_fail(Case("errors/name/unknown-inplace-op", True).tensor("a", [1.0]).op("frobnicate_", "a"))
    case = Case("errors/name/unknown-linalg-op", True).tensor("a", [1.0])
    yield must_fail(case.op("linalg.frobnicate", "a", out="y"))
    yield must_fail(Case("errors/name/unknown-tensor", True).op("neg", "missing", out="y"))
    case = Case("errors/name/unknown-second", True).tensor("a", [1.0])
    yield must_fail(case.op("add", "a", "missing", out="y"))
    yield must_fail(Case("errors/name/unknown-grad", True).op("neg", "missing.grad", out="y"))
    yield must_fail(Case("errors/name/unknown-root", True).backward("missing"))
    case = Case("errors/name/deleted", True).tensor("a", [1.0]).step(delete=["a"])
    yield must_fail(case.op("neg", "a", out="y"))
    yield must_fail(Case("errors/name/delete-unknown", True).step(delete=["missing"]))
    yield must_fail(Case("errors/name/retain-unknown", True).step(retain_grad="missing"))
    yield must_fail(Case("errors/name/zero-unknown", True).step(zero_grad=["missing"]))
    case = Case("errors/name/in-keyword", True).tensor("a", [1.0])
    yield must_fail(case.op("add", "a", other="missing", out="y"))
    case = Case("errors/name/given-twice", True).tensor("a", [1.0])
    yield must_fail(case.op("add", "a", "a", other="a", out="y"))
    case = Case("errors/name/in-no-grad", True)
    yield must_fail(case.no_grad({"op": "neg", "args": ["missing"], "out": "y"}))


def steps():
    """The steps before the failing one stand, the failing one changes nothing."""
    case = Case("errors/step/earlier-stand", True).tensor("a", [1.0, 2.0]).op("mul_", "a", 2)
    case.op("add", "a", [1.0, 2.0, 3.0], out="y")
    case.keeps_answers = True
    yield must_fail(case.only("a"))
    for op, args in (("add_", ["b"]), ("mul_", ["b"]), ("copy_", ["b"]), ("setitem_", [0, "b"]),
                     ("clamp_", []), ("masked_fill_", ["b", 1.0])):
        case = Case(f"errors/step/unchanged-{op}", True).tensor("a", [1.0, 2.0])
        case.tensor("b", [1.0, 2.0, 3.0]).op(op, "a", *args)
        case.keeps_answers = True
        yield must_fail(case.only("a"))
    case = Case("errors/step/in-place-no-arguments", True).tensor("a", [1.0]).op("add_", "a")
    yield must_fail(case)
    case = Case("errors/step/in-place-unknown-keyword", True).tensor("a", [1.0]).op("add_", "a", 1, colour=2)
    yield must_fail(case)
    yield must_fail(Case("errors/step/in-place-of-null", True).op("zero_", None))


def backward():
    """backward and grad on every kind of wrong root, gradient and input."""
    for shape in ([2], [1, 2], [0], [2, 0], [2, 2]):
        case = Case(f"errors/backward/not-scalar-{'x'.join(map(str, shape))}", True)
        case.random("w", shape, grad=True)
        yield must_fail(case.op("mul", "w", 2, out="y").backward("y"))
    for dtype in ("int64", "bool", "float32"):
        case = Case(f"errors/backward/plain-{dtype}", True)
        case.random("w", [1], dtype)
        yield must_fail(case.backward("w"))
    for op in ("argmax", "eq", "isnan", "detach", "zeros_like", "long"):
        case = Case(f"errors/backward/{op}", True).tensor("w", [1.0], grad=True)
        yield must_fail(case.op(op, "w", *([1] if op == "eq" else []), out="y").backward("y"))
    for label, shape in (("longer", [3]), ("row", [1, 2]), ("column", [2, 1]), ("empty", [0]),
                         ("scalar", [])):
        case = Case(f"errors/backward/gradient-{label}", True).tensor("w", [1.0, 2.0], grad=True)
        case.op("mul", "w", 2, out="y")
        case.random("g", shape)
        yield must_fail(case.backward("y", "g"))
