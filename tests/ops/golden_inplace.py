"""In-place ops: values, versions, grad_fn afterwards, gradients, what they do to views and saved tensors."""

from golden_case import Case

POSITIVE = (0.2, 2.0)
# op: (further arguments, domain)
UNARY = {
    "neg_": ([], (-2.0, 2.0)), "exp_": ([], (-2.0, 2.0)), "sqrt_": ([], POSITIVE), "relu_": ([], (-2.0, 2.0)),
    "sigmoid_": ([], (-2.0, 2.0)), "tanh_": ([], (-2.0, 2.0)), "clamp_": ([-0.5, 0.5], (-2.0, 2.0)),
    "pow_": ([2], POSITIVE),
    "zero_": ([], (-2.0, 2.0)), "fill_": ([3.5], (-2.0, 2.0)), "add_": ([1.5], (-2.0, 2.0)),
    "sub_": ([2], (-2.0, 2.0)),
    "mul_": ([2.5], (-2.0, 2.0)), "div_": ([4], (-2.0, 2.0)),
}
BINARY = {"add_": (-2.0, 2.0), "sub_": (-2.0, 2.0), "mul_": (-2.0, 2.0), "div_": POSITIVE,
          "copy_": (-2.0, 2.0), "pow_": POSITIVE}


def cases():
    for op, (args, domain) in UNARY.items():
        yield from unary(op, args, domain)
    for op, domain in BINARY.items():
        yield from binary(op, domain)
    yield from casts()
    yield from filling()
    yield from selected()
    yield from leaf_state()
    yield from sequences()
    yield from through_views()
    yield from refusals()


def unary(op, args, domain):
    for dtype in ("float64", "float32"):
        case = Case(f"{op}/plain-{dtype}")
        case.random("a", [2, 3], dtype, domain=domain)
        yield case.op(op, "a", *args).finish()
    case = Case(f"{op}/grad")
    case.random("a", [2, 2], grad=True, domain=domain)
    case.op("mul", "a", 1.5, out="b").op(op, "b", *args)
    yield case.op("mul", "b", "b", out="y").seed_backward().finish()
    case = Case(f"{op}/int64", may_fail=True).tensor("a", [1, 2, 3], "int64")
    yield case.op(op, "a", *([int(v) for v in args] if op != "clamp_" else [0, 2])).finish()
    case = Case(f"{op}/transposed")
    case.random("a", [2, 3], domain=domain)
    yield case.op("t", "a", out="b").op(op, "b", *args).watch("a").finish()
    case = Case(f"{op}/scalar")
    case.random("a", [], domain=domain)
    yield case.op(op, "a", *args, out="y").finish()


def binary(op, domain):
    for label, grads in (("both", (True, True)), ("left", (True, False)), ("right", (False, True)),
                         ("plain", (False, False))):
        case = Case(f"{op}/tensor-{label}")
        case.random("a", [2, 3], grad=grads[0], domain=domain)
        case.random("b", [3], grad=grads[1], domain=domain)
        case.op("mul", "a", 1.5, out="y") if grads[0] else case.op("clone", "a", out="y")
        yield case.op(op, "y", "b").seed_backward().finish()
    case = Case(f"{op}/itself", may_fail=True)
    case.random("a", [3], grad=True, domain=domain)
    yield case.op("clone", "a", out="y").op(op, "y", "y").seed_backward().finish()
    case = Case(f"{op}/zero-dim")
    case.random("a", [2], "float32", domain=domain)
    case.random("b", [], "float64", domain=domain)
    yield case.op(op, "a", "b").finish()
    case = Case(f"{op}/widens", may_fail=True)
    case.random("a", [2], domain=domain)
    case.random("b", [3, 2], domain=domain)
    yield case.op(op, "a", "b").finish()
    case = Case(f"{op}/second")
    case.random("a", [3], grad=True, domain=domain)
    case.random("b", [3], grad=True, domain=domain)
    yield case.op("mul", "a", "a", out="y").op(op, "y", "b").second(["a", "b"]).finish()
    if op in ("add_", "sub_"):
        case = Case(f"{op}/alpha")
        case.random("a", [3], grad=True)
        case.random("b", [3], grad=True)
        yield case.op("clone", "a", out="y").op(op, "y", "b", alpha=-2).seed_backward().finish()


def casts():
    """The result is cast to the dtype of the destination, unless that loses its category."""
    data = {"float32": [1.5, 2.5], "float64": [0.5, 3.5], "int64": [3, 2], "bool": [True, False]}
    for op in ("add_", "mul_", "div_", "copy_"):
        for left in data:
            for right in data:
                if left != right:
                    case = Case(f"{op}/{left}-{right}", may_fail=True).tensor("a", data[left], left)
                    yield case.tensor("b", data[right], right).op(op, "a", "b").finish()
        for left in ("float32", "int64", "bool"):
            case = Case(f"{op}/{left}-number", may_fail=True).tensor("a", data[left], left)
            yield case.op(op, "a", 1.5 if op != "copy_" else [1.5, 0.0]).finish()
    case = Case("copy_/cast-grad").tensor("a", [0.0, 0.0], "float32").tensor("b", [0.1, 0.2], "float64", True)
    yield case.op("copy_", "a", "b").gradient_for("a").backward("a", "gy").finish()


def filling():
    for label, value in (("int", 2), ("negative", -1.5), ("infinite", "Infinity"), ("nan", "NaN")):
        yield Case(f"fill_/{label}").tensor("a", [1.0, 2.0], "float32").op("fill_", "a", value).finish()
    case = Case("fill_/tensor").tensor("a", [1.0, 2.0]).tensor("v", [7.0], grad=True, shape=[])
    yield case.op("fill_", "a", "v").gradient_for("a").backward("a", "gy").finish()
    case = Case("fill_/int64-fraction", may_fail=True).tensor("a", [1, 2], "int64").op("fill_", "a", 2.7)
    yield case.finish()
    yield Case("zero_/bool").tensor("a", [True, True], "bool").op("zero_", "a").finish()
    yield Case("zero_/empty").tensor("a", [], shape=[0, 2]).op("zero_", "a").finish()
    case = Case("copy_/reversed-view").tensor("a", [1.0, 2.0, 3.0, 4.0], shape=[2, 2])
    case.op("t", "a", out="b").op("clone", "b", out="c")
    yield case.op("copy_", "a", "c").finish()


def selected():
    """masked_fill_, index_add_, scatter_add_."""
    for grad in (True, False):
        label = "grad" if grad else "plain"
        case = Case(f"masked_fill_/{label}")
        case.random("a", [2, 3], grad=grad)
        case.random("m", [3], "bool")
        yield case.op("clone", "a", out="y").op("masked_fill_", "y", "m", -1.0).seed_backward().finish()
        case = Case(f"index_add_/{label}").tensor("i", [2, 0, 2], "int64")
        case.random("a", [3, 2], grad=grad)
        case.random("s", [3, 2], grad=grad)
        yield case.op("clone", "a", out="y").op("index_add_", "y", 0, "i", "s").seed_backward().finish()
        case = Case(f"scatter_add_/{label}").tensor("i", [0, 1, 1, 0], "int64", shape=[2, 2])
        case.random("a", [2, 2], grad=grad)
        case.random("s", [2, 2], grad=grad)
        yield case.op("clone", "a", out="y").op("scatter_add_", "y", 1, "i", "s").seed_backward().finish()
    case = Case("masked_fill_/infinite").tensor("a", [1.0, 2.0]).tensor("m", [True, False], "bool")
    yield case.op("masked_fill_", "a", "m", "-Infinity").finish()


def leaf_state():
    """requires_grad_ and detach_."""
    yield Case("requires_grad_/default").tensor("a", [1.0]).op("requires_grad_", "a").finish()
    yield Case("requires_grad_/off").tensor("a", [1.0], grad=True).op("requires_grad_", "a", False).finish()
    case = Case("requires_grad_/keyword").tensor("a", [1.0])
    yield case.op("requires_grad_", "a", requires_grad=True).finish()
    case = Case("requires_grad_/non-leaf-on").tensor("a", [1.0], grad=True).op("mul", "a", 2, out="b")
    yield case.op("requires_grad_", "b").finish()
    case = Case("requires_grad_/non-leaf-off", may_fail=True).tensor("a", [1.0], grad=True)
    case.op("mul", "a", 2, out="b")
    yield case.op("requires_grad_", "b", False).finish()
    case = Case("requires_grad_/int64", may_fail=True).tensor("a", [1], "int64")
    yield case.op("requires_grad_", "a").finish()
    case = Case("requires_grad_/then-used").tensor("a", [2.0]).op("requires_grad_", "a")
    case.op("mul", "a", "a", out="y")
    yield case.backward("y").watch("a.grad").finish()
    case = Case("detach_/result").tensor("a", [1.0], grad=True).op("mul", "a", 2, out="b")
    yield case.op("detach_", "b").finish()
    yield Case("detach_/leaf").tensor("a", [1.0], grad=True).op("detach_", "a").finish()
    case = Case("detach_/cuts-later-uses").tensor("a", [2.0], grad=True).op("mul", "a", 3, out="b")
    case.op("mul", "b", 2, out="y")
    yield case.op("detach_", "b").backward("y").finish()


def sequences():
    """Several writes in a row; each counts."""
    case = Case("add_/three-times").tensor("a", [1.0], "float32")
    yield case.op("add_", "a", 1).op("add_", "a", 1).op("mul_", "a", 2).finish()
    case = Case("add_/out-is-self").tensor("a", [1.0]).op("add_", "a", 1, out="b").op("mul_", "b", 3)
    yield case.watch("a").finish()
    case = Case("add_/chain").tensor("a", [1.0, 2.0], grad=True).op("mul", "a", "a", out="y")
    yield case.op("add_", "y", 1).op("mul_", "y", 3).op("sub_", "y", "a").seed_backward().finish()
    case = Case("mul_/by-leaf-twice").tensor("w", [3.0], grad=True).tensor("p", [2.0])
    yield case.op("mul_", "p", "w").op("mul_", "p", "w").backward("p").finish()
    case = Case("exp_/output-saved").tensor("a", [0.5], grad=True).op("mul", "a", 2.0, out="y")
    case.op("exp_", "y")
    yield case.backward("y").finish()
    case = Case("add_/under-no-grad").tensor("w", [1.0, 2.0], grad=True)
    case.no_grad({"op": "add_", "args": ["w", 1.0]}, {"op": "mul_", "args": ["w", 2.0]})
    yield case.op("mul", "w", "w", out="y").seed_backward().watch("w").finish()
    case = Case("sub_/gradient-step").tensor("w", [1.0, 2.0], "float32", True)
    for _ in range(3):
        case.op("mul", "w", "w", out="_s").op("sum", "_s", out="loss").backward("loss")
        case.no_grad({"op": "sub_", "args": ["w", "w.grad"], "kwargs": {"alpha": 0.1}})
        case.step(zero_grad=["w"], set_to_none=False)
    yield case.watch("w").finish()
    case = Case("zero_/gradient").tensor("w", [3.0], grad=True).op("mul", "w", "w", out="y").backward("y")
    yield case.op("zero_", "w.grad").finish()
    case = Case("mul_/gradient").tensor("w", [3.0], grad=True).op("mul", "w", "w", out="y").backward("y")
    yield case.op("mul_", "w.grad", 0.5).finish()


def through_views():
    """A write through a view of a result rewrites the history of its base."""
    for label, op, args in (("view", "view", [[4]]), ("t", "t", []), ("select", "select", [0, 1]),
                            ("slice", "getitem", ["1:"]),
                            ("narrow", "narrow", [1, 0, 1]), ("unsqueeze", "unsqueeze", [0]),
                            ("element", "getitem", [[0, 1]]),
                            ("detach", "detach", [])):
        for write, number in (("mul_", 3.0), ("zero_", None)):
            case = Case(f"{write}/through-{label}").tensor("a", [1.0, 2.0, 3.0, 4.0], grad=True, shape=[2, 2])
            case.op("mul", "a", 2.0, out="b").op(op, "b", *args, out="v")
            case.op(write, "v", *([] if number is None else [number]))
            yield case.gradient_for("b").backward("b", "gy").finish()
    case = Case("mul_/through-view-used-view").tensor("a", [1.0, 2.0], grad=True)
    case.op("mul", "a", 2.0, out="b").op("view", "b", [2, 1], out="v")
    yield case.op("mul_", "v", 3.0).seed_backward("v").finish()
    case = Case("mul_/base-then-view").tensor("a", [1.0, 2.0], grad=True).op("mul", "a", 2.0, out="b")
    case.op("view", "b", [2, 1], out="v")
    yield case.op("mul_", "b", 3.0).seed_backward("v").finish()
    case = Case("mul_/sibling-views").tensor("a", [1.0, 2.0], grad=True).op("mul", "a", 2.0, out="b")
    case.op("getitem", "b", 0, out="u").op("getitem", "b", ":", out="v").op("mul_", "u", 5.0)
    case.op("mul", "v", "v", out="y")
    yield case.seed_backward().finish()
    case = Case("add_/view-of-view").tensor("a", [1.0, 2.0, 3.0, 4.0], grad=True).op("mul", "a", 2.0, out="b")
    case.op("view", "b", [2, 2], out="u").op("getitem", "u", 1, out="v").op("add_", "v", 10.0)
    yield case.gradient_for("b").backward("b", "gy").finish()
    case = Case("copy_/into-view").tensor("a", [1.0, 2.0, 3.0], grad=True).tensor("w", [7.0], grad=True)
    case.op("clone", "a", out="b").op("getitem", "b", "1:2", out="v").op("copy_", "v", "w")
    yield case.gradient_for("b").backward("b", "gy").finish()
    case = Case("mul_/plain-view-by-grad").tensor("p", [1.0, 2.0]).tensor("w", [3.0], grad=True)
    case.op("getitem", "p", "0:1", out="v").op("mul_", "v", "w")
    yield case.gradient_for("p").backward("p", "gy").watch("p").finish()
    case = Case("add_/expanded", may_fail=True).tensor("a", [1.0]).op("expand", "a", [3], out="b")
    yield case.op("add_", "b", 1.0).finish()


def refusals():
    """The op fails and nothing changes."""
    for op in ("add_", "zero_", "exp_", "copy_", "setitem_"):
        args = {"add_": [1], "zero_": [], "exp_": [], "copy_": [[9.0]], "setitem_": [0, 9.0]}[op]
        case = Case(f"{op}/leaf", may_fail=True).tensor("w", [2.0], grad=True).op(op, "w", *args)
        yield kept(case, "w")
        case = Case(f"{op}/view-of-leaf", may_fail=True).tensor("w", [2.0], grad=True)
        case.op("view", "w", [1], out="v")
        yield kept(case.op(op, "v", *args), "w", "v")
    case = Case("add_/row-of-leaf", may_fail=True).tensor("w", [2.0, 3.0], grad=True)
    case.op("getitem", "w", 0, out="v")
    yield kept(case.op("add_", "v", 1), "w")
    case = Case("add_/grad-of-none", may_fail=True).tensor("w", [2.0], grad=True)
    yield case.op("add_", "w.grad", 1).finish()
    for op in ("split", "chunk", "unbind"):
        args = {"split": [1], "chunk": [2], "unbind": []}[op]
        case = Case(f"add_/part-of-{op}", may_fail=True).tensor("w", [2.0, 3.0], grad=True)
        case.op("mul", "w", 2, out="b")
        yield kept(case.op(op, "b", *args, out=["p", "q"]).op("add_", "p", 1), "b")


def kept(case, *names):
    """Also says what the tensors are after the failure."""
    case.keeps_answers = True
    return case.only(*names).finish()
