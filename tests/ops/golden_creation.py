"""Making tensors: tensor steps, zeros, ones, full, the _like forms, arange, linspace, eye, clone, detach."""

from golden_case import Case

INF, NAN = "Infinity", "NaN"
# (op, label, arguments, keywords)
ROWS = [
    ("zeros", "list", [[2, 3]], {}), ("zeros", "numbers", [2, 3], {}), ("zeros", "number", [3], {}),
    ("zeros", "scalar", [[]], {}),
    ("zeros", "empty", [[0, 2]], {}), ("zeros", "float64", [[2]], {"dtype": "float64"}),
    ("zeros", "int64", [[2]], {"dtype": "int64"}),
    ("zeros", "bool", [[2]], {"dtype": "bool"}), ("zeros", "grad", [[2]], {"requires_grad": True}),
    ("ones", "list", [[2, 2]], {}), ("ones", "numbers", [1, 2], {}), ("ones", "scalar", [[]], {}),
    ("ones", "float64", [[3]], {"dtype": "float64"}),
    ("ones", "int64", [[2]], {"dtype": "int64"}), ("ones", "bool", [[2]], {"dtype": "bool"}),
    ("ones", "empty", [[0]], {}),
    ("ones", "keyword", [], {"size": [2, 2]}), ("zeros", "keyword", [], {"size": [2]}),
    ("ones", "grad", [2], {"dtype": "float64", "requires_grad": True}),
    ("full", "float", [[2, 2], 1.5], {}), ("full", "int", [[2], 7], {}), ("full", "bool", [[2], True], {}),
    ("full", "scalar", [[], 0.1], {}),
    ("full", "float64", [[2], 0.1], {"dtype": "float64"}),
    ("full", "int-as-float", [[2], 3], {"dtype": "float32"}),
    ("full", "float-as-int", [[2], 2.9], {"dtype": "int64"}),
    ("full", "keyword", [], {"size": [2], "fill_value": 4.0}),
    ("full", "number-as-bool", [[2], 3], {"dtype": "bool"}),
    ("full", "infinite", [], {"size": [2], "fill_value": INF}),
    ("full", "nan", [], {"size": [1], "fill_value": NAN}), ("full", "empty", [[2, 0], 1.0], {}),
    ("full", "grad", [[2], 1.0], {"requires_grad": True}), ("full", "negative", [[1], -3], {}),
    ("arange", "end", [5], {}), ("arange", "start-end", [2, 6], {}), ("arange", "step", [1, 10, 3], {}),
    ("arange", "down", [5, 0, -2], {}),
    ("arange", "float", [3.0], {}), ("arange", "fraction", [0, 1, 0.25], {}),
    ("arange", "fraction-open", [0, 1, 0.3], {}),
    ("arange", "float-end", [2.5], {}), ("arange", "nothing", [0], {}), ("arange", "same", [3, 3], {}),
    ("arange", "float64", [3], {"dtype": "float64"}), ("arange", "int64", [0, 3, 1], {"dtype": "int64"}),
    ("arange", "negative", [-3, 2], {}), ("arange", "keyword", [], {"start": 1, "end": 4, "step": 2}),
    ("arange", "tenths", [0, 0.5, 0.1], {"dtype": "float64"}),
    ("arange", "grad", [3.0], {"requires_grad": True}),
    ("arange", "keyword-end", [], {"end": 3}), ("arange", "large", [1 << 53, (1 << 53) + 3], {}),
    ("linspace", "five", [0, 1, 5], {}), ("linspace", "float64", [0, 1, 4], {"dtype": "float64"}),
    ("linspace", "down", [1, -1, 3], {}),
    ("linspace", "one", [2, 5, 1], {}), ("linspace", "nothing", [0, 1, 0], {}),
    ("linspace", "same", [2, 2, 3], {}),
    ("linspace", "int64", [0, 10, 5], {"dtype": "int64"}), ("linspace", "thirds", [0, 1, 7], {}),
    ("linspace", "keyword", [], {"start": 0, "end": 3, "steps": 4}),
    ("linspace", "grad", [0, 1, 2], {"requires_grad": True}),
    ("linspace", "tenths", [0, 1, 11], {"dtype": "float64"}), ("linspace", "negative", [-3, -1, 5], {}),
    ("eye", "square", [3], {}), ("eye", "wide", [2, 3], {}), ("eye", "tall", [3, 1], {}),
    ("eye", "nothing", [0], {}),
    ("eye", "int64", [2], {"dtype": "int64"}), ("eye", "bool", [2], {"dtype": "bool"}),
    ("eye", "float64", [2], {"dtype": "float64"}),
    ("eye", "grad", [2], {"requires_grad": True}), ("eye", "keyword", [], {"n": 2, "m": 1}),
]
# (label, tensor step without the name)
TENSORS = [
    ("scalar", {"data": 2.5, "dtype": "float32"}), ("vector", {"data": [1.0, 2.0], "dtype": "float32"}),
    ("matrix", {"data": [[1.0, 2.0], [3.0, 4.0]], "dtype": "float64"}),
    ("cube", {"data": [[[1], [2]], [[3], [4]]], "dtype": "int64"}),
    ("empty", {"data": [], "dtype": "float32"}), ("empty-row", {"data": [[]], "dtype": "float32"}),
    ("empty-shape", {"data": [], "shape": [2, 0, 3], "dtype": "float64"}),
    ("reshaped", {"data": [1, 2, 3, 4], "shape": [2, 2], "dtype": "float32"}),
    ("to-scalar", {"data": [7], "shape": [], "dtype": "float64"}),
    ("int-as-float", {"data": [1, 2], "dtype": "float64"}),
    ("float-as-int", {"data": [1.9, -1.9], "dtype": "int64"}),
    ("number-as-bool", {"data": [0, 1, 2], "dtype": "bool"}),
    ("bool-as-float", {"data": [True, False], "dtype": "float32"}),
    ("nested-reshaped", {"data": [[1, 2, 3], [4, 5, 6]], "shape": [3, 2], "dtype": "int64"}),
    ("specials", {"data": [NAN, INF, "-Infinity", -0.0], "dtype": "float32"}),
    ("specials-64", {"data": [NAN, INF, "-Infinity", -0.0], "dtype": "float64"}),
    ("int64-bounds", {"data": [9223372036854775807, -9223372036854775808], "dtype": "int64"}),
    ("float32-rounds", {"data": [0.1, 16777217, 1e-46, 3.4028234663852886e38], "dtype": "float32"}),
    ("float64-extremes", {"data": [5e-324, 1.7976931348623157e308, 0.1], "dtype": "float64"}),
    ("float32-denormal", {"data": [1e-45, 1.1754943508222875e-38], "dtype": "float32"}),
    ("grad", {"data": [1.0], "dtype": "float32", "requires_grad": True}),
    ("no-grad-flag", {"data": [1], "dtype": "int64", "requires_grad": False}),
    ("int64-past-double", {"data": [9007199254740993, -9007199254740993], "dtype": "int64"}),
    ("high-rank", {"data": [[[[[1.5]]]]], "dtype": "float32"}),
]


def cases():
    for label, step in TENSORS:
        yield Case(f"tensor/{label}").step(tensor="y", **step).watch("y").finish()
    for op, label, args, kwargs in ROWS:
        yield Case(f"{op}/{label}").op(op, *args, out="y", **kwargs).finish()
    yield from used()
    yield from like()
    yield from copies()


def used():
    """Leaves made by an op that asks for requires_grad gather gradients like any other."""
    for op, args in (("zeros", [[2]]), ("ones", [[2]]), ("full", [[2], 2.0]), ("arange", [2.0]),
                     ("linspace", [1, 2, 2]), ("eye", [2])):
        case = Case(f"{op}/leaf").op(op, *args, out="y", requires_grad=True).op("mul", "y", "y", out="z")
        yield case.seed_backward("z").watch("y.grad").finish()
    case = Case("tensor/rebound").tensor("a", [1.0, 2.0], grad=True).op("mul", "a", "a", out="y")
    case.tensor("a", [5.0], grad=True)
    yield case.tensor("gy", [1.0, 1.0]).backward("y", "gy").finish()


def like():
    for op, extra in (("zeros_like", []), ("ones_like", []), ("full_like", [2.5])):
        for dtype in ("float64", "float32", "int64", "bool"):
            case = Case(f"{op}/{dtype}")
            case.random("a", [2, 2], dtype, dtype.startswith("float"))
            yield case.op(op, "a", *extra, out="y").finish()
        for label, kwargs in (("cast", {"dtype": "int64"}), ("cast-float64", {"dtype": "float64"}),
                              ("grad", {"requires_grad": True})):
            case = Case(f"{op}/{label}")
            case.random("a", [3], "float32")
            yield case.op(op, "a", *extra, out="y", **kwargs).finish()
        case = Case(f"{op}/scalar")
        case.random("a", [])
        yield case.op(op, "a", *extra, out="y").finish()
        case = Case(f"{op}/empty")
        case.random("a", [0, 2])
        yield case.op(op, "a", *extra, out="y").finish()
        case = Case(f"{op}/transposed")
        case.random("a", [2, 3], layout="transposed")
        yield case.op(op, "_a", *extra, out="y").finish()
    case = Case("full_like/keyword")
    case.random("a", [2])
    yield case.op("full_like", "a", fill_value=7, out="y").finish()
    # The result does not depend on the values of its argument, so no gradient goes that way.
    case = Case("ones_like/detached").tensor("a", [1.0, 2.0], grad=True).op("ones_like", "a", out="y")
    case.op("mul", "a", "y", out="z")
    yield case.seed_backward("z").finish()


def copies():
    for op in ("clone", "detach"):
        for dtype in ("float64", "float32", "int64", "bool"):
            case = Case(f"{op}/{dtype}")
            case.random("a", [2, 2], dtype, dtype.startswith("float"))
            yield case.op(op, "a", out="y").seed_backward().finish()
    for op in ("clone", "detach"):
        case = Case(f"{op}/cuts").tensor("a", [3.0], grad=True).op(op, "a", out="b")
        case.op("mul", "a", "b", out="y")
        yield case.backward("y").finish()
        case = Case(f"{op}/written").tensor("a", [1.0, 2.0]).op(op, "a", out="y")
        case.op("setitem_", "y", 0, 999.0)
        yield case.watch("a").finish()
        case = Case(f"{op}/of-result").tensor("a", [1.0, 2.0], grad=True).op("mul", "a", 2.0, out="b")
        case.op(op, "b", out="y")
        yield case.seed_backward().finish()
        yield Case(f"{op}/number").tensor("a", 2.0, grad=True).op(op, "a", out="y").finish()
