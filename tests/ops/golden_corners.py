"""Corners: tensors without dimensions or elements, signs of zero, NaN, and graphs that a formula must not lose."""

from golden_case import Case


def cases():
    for section in (nothing, zeros_and_nan, integers, graphs, ignored, stale, retained, followed):
        yield from section()


def leaf(ident, data=(1.0, 2.0), may_fail=False, **options):
    return Case(ident, may_fail).tensor("w", list(data), grad=True, **options)


def nothing():
    """0-d tensors count as one entry where an index is used, and no more."""
    case = leaf("scatter_add/0-d-source", (1.0, 2.0, 3.0), True).tensor("i", [0, 1, 2], "int64").tensor("s", 2.5)
    yield case.op("scatter_add", "w", 0, "i", "s", out="y").finish()
    for label, self, index, source in (("0-d", 2.0, [0], 2.5), ("0-d-source-1-d", 2.0, [0], [2.5]),
                                       ("source-0-d", [1.0, 2.0], [1], 2.5)):
        case = Case(f"index_add/{label}").tensor("w", self, grad=True)
        case.tensor("i", index, "int64").tensor("s", source, grad=True)
        yield case.op("index_add", "w", 0, "i", "s", out="y").seed_backward().finish()
    for label, shape in (("rows", [0, 5]), ("count", [5, 3])):
        case = Case(f"index_add/no-index-other-{label}", True)
        case.random("a", [2, 3])
        case.tensor("i", [], "int64", shape=[0])
        case.random("s", shape)
        yield case.op("index_add", "a", 0, "i", "s", out="y").finish()
    case = leaf("chunk/empty", [], shape=[0]).op("chunk", "w", 2, out=["p", "q"])
    yield case.finish()
    for op in ("tril", "triu"):
        yield leaf(f"{op}/empty-vector", [], shape=[0]).op(op, "w", out="y").finish()
    for op in ("softmax", "log_softmax"):
        yield Case(f"{op}/empty-int64").tensor("a", [], "int64", shape=[0]).op(op, "a", 0, out="y").finish()
    yield Case("argmax/bool-single").tensor("a", [[True], [False]], "bool").op("argmax", "a", 1, out="y").finish()
    case = Case("norm/inf-empty").tensor("a", [], shape=[2, 0])
    yield case.op("norm", "a", "Infinity", 1, out="y").finish()


def zeros_and_nan():
    case = Case("neg/zero").tensor("a", [0.0, -0.0], "float32").op("neg", "a", out="_n")
    yield case.op("reciprocal", "_n", out="y").finish()
    values = [["NaN", 1.0, 2.0, 3.0, -1.0], [0.0, 1.0, 1.0, 0.0, 3.0]]
    for op, extra in (("huber_loss", {"delta": 1.0}), ("smooth_l1_loss", {"beta": 1.0}),
                      ("smooth_l1_loss", {"beta": 0.0})):
        case = Case(f"{op}/nan-{extra}".replace("'", "").replace(" ", ""))
        case.tensor("a", values[0], grad=True).tensor("t", values[1], grad=True)
        yield case.op(op, "a", "t", reduction="none", out="y", **extra).seed_backward().finish()
    for size in (1e30, 1e-25):
        case = Case(f"std/range-{size}").tensor("a", [size, -size, 0.0], "float32", True).op("std", "a", out="y")
        yield case.backward("y").finish()


def integers():
    case = Case("addmm/int64-factors")
    for name in "abc":
        case.random(name, [2, 2], "int64")
    yield case.op("addmm", "a", "b", "c", beta=3, alpha=2, out="y").finish()
    for op in ("mse_loss", "smooth_l1_loss", "huber_loss"):
        for dtypes in (("float32", "bool"), ("float32", "float64"), ("int64", "int64"), ("int64", "float32")):
            case = Case(f"{op}/dtypes-{dtypes[0]}-{dtypes[1]}", True)
            case.random("a", [3], dtypes[0])
            case.random("t", [3], dtypes[1])
            yield case.op(op, "a", "t", out="y").finish()


def graphs():
    """A gradient that is constant still has a graph when PyTorch's has one."""
    for op, args in (("relu", []), ("leaky_relu", [0.2]), ("hardtanh", []), ("elu", [])):
        case = leaf(f"{op}/second-of-constant", (0.5, -0.5, 0.0)).op(op, "w", *args, out="_y")
        case.op("sum", "_y", out="s").grad(["s"], ["w"], ["g"], create_graph=True).op("sum", "g", out="z")
        yield case.grad(["z"], ["w"], ["h"]).finish()
    for op, args in (("square", []), ("pow", [2])):
        case = leaf(f"{op}/third").op(op, "w", *args, out="_y").op("sum", "_y", out="s0")
        for order in range(3):
            case.grad([f"s{order}"], ["w"], [f"g{order}"], create_graph=True)
            case.op("sum", f"g{order}", out=f"s{order + 1}")
        yield case.finish()
    yield leaf("rsub/number").op("rsub", "w", 2, out="y").seed_backward().finish()
    yield leaf("rsub/bool-number", may_fail=True).op("rsub", "w", True, out="y").finish()
    yield leaf("getitem/whole-in-tuple").op("getitem", "w", ["0:2"], out="y").seed_backward().finish()
    yield leaf("getitem/whole-alone").op("getitem", "w", "0:2", out="y").seed_backward().finish()


def ignored():
    for op in ("nll_loss", "cross_entropy"):
        case = Case(f"{op}/all-ignored")
        case.random("a", [2, 3], grad=True)
        yield case.tensor("t", [-100, -100], "int64").op(op, "a", "t", out="y").backward("y").finish()
    case = Case("nll_loss/infinite-of-weight-0").tensor("a", [["-Infinity", 2.0], [3.0, 4.0]], grad=True)
    case.tensor("t", [0, 1], "int64").tensor("c", [0.0, 1.0])
    yield case.op("nll_loss", "a", "t", "c", out="y").finish()


def stale():
    """A second pass meets nothing of the first."""
    case = leaf("cat/backward-twice").op("cat", ["w", "w"], out="y").op("sum", "y", out="z")
    yield case.backward("z").backward("z").finish()
    case = Case("autograd/grad/unreached-input-then-others")
    for name in ("w1", "w2", "w3"):
        case.tensor(name, [1.0, 2.0], grad=True)
    for name, factor in (("y", "w1"), ("m", "w2"), ("n", "w3")):
        case.op("mul", factor, factor, out=name)
    case.op("add", "m", "n", out="s").tensor("g", [1.0, 1.0])
    case.grad(["y"], ["w1", "w2"], ["_a", "_b"], allow_unused=True, grad_outputs=["g"])
    case.grad(["s"], ["w3"], ["_c"], grad_outputs=["g"])
    yield case.grad(["m"], ["w2"], ["d"], grad_outputs=["g"]).finish()
    case = leaf("repeat/long", (1.0,)).op("repeat", "w", [4000, 3], out="_y").op("sum", "_y", out="z")
    yield case.backward("z").finish()


def retained():
    case = leaf("retain_grad/written-through-view").op("mul", "w", 2, out="h").step(retain_grad="h")
    case.op("select", "h", 0, 0, out="v").op("mul_", "v", 3).op("sum", "h", out="z")
    yield case.backward("z").watch("h.grad").finish()
    case = leaf("retain_grad/written-itself").op("mul", "w", 2, out="h").step(retain_grad="h")
    case.op("mul_", "h", 3).op("sum", "h", out="z")
    yield case.backward("z").watch("h.grad").finish()
    case = leaf("backward/input-not-reached").op("mul", "w", 2, out="h").op("sum", "w", out="z")
    yield case.backward("z", inputs=["h"]).finish()
    case = leaf("backward/input-frees-its-node", may_fail=True).op("mul", "w", "w", out="h").op("sum", "h", out="z")
    yield case.backward("z", inputs=["h"]).op("sum", "h", out="z2").backward("z2").finish()


def followed():
    """A view finds its way through what was written since."""
    case = Case("autograd/view/base-requires-grad-later").tensor("a", [1.0, 2.0]).op("select", "a", 0, 0, out="v")
    case.op("requires_grad_", "a").no_grad({"op": "add_", "args": ["v", 1]}).op("mul", "v", 2, out="q")
    yield case.backward("q").watch("a.grad").finish()
    case = leaf("autograd/view/of-detached-base").op("mul", "w", 2, out="t").op("view", "t", [2, 1], out="v")
    yield case.op("detach_", "t").op("exp_", "t").watch("v").finish()
    case = leaf("autograd/view/no-grad-view-of-written", may_fail=True)
    case.no_grad({"op": "select", "args": ["w", 0, 0], "out": "v"}, {"op": "add_", "args": ["w", 1]})
    yield case.op("mul", "v", 2, out="q").finish()
    for op, args in (("zero_", []), ("fill_", [2.0]), ("setitem_", ["0:2", 5.0]), ("setitem_", ["0:2", [5.0]]),
                     ("copy_", [[1.0, 2.0, 3.0]])):
        case = Case(f"{op}/repeated-memory-{len(str(args))}", True).tensor("a", [1.0]).op("expand", "a", [3], out="e")
        yield case.op(op, "e", *args).watch("a").finish()
    case = leaf("zero_/repeated-memory-with-graph", (1.0,), True).op("mul", "w", 2, out="h").op("expand", "h", [3], out="e")
    yield case.op("zero_", "e").finish()
    for op in ("index_add_", "scatter_add_"):
        case = Case(f"{op}/itself", True).tensor("a", [1.0, 2.0]).tensor("i", [0, 1], "int64")
        yield case.op(op, "a", 0, "i", "a").finish()
