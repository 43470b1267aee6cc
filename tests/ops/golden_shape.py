"""Views, copies and joins: shapes, gradients, which results share storage, grad_fn names."""

from golden_case import Case, simple

# (op, label, shape, arguments, keywords): one result each
ROWS = [
    ("reshape", "matrix", [2, 3], [[3, 2]], {}), ("reshape", "infer", [2, 3], [[-1]], {}),
    ("reshape", "infer-middle", [2, 3, 2], [[2, -1, 1]], {}), ("reshape", "same", [2, 3], [[2, 3]], {}),
    ("reshape", "to-scalar", [1, 1], [[]], {}), ("reshape", "from-scalar", [], [[1, 1]], {}),
    ("reshape", "empty", [0, 3], [[3, 0]], {}), ("reshape", "keyword", [4], [], {"shape": [2, 2]}),
    ("view", "matrix", [2, 3], [[3, 2]], {}), ("view", "infer", [2, 3], [[-1, 2]], {}),
    ("view", "numbers", [2, 3], [3, 2], {}), ("view", "flat", [2, 3], [-1], {}),
    ("view", "to-scalar", [1], [[]], {}),
    ("view", "empty", [2, 0], [[0, 4]], {}), ("view", "same", [3], [[3]], {}),
    ("flatten", "all", [2, 3, 2], [], {}), ("flatten", "start", [2, 3, 2], [1], {}),
    ("flatten", "start-end", [2, 3, 2], [0, 1], {}), ("flatten", "negative", [2, 3, 2], [-2, -1], {}),
    ("flatten", "keyword", [2, 3, 2], [], {"start_dim": 1, "end_dim": 2}), ("flatten", "vector", [3], [], {}),
    ("flatten", "scalar", [], [], {}), ("flatten", "empty", [0, 3], [], {}),
    ("transpose", "matrix", [2, 3], [0, 1], {}), ("transpose", "negative", [2, 3, 2], [-1, 0], {}),
    ("transpose", "same", [2, 3], [1, 1], {}), ("transpose", "keyword", [2, 3], [], {"dim0": 0, "dim1": 1}),
    ("transpose", "scalar", [], [0, -1], {}), ("transpose", "empty", [0, 3], [0, 1], {}),
    ("t", "matrix", [2, 3], [], {}), ("t", "vector", [3], [], {}), ("t", "scalar", [], [], {}),
    ("t", "empty", [0, 2], [], {}),
    ("permute", "three", [2, 3, 2], [[2, 0, 1]], {}), ("permute", "negative", [2, 3, 2], [[-1, 0, 1]], {}),
    ("permute", "keyword", [2, 3], [], {"dims": [1, 0]}), ("permute", "identity", [2, 3], [[0, 1]], {}),
    ("permute", "scalar", [], [[]], {}), ("permute", "four", [2, 1, 3, 2], [[3, 1, 0, 2]], {}),
    ("squeeze", "all", [1, 3, 1], [], {}), ("squeeze", "dim", [1, 3, 1], [0], {}),
    ("squeeze", "negative", [1, 3, 1], [-1], {}), ("squeeze", "not-one", [2, 3], [0], {}),
    ("squeeze", "keyword", [1, 3], [], {"dim": 0}), ("squeeze", "nothing", [2, 3], [], {}),
    ("squeeze", "scalar", [], [], {}), ("squeeze", "scalar-dim", [], [0], {}),
    ("squeeze", "to-scalar", [1, 1], [], {}),
    ("unsqueeze", "first", [3], [0], {}), ("unsqueeze", "last", [3], [1], {}),
    ("unsqueeze", "negative", [3], [-1], {}),
    ("unsqueeze", "negative-first", [2, 3], [-3], {}), ("unsqueeze", "keyword", [3], [], {"dim": 0}),
    ("unsqueeze", "scalar", [], [0], {}), ("unsqueeze", "empty", [0], [1], {}),
    ("expand", "rows", [1, 3], [[2, 3]], {}), ("expand", "new-dim", [3], [[2, 3]], {}),
    ("expand", "keep", [2, 1], [[-1, 3]], {}), ("expand", "scalar", [], [[2, 2]], {}),
    ("expand", "numbers", [1, 2], [3, 2], {}), ("expand", "same", [2, 3], [[2, 3]], {}),
    ("expand", "to-empty", [1, 3], [[0, 3]], {}),
    ("broadcast_to", "rows", [3], [[2, 3]], {}), ("broadcast_to", "scalar", [], [[2]], {}),
    ("broadcast_to", "keyword", [1, 2], [], {"size": [2, 2]}),
    ("broadcast_to", "both", [2, 1], [[2, 2, 3]], {}),
    ("contiguous", "already", [2, 3], [], {}), ("contiguous", "scalar", [], [], {}),
    ("narrow", "rows", [3, 2], [0, 1, 2], {}), ("narrow", "columns", [2, 4], [1, 1, 2], {}),
    ("narrow", "negative-dim", [2, 4], [-1, 0, 3], {}), ("narrow", "negative-start", [5], [0, -3, 2], {}),
    ("narrow", "nothing", [3], [0, 1, 0], {}),
    ("narrow", "keyword", [4], [], {"dim": 0, "start": 1, "length": 2}),
    ("select", "row", [3, 2], [0, 1], {}), ("select", "column", [3, 2], [1, 0], {}),
    ("select", "negative", [3, 2], [-1, -1], {}), ("select", "to-scalar", [3], [0, 2], {}),
    ("select", "keyword", [3, 2], [], {"dim": 0, "index": -1}),
    ("flip", "rows", [2, 3], [[0]], {}), ("flip", "both", [2, 3], [[0, 1]], {}),
    ("flip", "negative", [2, 3], [[-1]], {}),
    ("flip", "keyword", [3], [], {"dims": [0]}), ("flip", "empty-list", [3], [[]], {}),
    ("flip", "empty", [0, 2], [[0]], {}),
    ("repeat", "rows", [2, 3], [[2, 1]], {}), ("repeat", "both", [2, 2], [[2, 3]], {}),
    ("repeat", "new-dim", [3], [[2, 2]], {}), ("repeat", "scalar", [], [[3]], {}),
    ("repeat", "zero", [2], [[0]], {}),
    ("repeat", "numbers", [2], [2, 2], {}), ("repeat", "once", [2, 2], [[1, 1]], {}),
    ("clone", "matrix", [2, 3], [], {}), ("clone", "scalar", [], [], {}), ("clone", "empty", [0, 2], [], {}),
]
SECOND = [
    ("reshape", [2, 3], [[3, 2]]), ("t", [2, 3], []), ("permute", [2, 2, 2], [[2, 0, 1]]),
    ("expand", [1, 3], [[2, 3]]),
    ("squeeze", [1, 3], [0]), ("unsqueeze", [3], [0]), ("narrow", [4], [0, 1, 2]), ("select", [3, 2], [0, 1]),
    ("flip", [3], [[0]]), ("repeat", [3], [[2, 1]]), ("flatten", [2, 2], []), ("clone", [3], []),
]


def cases():
    for op, label, shape, args, kwargs in ROWS:
        yield simple(f"{op}/{label}", op, [shape], *args, **kwargs)
    for op, shape, args in SECOND:
        yield simple(f"{op}/second", op, [shape], *args, second=True)
    yield from layouts()
    yield from storage()
    yield from other_dtypes()
    yield from joins()
    yield from parts()
    yield from like()


def layouts():
    """Inputs that do not lie in row-major order: views where that is possible, copies where it is not."""
    for op, args in (("reshape", [[6]]), ("reshape", [[3, 2, 1]]), ("flatten", []), ("contiguous", []),
                     ("clone", []),
                     ("t", []), ("unsqueeze", [1]), ("flip", [[1]]), ("repeat", [[2, 1]]),
                     ("view", [[3, 2, 1]]),
                     ("select", [0, 1]), ("narrow", [1, 0, 1]), ("transpose", [0, 1])):
        label = "transposed" if op != "reshape" else f"transposed-{len(args[0])}d"
        yield simple(f"{op}/{label}", op, [[3, 2]], *args, layout="transposed")
    for op, args in (("reshape", [[4]]), ("flatten", []), ("contiguous", []), ("view", [[2, 2, 1]]),
                     ("permute", [[1, 0]])):
        yield simple(f"{op}/strided", op, [[2, 2]], *args, layout="strided", dtype="float32")
    for op, args in (("reshape", [[6]]), ("contiguous", []), ("clone", []), ("squeeze", [])):
        yield simple(f"{op}/expanded", op, [[3, 2]], *args, layout="expanded")


def storage():
    """A view sees a write to its base; a copy does not. Nothing here requires grad."""
    rows = [
        ("reshape", [[3, 2]]), ("view", [[6]]), ("flatten", []), ("t", []), ("permute", [[1, 0]]),
        ("unsqueeze", [0]),
        ("squeeze", []), ("expand", [[2, 2, 3]]), ("narrow", [0, 0, 1]), ("select", [0, 0]), ("detach", []),
        ("contiguous", []), ("clone", []), ("flip", [[0]]), ("repeat", [[1, 1]]),
        ("broadcast_to", [[1, 2, 3]]),
        ("to", ["float64"]), ("to", ["float32"]),
    ]
    for op, args in rows:
        case = Case(f"{op}/shares" + (f"-{args[0]}" if op == "to" else ""))
        case.tensor("a", [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], shape=[2, 3])
        yield case.op(op, "a", *args, out="y").op("mul_", "a", 10.0).finish()
    case = Case("reshape/shares-not").tensor("a", [1.0, 2.0, 3.0, 4.0], shape=[2, 2]).op("t", "a", out="b")
    yield case.op("reshape", "b", [4], out="y").op("zero_", "a").finish()


def other_dtypes():
    for op, args in (("reshape", [[4]]), ("t", []), ("flip", [[0]]), ("expand", [[2, 2, 2]]),
                     ("repeat", [[2, 1]]), ("unsqueeze", [0]), ("squeeze", []), ("narrow", [0, 0, 1])):
        for dtype in ("int64", "bool"):
            yield simple(f"{op}/{dtype}", op, [[2, 2]], *args, dtype=dtype)
        yield simple(f"{op}/float32", op, [[2, 2]], *args, dtype="float32")


def joined(ident, op, shapes, *args, dtypes=None, grads=None, second=False, may_fail=False, **kwargs):
    case = Case(ident, may_fail)
    names = list("abcd"[: len(shapes)])
    for n, name in enumerate(names):
        dtype = dtypes[n] if dtypes else "float64"
        grad = dtype.startswith("float") and (grads is None or grads[n])
        case.random(name, shapes[n], dtype, grad)
    case.op(op, names, *args, out="y", **kwargs)
    return case.second(names).finish() if second else case.seed_backward().finish()


def joins():
    two, three = [[2, 3], [2, 3]], [[2, 2], [2, 2], [2, 2]]
    for op in ("cat", "stack"):
        yield joined(f"{op}/default", op, two)
        yield joined(f"{op}/dim-1", op, two, 1)
        yield joined(f"{op}/negative", op, two, -1)
        yield joined(f"{op}/keyword", op, three, dim=1)
        yield joined(f"{op}/one", op, [[2, 2]])
        yield joined(f"{op}/float32", op, two, 0, dtypes=["float32", "float32"])
        yield joined(f"{op}/int64", op, two, 0, dtypes=["int64", "int64"])
        yield joined(f"{op}/bool", op, two, 0, dtypes=["bool", "bool"])
        yield joined(f"{op}/mixed-floats", op, two, 0, dtypes=["float32", "float64"])
        yield joined(f"{op}/mixed-int64", op, two, 0, dtypes=["int64", "float32"])
        yield joined(f"{op}/some-grads", op, three, 0, grads=[True, False, True])
        yield joined(f"{op}/second", op, [[2], [2]], 0, second=True)
        yield joined(f"{op}/empty", op, [[0, 2], [0, 2]], 0)
        case = Case(f"{op}/same")
        case.random("a", [2], grad=True)
        yield case.op(op, ["a", "a", "a"], out="y").seed_backward().finish()
        case = Case(f"{op}/transposed")
        case.random("a", [2, 2], grad=True)
        case.op("t", "a", out="_a")
        yield case.op(op, ["a", "_a"], 1, out="y").seed_backward().finish()
    yield joined("cat/different", "cat", [[2, 3], [1, 3]], 0)
    yield joined("cat/different-columns", "cat", [[2, 1], [2, 3], [2, 2]], 1)
    yield joined("cat/with-empty", "cat", [[0, 2], [3, 2]], 0)
    yield joined("cat/legacy-empty", "cat", [[0], [2, 2]], 0)
    yield joined("stack/scalars", "stack", [[], [], []])
    yield joined("stack/last", "stack", two, 2)


def parts():
    """split, chunk and unbind: several views of one tensor; a part that is not used gives zeros."""
    for op, label, shape, args, kwargs, outs in (
        ("split", "even", [4, 2], [2], {}, 2), ("split", "remainder", [5], [2], {}, 3),
        ("split", "dim", [2, 4], [2, 1], {}, 2), ("split", "list", [5, 2], [[1, 4]], {}, 2),
        ("split", "keyword", [2, 3], [], {"split_size_or_sections": 2, "dim": -1}, 2),
        ("split", "large", [3], [5], {}, 1),
        ("split", "list-zero", [3], [[0, 3]], {}, 2),
        ("chunk", "even", [4, 2], [2], {}, 2), ("chunk", "remainder", [5], [3], {}, 3),
        ("chunk", "dim", [2, 4], [2, 1], {}, 2),
        ("chunk", "fewer", [3], [4], {}, 3), ("chunk", "keyword", [4], [], {"chunks": 2, "dim": 0}, 2),
        ("unbind", "rows", [2, 3], [], {}, 2), ("unbind", "columns", [2, 3], [1], {}, 3),
        ("unbind", "negative", [2, 2], [-1], {}, 2), ("unbind", "vector", [3], [], {}, 3),
        ("unbind", "keyword", [2, 2], [], {"dim": 0}, 2),
    ):
        names = ["p", "q", "r"][:outs]
        for used in {0, outs - 1}:
            case = Case(f"{op}/{label}-{used}")
            case.random("a", shape, grad=True)
            yield case.op(op, "a", *args, out=names, **kwargs).seed_backward(names[used]).finish()
    for op, args in (("split", [1]), ("chunk", [2]), ("unbind", [])):
        case = Case(f"{op}/all-used")
        case.random("a", [2, 3], "float32", True)
        case.op(op, "a", *args, out=["p", "q"]).op("mul", "p", "q", out="y")
        yield case.seed_backward().finish()
        case = Case(f"{op}/second")
        case.random("a", [2, 2], grad=True)
        case.op(op, "a", *args, out=["p", "q"]).op("mul", "p", "q", out="y")
        yield case.second(["a"]).finish()
        case = Case(f"{op}/int64").tensor("a", [1, 2, 3, 4], "int64", shape=[2, 2])
        yield case.op(op, "a", *args, out=["p", "q"]).op("add_", "a", 10).finish()
        case = Case(f"{op}/transposed")
        case.random("a", [2, 3], grad=True, layout="transposed")
        yield case.op(op, "_a", *args, out=["p", "q"]).seed_backward("q").finish()


def like():
    for op in ("expand_as", "view_as"):
        case = Case(f"{op}/simple")
        case.random("a", [1, 3] if op == "expand_as" else [2, 3], grad=True)
        case.random("b", [2, 3] if op == "expand_as" else [3, 2], grad=True)
        yield case.op(op, "a", "b", out="y").seed_backward().finish()
    case = Case("expand_as/scalar")
    case.random("a", [], "float32", True)
    case.tensor("b", [1, 2], "int64")
    yield case.op("expand_as", "a", "b", out="y").seed_backward().finish()
    case = Case("expand_as/second")
    case.random("a", [1, 2], grad=True)
    case.random("b", [2, 2])
    yield case.op("expand_as", "a", "b", out="y").second(["a"]).finish()
