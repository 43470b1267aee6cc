"""Entries in other places: diagonals, rolls, pads, grids, tables; and compositions around the layers."""

from golden_case import Case, simple


def cases():
    for section in (moved, placed, tables, several, layers):
        yield from section()


def both(op, label, shapes, *args, **kwargs):
    yield simple(f"{op}/{label}", op, shapes, *args, **kwargs)
    yield simple(f"{op}/{label}-second", op, shapes, *args, second=True, **kwargs)


def moved():
    for label, shape, args in (("matrix", [2, 3], []), ("above", [3, 3], [1]), ("below", [3, 2], [-1]), ("far", [2, 2], [5]),
                               ("batch", [2, 3, 2], [0, 1, 2]), ("turned", [2, 3, 2], [1, -1, 0])):
        yield from both("diagonal", label, [shape], *args)
    yield simple("diagonal/same-dims", "diagonal", [[2, 3]], 0, 1, 1, may_fail=True)
    yield simple("diagonal/vector", "diagonal", [[3]], may_fail=True)
    for label, shape, args in (("vector", [3], []), ("vector-above", [2], [1]), ("matrix", [2, 3], [1]), ("cube", [2, 2, 2], [])):
        yield simple(f"diag/{label}", "diag", [shape], *args, may_fail=True)
    yield simple("trace/matrix", "trace", [[2, 3]])
    yield simple("trace/vector", "trace", [[3]], may_fail=True)
    for label, args in (("flat", [1]), ("dims", [[1, -4], [0, 1]]), ("one", [2, 1]), ("uneven", [[1, 2], [0]])):
        yield simple(f"roll/{label}", "roll", [[2, 3]], *args, may_fail=True)
    yield simple("roll/empty", "roll", [[0, 3]], 1)
    yield simple("tile/fewer", "tile", [[2, 3]], [2])
    yield simple("tile/more", "tile", [[2]], [3, 2])
    for label, args in (("one", [0, 2]), ("several", [[0, 1], [1, 2]]), ("negative", [-1, 0]), ("repeated", [[0, 0], [1, 2]])):
        yield simple(f"movedim/{label}", "movedim", [[2, 3, 1]], *args, may_fail=True)
    for label, args in (("last", [1, [3, 2]]), ("inferred", [-1, [-1, 2]]), ("wrong", [1, [4, 2]])):
        yield simple(f"unflatten/{label}", "unflatten", [[2, 6]], *args, may_fail=True)
    for label, pad, extra in (("last", [1, 2], {}), ("both", [1, 0, 0, 2], {"value": 1.5}), ("cut", [-1, 1], {}),
                              ("odd", [1], {}), ("long", [1] * 6, {})):
        yield simple(f"pad/{label}", "pad", [[2, 3]], pad, may_fail=True, **extra)
    yield simple("pad/second", "pad", [[3]], [1, -1], second=True)


def placed():
    case = Case("scatter/source")
    case.random("a", [3, 2], grad=True), case.random("s", [2, 2], grad=True)
    yield case.tensor("i", [[0, 2], [1, 0]], "int64").op("scatter", "a", 0, "i", "s", out="y").second(["a", "s"]).finish()
    case = Case("scatter/number")
    case.random("a", [3, 2], grad=True)
    yield case.tensor("i", [[0, 2]], "int64").op("scatter", "a", 0, "i", 1.5, out="y").seed_backward().finish()
    case = Case("scatter_/history")
    case.random("a", [3], grad=True)
    case.tensor("i", [0, 2], "int64").op("mul", "a", 2.0, out="y").op("scatter_", "y", 0, "i", 1.5)
    yield case.seed_backward().finish()
    for label, index, dtype in (("beyond", [5], "int64"), ("float", [1.0], "float64"), ("long", [0, 0, 0, 0, 0], "int64")):
        case = Case(f"scatter/index-{label}", True)
        case.random("a", [3]), case.random("s", [2])
        yield case.tensor("i", index, dtype).op("scatter", "a", 0, "i", "s", out="y").finish()
    for label, shape, args in (("dim", [2, 1], [1]), ("flat", [4], []), ("ranks", [2], [1])):
        case = Case(f"take_along_dim/{label}", True)
        case.random("a", [2, 3], grad=True)
        case.random("i", shape, "int64", domain=(0, 2))
        yield case.op("take_along_dim", "a", "i", *args, out="y").seed_backward().finish()
    for label, shape in (("matrix", [2, 3]), ("empty", [0]), ("0-d", [])):
        yield simple(f"nonzero/{label}", "nonzero", [shape], dtype="bool")
    case = Case("where/places").tensor("a", [[True, False], [True, True]], "bool")
    yield case.op("where", "a", out=["y", "z"]).finish()


def tables():
    for label, index, extra in (("matrix", [[0, 2], [2, 1]], {}), ("padding", [0, 2, 1], {"padding_idx": 2}),
                                ("padding-negative", [0, 3, 1], {"padding_idx": -1}), ("beyond", [4], {})):
        case = Case(f"embedding/{label}", True).tensor("i", index, "int64")
        case.random("w", [4, 3], grad=True)
        yield case.op("embedding", "i", "w", out="y", **extra).seed_backward().finish()
    for label, data, args, dtype in (("inferred", [0, 2], [], "int64"), ("given", [[0], [1]], [3], "int64"),
                                     ("small", [0, 2], [2], "int64"), ("negative", [-1], [], "int64"),
                                     ("float", [0.0], [], "float64")):
        yield Case(f"one_hot/{label}", True).tensor("a", data, dtype).op("one_hot", "a", *args, out="y").finish()
    yield Case("one_hot/empty", True).tensor("a", [], "int64", shape=[0]).op("one_hot", "a", out="y").finish()


def plain(case, *names):
    """Values and gradients count; PyTorch gives both results one node."""
    made = case.finish()
    for name in names:
        made["expect"][name].pop("grad_fn", None)
    return made


def several():
    for op in ("std_mean", "var_mean"):
        for label, args, extra in (("all", [], {}), ("dim", [1], {}), ("biased", [0, False, True], {}),
                                   ("correction", [1], {"correction": 0})):
            case = Case(f"{op}/{label}")
            case.random("a", [2, 3], grad=True)
            case.op(op, "a", *args, out=["y", "m"], **extra).op("mul", "y", "m", out="p")
            yield plain(case.seed_backward("p"), "y", "m")
    for label, extra in (("all", {}), ("dim", {"dim": 1, "keepdim": True})):
        case = Case(f"aminmax/{label}")
        case.random("a", [2, 3])
        yield case.op("aminmax", "a", out=["y", "z"], **extra).finish()
    for indexing in ("ij", "xy"):
        case = Case(f"meshgrid/{indexing}")
        case.random("a", [2], grad=True), case.random("b", [3], grad=True)
        case.op("meshgrid", ["a", "b"], indexing=indexing, out=["y", "z"]).op("mul", "y", "z", out="p")
        yield case.seed_backward("p").finish()


def layers():
    for label, shape, args in (("last", [2, 3], [[3]]), ("two", [2, 2, 3], [[2, 3]]), ("wrong", [2, 3], [[2]])):
        case = Case(f"layer_norm/{label}", True)
        case.random("a", shape, grad=True)
        case.op("layer_norm", "a", *args, out="y")
        if case.error is None:
            case.seed_backward()
        made = case.finish()
        for name in made["expect"]:
            made["expect"][name] and made["expect"][name].pop("grad_fn", None)
        yield made
    for reduction in ("mean", "sum", "none", "batchmean"):
        for log in (False, True):
            case = Case(f"kl_div/{reduction}-{log}")
            case.random("a", [2, 3], grad=True), case.random("t", [2, 3], grad=True, domain=(0.1, 0.9))
            yield case.op("kl_div", "a", "t", reduction=reduction, log_target=log, out="y").seed_backward().finish()
    yield simple("cosine_similarity/default", "cosine_similarity", [[2, 3], [2, 3]])
    yield simple("cosine_similarity/broadcast", "cosine_similarity", [[2, 3], [3]], dim=-1)
    for p, training in ((0.0, True), (0.5, False), (1.0, True), (1.5, True)):
        yield simple(f"dropout/{p}-{training}", "dropout", [[3]], p, training, may_fail=True)
