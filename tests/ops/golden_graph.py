"""The rules of autograd, continued: writes to saved tensors, leaves and views; modes; whole graphs."""

from golden_case import Case


def start(ident, may_fail=False, dtype="float32"):
    """The tutorial's two leaves: w = 1 and x = 2."""
    case = Case(f"autograd/{ident}", may_fail)
    return case.tensor("w", [1.0], dtype, True).tensor("x", [2.0], dtype, True)


def product(ident, may_fail=False):
    """y = (x + w)(w + 1), whose gradients are 5 and 2."""
    case = start(ident, may_fail).op("add", "w", "x", out="a").op("add", "w", 1, out="b")
    return case.op("mul", "a", "b", out="y")


def one(ident, data=(3.0,), may_fail=False, grad=True, shape=None):
    return Case(f"autograd/{ident}", may_fail).tensor("w", list(data), grad=grad, shape=shape)


def kept(case, *names):
    """Says what the named tensors are after the failure."""
    case.keeps_answers = True
    return case.only(*names).finish()


def cases():
    for section in (modified, tutorial, leaf_writes, views, modes, graph_shapes, points):
        yield from section()


def modified():
    """Writes to what a later backward needs, and to what it does not."""
    case = product("modified/tutorial", True).op("add_", "a", 1)
    yield kept(case.backward("y"), "w.grad", "x.grad", "a", "y")
    case = start("modified/add-saves-nothing").op("add", "w", "x", out="a").op("add", "a", "a", out="y")
    yield case.op("add_", "a", 1).backward("y").finish()
    case = one("modified/exp-output", may_fail=True).op("exp", "w", out="e").op("sum", "e", out="z")
    yield case.op("add_", "e", 1).backward("z").finish()
    case = one("modified/exp-input").op("mul", "w", 2, out="s").op("exp", "s", out="t")
    yield case.op("sum", "t", out="z").op("add_", "s", 1).backward("z").finish()
    yield product("modified/after-backward").backward("y").op("add_", "a", 1).finish()
    yield product("modified/before-use").op("add_", "y", 1).backward("y").finish()
    case = product("modified/under-no-grad", True).no_grad({"op": "add_", "args": ["a", 1]})
    yield case.backward("y").finish()
    case = product("modified/leaf-under-no-grad", True).op("mul", "w", "x", out="z")
    case.no_grad({"op": "add_", "args": ["w", 1]})
    yield case.backward("z").finish()
    case = product("modified/leaf-nothing-saved").op("add", "w", "x", out="z")
    case.no_grad({"op": "add_", "args": ["w", 1]})
    yield case.backward("z").watch("w").finish()
    case = product("modified/twice", True).op("add_", "a", 1).op("sub_", "a", 1)
    yield case.backward("y").finish()
    case = one("modified/through-view", may_fail=True).op("mul", "w", 2, out="a")
    case.op("exp", "a", out="e").op("view", "e", [1, 1], out="v")
    yield case.op("mul_", "v", 2).backward("e").finish()
    case = one("modified/base-of-saved-view", (1.0, 2.0), True).op("mul", "w", 2, out="a")
    case.op("getitem", "a", 0, out="v")
    yield case.op("mul", "v", "v", out="y").op("add_", "a", 1).backward("y").finish()
    case = one("modified/sibling-element", (1.0, 2.0), True).op("mul", "w", 2, out="a")
    case.op("getitem", "a", 0, out="v").op("mul", "v", "v", out="y")
    yield case.op("setitem_", "a", 1, 9.0).backward("y").finish()
    case = one("modified/plain-operand", may_fail=True).tensor("p", [2.0]).op("mul", "w", "p", out="y")
    yield case.op("add_", "p", 1).backward("y").finish()
    case = one("modified/plain-operand-not-saved").tensor("p", [2.0]).op("mul", "w", "p", out="y")
    yield case.op("add", "y", "p", out="z").backward("z").finish()
    case = Case("autograd/modified/one-sided-mul").tensor("w", [3.0], grad=True).tensor("p", [2.0])
    case.op("mul", "w", 1.0, out="a")
    yield case.op("mul", "a", "p", out="y").op("add_", "a", 1).backward("y").finish()
    case = one("modified/reached-by-other-root", may_fail=True).op("mul", "w", 2, out="a")
    case.op("mul", "a", "a", out="y").op("add", "a", 1, out="z")
    yield case.op("add_", "a", 1).backward("z", retain_graph=True).backward("y").finish()


def tutorial():
    """The lessons of the seed tutorial, step by step."""
    yield product("tutorial/first").backward("y").finish()
    case = start("tutorial/torch-names").op("add", "w", "x", out="a").op("add", "w", 1, out="b")
    case.op("mul", "a", "b", out="y").backward("y", retain_graph=True)
    yield case.op("clone", "w.grad", out="once").backward("y").finish()
    yield product("tutorial/leaf-in-place", True).op("add_", "w", 1).backward("y").finish()
    yield kept(product("tutorial/leaf-in-place-changes-nothing", True).op("add_", "w", 1), "w", "w.grad")
    case = product("tutorial/detach").backward("y").op("detach", "w", out="d")
    yield case.op("setitem_", "d", 0, 999.0).watch("w").finish()
    case = Case("autograd/tutorial/plus-equals").op("ones", [1], out="a").op("ones", [1], out="_o")
    case.op("add", "a", "_o", out="b")
    yield case.op("add_", "b", "_o").finish()
    case = start("tutorial/no-grad")
    case.no_grad({"op": "add", "args": ["w", "x"], "out": "a"}, {"op": "mul", "args": ["a", "w"], "out": "y"})
    yield case.finish()
    case = start("tutorial/no-grad-backward", True)
    yield case.no_grad({"op": "mul", "args": ["x", "w"], "out": "y"}).backward("y").finish()


def leaf_writes():
    for op, args in (("add_", [1]), ("mul_", [2]), ("zero_", []), ("setitem_", [0, 5.0]), ("copy_", [[7.0]]),
                     ("exp_", [])):
        yield kept(one(f"leaf-write/{op}", may_fail=True).op(op, "w", *args), "w")
        yield one(f"leaf-write/{op}-no-grad").no_grad({"op": op, "args": ["w", *args]}).watch("w").finish()
        yield one(f"leaf-write/{op}-plain", grad=False).op(op, "w", *args).finish()
    case = Case("autograd/leaf-write/operand-makes-non-leaf").tensor("p", [1.0])
    case.tensor("w", [3.0], grad=True).op("mul_", "p", "w")
    yield case.backward("p").finish()
    case = Case("autograd/leaf-write/copy-makes-non-leaf").tensor("p", [1.0, 2.0])
    case.tensor("w", [3.0, 4.0], grad=True).op("copy_", "p", "w")
    yield case.gradient_for("p").backward("p", "gy").finish()
    case = Case("autograd/leaf-write/add-makes-non-leaf").tensor("p", [1.0])
    case.tensor("w", [3.0], grad=True).op("add_", "p", "w")
    yield case.op("add_", "p", "w").backward("p").finish()
    case = Case("autograd/leaf-write/int-operand", True).tensor("p", [1], "int64")
    case.tensor("w", [3.0], grad=True)
    yield kept(case.op("mul_", "p", "w"), "p")
    case = Case("autograd/leaf-write/copy-to-int").tensor("p", [1], "int64")
    case.tensor("w", [3.7], grad=True).op("copy_", "p", "w")
    yield case.finish()


def views():
    for op, args in (("view", [[2]]), ("getitem", [0]), ("getitem", [":"]), ("unsqueeze", [0]),
                     ("reshape", [[2, 1]]), ("t", []), ("expand", [[1, 2]])):
        label = f"{op}-{args[0] if op == 'getitem' else ''}".strip("-").replace(":", "slice")
        case = one(f"view-of-leaf/{label}", (1.0, 2.0), True).op(op, "w", *args, out="v").op("add_", "v", 1)
        yield kept(case, "w", "v")
    case = one("view/copy-slices", (1.0, 2.0)).op("mul", "w", 2, out="h").op("view", "h", [2], out="v")
    case.op("mul_", "v", 3)
    yield case.gradient_for("h").backward("h", "gy").finish()
    case = one("view/copy-slices-from-view", (1.0, 2.0)).op("mul", "w", 2, out="h")
    case.op("view", "h", [2], out="v").op("mul_", "v", 3)
    yield case.seed_backward("v").finish()
    case = one("view/base-changed", (1.0, 2.0)).op("mul", "w", 2, out="h")
    case.op("getitem", "h", 0, out="v").op("mul_", "h", 3)
    yield case.backward("v").finish()
    case = one("view/relative-changed", (1.0, 2.0, 3.0)).op("mul", "w", 2, out="h")
    case.op("getitem", "h", "0:2", out="u").op("getitem", "h", "1:3", out="v")
    yield case.op("mul_", "u", 10).op("mul", "v", 1.0, out="y").seed_backward().finish()
    case = one("view/replaced-part", (1.0, 2.0)).tensor("p", [5.0], grad=True, shape=[])
    case.op("mul", "w", 2, out="h")
    yield case.op("setitem_", "h", 0, "p").gradient_for("h").backward("h", "gy").finish()
    case = one("view/shares-version", (1.0, 2.0), grad=False).op("view", "w", [2, 1], out="v")
    yield case.op("add_", "w", 1).op("add_", "v", 1).finish()
    case = one("view/copy-has-own-version", (1.0, 2.0), grad=False).op("clone", "w", out="v")
    yield case.op("add_", "w", 1).finish()
    case = one("view/no-grad-then-written", (1.0, 2.0), True).op("mul", "w", 2, out="h")
    yield case.no_grad({"op": "view", "args": ["h", [2]], "out": "v"}).op("mul_", "v", 3).finish()
    case = one("view/no-grad-written-by-grad", (1.0, 2.0), True, grad=False)
    case.tensor("p", [3.0], grad=True).no_grad({"op": "view", "args": ["w", [2]], "out": "v"})
    yield case.op("mul_", "v", "p").finish()
    case = one("view/no-grad-plain-write", (1.0, 2.0), grad=False)
    case.no_grad({"op": "view", "args": ["w", [2]], "out": "v"})
    yield case.op("mul_", "v", 3).watch("w").finish()
    case = one("view/no-grad-of-leaf-written", (1.0, 2.0), True)
    case.no_grad({"op": "view", "args": ["w", [2]], "out": "v"})
    yield kept(case.op("mul_", "v", 3), "w")
    case = one("view/written-under-no-grad", (1.0, 2.0)).op("view", "w", [2], out="v")
    yield case.no_grad({"op": "mul_", "args": ["v", 3]}).watch("w").finish()
    for op, args in (("split", [1]), ("chunk", [2]), ("unbind", [])):
        case = one(f"view/{op}-written", (1.0, 2.0), True).op("mul", "w", 2, out="h")
        case.op(op, "h", *args, out=["p", "q"])
        yield kept(case.op("mul_", "p", 3), "h", "p")
        case = one(f"view/{op}-plain-written", (1.0, 2.0), grad=False)
        case.op(op, "w", *args, out=["p", "q"]).op("mul_", "p", 3)
        yield case.watch("w").finish()
        case = one(f"view/{op}-base-written", (1.0, 2.0), True).op("mul", "w", 2, out="h")
        case.op(op, "h", *args, out=["p", "q"]).op("mul_", "h", 3)
        yield case.op("sum", "p", out="y").backward("y").finish()
    case = one("view/expanded-written", grad=False, may_fail=True).op("expand", "w", [3], out="v")
    yield kept(case.op("add_", "v", 1), "w")
    case = one("view/detached-written-part", (1.0, 2.0)).op("mul", "w", 2, out="h")
    case.op("detach", "h", out="d").op("setitem_", "d", 0, 9.0)
    yield case.gradient_for("h").backward("h", "gy").finish()
    case = one("view/detach_-of-view", (1.0, 2.0), True).op("mul", "w", 2, out="h")
    yield case.op("view", "h", [2], out="v").op("detach_", "v").finish()


def modes():
    case = one("no-grad/inside")
    case.no_grad({"op": "mul", "args": ["w", 2], "out": "a"}, {"op": "exp", "args": ["a"], "out": "b"})
    yield case.op("mul", "w", "b", out="y").backward("y").finish()
    case = one("no-grad/nested")
    yield case.no_grad({"no_grad": [{"op": "mul", "args": ["w", 2], "out": "a"}]},
                       {"op": "mul", "args": ["w", 3], "out": "b"}).op("mul", "w", 4, out="c").finish()
    case = one("no-grad/error-inside", may_fail=True)
    yield case.no_grad({"op": "mul", "args": ["w", 2], "out": "a"},
                       {"op": "mul", "args": ["missing", 2], "out": "b"}).finish()
    case = one("no-grad/new-leaf")
    case.no_grad({"tensor": "v", "data": [2.0], "dtype": "float64", "requires_grad": True})
    yield case.op("mul", "w", "v", out="y").backward("y").finish()
    yield one("no-grad/backward-inside").op("mul", "w", "w", out="y").no_grad({"backward": "y"}).finish()
    case = one("no-grad/clone-of-leaf").no_grad({"op": "clone", "args": ["w"], "out": "c"})
    yield case.op("mul_", "c", 5).watch("w").finish()
    case = one("no-grad/ends-after-failure", may_fail=True)
    case.no_grad({"op": "add", "args": ["w", "w"], "out": "a"}).op("mul", "w", 2, out="y")
    yield case.backward("y").finish()


def graph_shapes():
    case = one("graph/deep", (1.01,)).op("mul", "w", 1.0, out="h")
    for _ in range(30):
        case.op("mul", "h", "w", out="h")
    yield case.backward("h").finish()
    case = one("graph/wide", (0.5,)).op("mul", "w", 0.0, out="y")
    for n in range(8):
        case.op("mul", "w", n, out=f"_p{n}").op("add", "y", f"_p{n}", out="y")
    yield case.backward("y").finish()
    case = Case("autograd/graph/perceptron")
    case.random("X", [4, 3])
    case.random("W1", [3, 5], grad=True)
    case.random("b1", [5], grad=True)
    case.random("W2", [5, 2], grad=True)
    case.tensor("t", [0, 1, 1, 0], "int64").op("matmul", "X", "W1", out="_u")
    case.op("add", "_u", "b1", out="_v").op("tanh", "_v", out="h")
    case.op("matmul", "h", "W2", out="_z").op("cross_entropy", "_z", "t", out="loss")
    yield case.backward("loss").finish()
    case = Case("autograd/graph/regression").tensor("x", [1.0, 2.0, 3.0], "float32")
    case.tensor("t", [2.0, 4.0, 6.0], "float32")
    case.tensor("w", [0.0], "float32", True).tensor("b", [0.0], "float32", True)
    for _ in range(5):
        case.op("mul", "x", "w", out="_p").op("add", "_p", "b", out="_q")
        case.op("mse_loss", "_q", "t", out="loss").backward("loss")
        for name in ("w", "b"):
            case.no_grad({"op": "sub_", "args": [name, f"{name}.grad"], "kwargs": {"alpha": 0.1}})
        case.step(zero_grad=["w", "b"], set_to_none=True)
    yield case.watch("w", "b").finish()
    case = Case("autograd/graph/normalise")
    case.random("a", [2, 4], grad=True)
    case.op("mean", "a", 1, True, out="_m").op("sub", "a", "_m", out="_c")
    case.op("var", "a", 1, False, True, out="_v")
    case.op("add", "_v", 1e-5, out="_e").op("rsqrt", "_e", out="_r")
    yield case.op("mul", "_c", "_r", out="y").seed_backward().finish()
    case = Case("autograd/graph/attention")
    for name in ("q", "k", "v"):
        case.random(name, [3, 2], grad=True)
    case.op("t", "k", out="_k").op("matmul", "q", "_k", out="_s").op("div", "_s", 2.0 ** 0.5, out="_d")
    case.op("softmax", "_d", dim=-1, out="p")
    yield case.op("matmul", "p", "v", out="y").seed_backward().finish()


def points():
    """Where the derivative is a matter of convention: the rules of semantics row 56 in one program each."""
    for op, args, data in (("abs", [], [0.0, -0.0]), ("relu", [], [0.0, -0.0]), ("sqrt", [], [0.0]),
                           ("sign", [], [0.0, 2.0]),
                           ("clamp", [1.0, 2.0], [1.0, 2.0, 1.5, 0.5]), ("amax", [], [3.0, 3.0, 1.0]),
                           ("max", [], [3.0, 3.0, 1.0]),
                           ("amin", [], [1.0, 1.0, 3.0]), ("min", [], [1.0, 1.0, 3.0]),
                           ("floor", [], [1.0, 1.5])):
        case = one(f"points/{op}", data).op(op, "w", *args, out="p").op("sum", "p", out="y")
        yield case.backward("y").finish()
    for op in ("maximum", "minimum"):
        case = one(f"points/{op}", (2.0,)).tensor("v", [2.0], grad=True).op(op, "w", "v", out="y")
        yield case.backward("y").finish()
    case = one("points/atan2", (0.0,)).tensor("v", [0.0], grad=True).op("atan2", "w", "v", out="y")
    yield case.backward("y").finish()
    yield one("points/norm", (0.0, 0.0)).op("linalg.vector_norm", "w", out="y").backward("y").finish()
