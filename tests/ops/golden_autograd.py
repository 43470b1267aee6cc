"""The rules of autograd, one after another: leaves, propagation, backward, grad, accumulation, higher orders.

Writes in place, views and modes are in golden_graph.py; what each op saves, and so which writes and second
passes fail, in golden_saved.py.
"""

import golden_graph
import golden_saved
from golden_case import Case
from golden_graph import kept, one, product, start


def cases():
    for section in (leaves, propagation, gradients, retaining, detaching, seeds, roots, inputs, accumulation,
                    freeing, functional, higher, zeroing):
        yield from section()
    yield from golden_graph.cases()
    yield from golden_saved.cases()


def leaves():
    yield one("leaf/user-created").watch("w").finish()
    yield one("leaf/plain", grad=False).watch("w").finish()
    yield one("leaf/result").op("mul", "w", 2, out="y").finish()
    yield one("leaf/result-of-plain", grad=False).op("mul", "w", 2, out="y").finish()
    yield one("leaf/cast").op("to", "w", "float32", out="y").finish()
    yield one("leaf/same-dtype").op("to", "w", "float64", out="y").backward("y").finish()
    yield one("leaf/detached").op("detach", "w", out="y").finish()
    for dtype in ("int64", "bool"):
        case = Case(f"autograd/dtype/{dtype}", True)
        yield case.step(tensor="a", data=[1], dtype=dtype, requires_grad=True).finish()
        case = Case(f"autograd/dtype/{dtype}-later", True).tensor("a", [1], dtype)
        yield kept(case.step(requires_grad="a", value=True), "a")
        case = Case(f"autograd/dtype/{dtype}-zeros", True)
        yield case.op("zeros", [2], dtype=dtype, requires_grad=True, out="a").finish()
    case = one("flag/on", grad=False).step(requires_grad="w", value=True).op("mul", "w", "w", out="y")
    yield case.backward("y").watch("w", "w.grad").finish()
    case = one("flag/off").step(requires_grad="w", value=False).op("mul", "w", "w", out="y").watch("w")
    yield case.finish()
    case = one("flag/off-keeps-grad").op("mul", "w", "w", out="y").backward("y")
    yield case.step(requires_grad="w", value=False).watch("w").finish()
    case = one("flag/non-leaf-off", may_fail=True).op("mul", "w", 2, out="y")
    yield kept(case.step(requires_grad="y", value=False), "y")
    case = one("flag/non-leaf-on", may_fail=True).op("mul", "w", 2, out="y")
    yield kept(case.step(requires_grad="y", value=True), "y")
    case = one("flag/after-use", grad=False).op("mul", "w", 2, out="y")
    yield case.step(requires_grad="w", value=True).watch("w").finish()


def propagation():
    case = Case("autograd/propagation/one-is-enough").tensor("a", [1.0], grad=True).tensor("b", [2.0])
    yield case.op("add", "a", "b", out="y").op("add", "b", "b", out="z").finish()
    yield one("propagation/comparison").op("gt", "w", 0, out="y").finish()
    yield one("propagation/argmax", (1.0, 3.0)).op("argmax", "w", out="y").finish()
    yield one("propagation/max-indices", (1.0, 3.0)).op("max", "w", 0, out=["v", "i"]).finish()
    yield one("propagation/to-int64").op("long", "w", out="y").finish()
    yield one("propagation/to-bool").op("bool", "w", out="y").finish()
    yield one("propagation/isnan").op("isnan", "w", out="y").finish()
    yield one("propagation/zeros-like").op("zeros_like", "w", out="y").finish()
    yield one("propagation/plain-chain", grad=False).op("exp", "w", out="a").op("sum", "a", out="y").finish()
    case = Case("autograd/propagation/where").tensor("c", [True, False], "bool")
    case.tensor("a", [1.0, 2.0], grad=True)
    yield case.op("where", "c", "a", 0.0, out="y").seed_backward().finish()


def gradients():
    """.grad of those that have one and of those that do not."""
    yield product("grad/tutorial").backward("y").watch("a.grad", "b.grad", "y.grad").finish()
    yield product("grad/before-backward").finish()
    yield one("grad/plain", grad=False).watch("w.grad").finish()
    case = Case("autograd/grad/unused-leaf").tensor("a", [1.0], grad=True).tensor("b", [1.0], grad=True)
    yield case.op("mul", "a", 2, out="y").backward("y").finish()
    case = Case("autograd/grad/dtype-of-leaf").tensor("a", [1.0], "float32", True)
    case.tensor("b", [2.0], "float64", True)
    yield case.op("mul", "a", "b", out="y").backward("y").finish()
    for label, left, right in (("rows", [2, 3], [3]), ("column", [2, 1], [2, 3]), ("scalar", [], [2]),
                               ("ones", [1, 1], [2, 3]), ("both", [2, 1], [1, 3])):
        case = Case(f"autograd/broadcast/{label}")
        case.random("a", left, grad=True)
        case.random("b", right, grad=True)
        yield case.op("mul", "a", "b", out="c").op("sum", "c", out="y").backward("y").finish()
    case = Case("autograd/grad/as-operand").tensor("w", [3.0], grad=True).op("mul", "w", "w", out="y")
    case.backward("y")
    yield case.op("mul", "w.grad", 10, out="z").op("add", "w", "w.grad", out="v").finish()
    yield one("grad/none-as-operand", may_fail=True).op("add", "w", "w.grad", out="y").finish()


def retaining():
    yield product("retain/non-leaf").step(retain_grad="a").backward("y").watch("a.grad", "b.grad").finish()
    yield product("retain/root").step(retain_grad="y").backward("y").watch("y.grad").finish()
    case = product("retain/twice").step(retain_grad="a").step(retain_grad="a").backward("y")
    yield case.watch("a.grad").finish()
    yield product("retain/leaf").step(retain_grad="w").backward("y").watch("w").finish()
    yield one("retain/plain", grad=False, may_fail=True).step(retain_grad="w").finish()
    case = product("retain/accumulates").step(retain_grad="a").backward("y", retain_graph=True).backward("y")
    yield case.watch("a.grad").finish()
    case = one("retain/shared-use").op("mul", "w", 2, out="a").step(retain_grad="a")
    case.op("mul", "a", "a", out="b")
    yield case.op("add", "b", "a", out="y").backward("y").watch("a.grad").finish()
    case = product("retain/after-backward").backward("y", retain_graph=True).step(retain_grad="a")
    case.backward("y")
    yield case.watch("a.grad").finish()
    case = one("retain/then-modified").op("mul", "w", 2, out="a").step(retain_grad="a")
    case.op("add_", "a", 1).op("mul", "a", 5, out="y")
    yield case.backward("y").watch("a.grad").finish()


def detaching():
    case = one("detach/stops").op("mul", "w", 2, out="a").op("detach", "a", out="b")
    yield case.op("mul", "a", "b", out="y").backward("y").finish()
    case = one("detach/shares-data").op("detach", "w", out="d").op("setitem_", "d", 0, 999.0).watch("w")
    yield case.finish()
    case = one("detach/shares-version").op("detach", "w", out="d").op("add_", "d", 1).op("add_", "d", 1)
    yield case.watch("w").finish()
    case = one("detach/trips-saved", may_fail=True).op("mul", "w", "w", out="z")
    yield case.op("detach", "w", out="d").op("add_", "d", 1).backward("z").finish()
    case = one("detach/trips-result", may_fail=True).op("mul", "w", 2, out="a").op("mul", "a", "a", out="z")
    yield case.op("detach", "a", out="d").op("add_", "d", 1).backward("z").finish()
    case = one("detach/nothing-saved").op("mul", "w", 2, out="a").op("add", "a", 1, out="z")
    yield case.op("detach", "a", out="d").op("add_", "d", 1).backward("z").finish()
    case = one("detach/may-require-grad").op("detach", "w", out="d").step(requires_grad="d", value=True)
    yield case.op("mul", "d", "d", out="y").backward("y").watch("d.grad").finish()
    case = one("detach/of-detached").op("detach", "w", out="d").op("detach", "d", out="e")
    yield case.op("zero_", "e").watch("w", "d").finish()
    case = one("clone/keeps-graph").op("clone", "w", out="c").op("mul_", "c", 5).backward("c").watch("w")
    yield case.finish()


def seeds():
    for label, shape in (("0-d", []), ("one", [1]), ("one-by-one", [1, 1]), ("cube", [1, 1, 1])):
        yield one(f"seed/{label}", shape=shape).op("mul", "w", "w", out="y").backward("y").finish()
    yield one("seed/two", (1.0, 2.0), True).op("mul", "w", 2, out="y").backward("y").finish()
    yield one("seed/none", (), True, shape=[0]).op("mul", "w", 2, out="y").backward("y").finish()
    case = one("seed/given", (1.0, 2.0)).op("mul", "w", "w", out="y").tensor("g", [0.5, 2.0])
    yield case.backward("y", "g").finish()
    yield one("seed/given-scalar").op("mul", "w", "w", out="y").tensor("g", [4.0]).backward("y", "g").finish()
    yield one("seed/literal", (1.0, 2.0)).op("mul", "w", "w", out="y").backward("y", [1.0, 10.0]).finish()
    for label, shape in (("longer", [3]), ("wider", [1, 2]), ("one", [1]), ("scalar", [])):
        case = one(f"seed/shape-{label}", (1.0, 2.0), True).op("mul", "w", "w", out="y")
        yield kept(case.tensor("g", [1.0] * (shape or [1])[-1], shape=shape).backward("y", "g"), "w.grad")
    case = one("seed/other-float").op("mul", "w", "w", out="y").tensor("g", [2.0], "float32")
    yield case.backward("y", "g").finish()


def roots():
    yield one("root/plain", grad=False, may_fail=True).backward("w").finish()
    yield one("root/detached", may_fail=True).op("detach", "w", out="y").backward("y").finish()
    yield one("root/comparison", may_fail=True).op("gt", "w", 0, out="y").backward("y").finish()
    yield one("root/leaf").backward("w").finish()
    yield one("root/leaf-twice").backward("w").backward("w").finish()
    yield one("root/leaf-with-gradient", (1.0, 2.0)).tensor("g", [3.0, 4.0]).backward("w", "g").finish()
    case = Case("autograd/roots/two").tensor("w", [1.0, 2.0], grad=True).op("mul", "w", 2, out="y1")
    case.op("mul", "w", "w", out="y2")
    case.tensor("g1", [1.0, 1.0]).tensor("g2", [0.5, 0.25]).backward(["y1", "y2"], ["g1", "g2"])
    yield case.finish()
    case = one("roots/implicit-seeds").op("mul", "w", 2, out="y1").op("mul", "w", "w", out="y2")
    yield case.backward(["y1", "y2"]).finish()
    yield one("roots/same-twice").op("mul", "w", "w", out="y").backward(["y", "y"]).finish()
    case = one("roots/one-feeds-the-other").op("mul", "w", "w", out="a").op("mul", "a", 3, out="b")
    yield case.backward(["a", "b"]).finish()
    yield one("roots/leaf-and-result").op("mul", "w", "w", out="y").backward(["w", "y"]).finish()
    case = one("roots/one-without-graph", may_fail=True).tensor("c", [1.0]).op("mul", "w", "w", out="y")
    yield kept(case.backward(["y", "c"]), "w.grad")
    case = one("roots/one-not-scalar", (1.0, 2.0), True).op("sum", "w", out="y1").op("mul", "w", 2, out="y2")
    yield kept(case.backward(["y1", "y2"]), "w.grad")


def inputs():
    yield product("inputs/one-leaf").backward("y", inputs=["w"]).finish()
    yield product("inputs/both").backward("y", inputs=["w", "x"]).finish()
    yield product("inputs/non-leaf").backward("y", inputs=["a"]).watch("a.grad").finish()
    yield product("inputs/non-leaf-and-leaf").backward("y", inputs=["a", "w"]).watch("a.grad").finish()
    yield product("inputs/empty", True).backward("y", inputs=[]).finish()
    case = product("inputs/unreachable").tensor("u", [1.0], grad=True)
    yield case.backward("y", inputs=["u", "w"]).finish()
    case = product("inputs/accumulates").backward("y", inputs=["w"], retain_graph=True)
    yield case.backward("y", inputs=["w"]).finish()


def accumulation():
    yield product("accumulate/retained").backward("y", retain_graph=True).backward("y").finish()
    case = start("accumulate/four-graphs")
    for _ in range(4):
        case.op("add", "w", "x", out="a").op("add", "w", 1, out="b").op("mul", "a", "b", out="y")
        case.backward("y")
    yield case.finish()
    case = start("accumulate/four-graphs-zeroed")
    for _ in range(4):
        case.op("add", "w", "x", out="a").op("add", "w", 1, out="b").op("mul", "a", "b", out="y")
        case.backward("y")
        case.op("clone", "w.grad", out="seen").op("zero_", "w.grad")
    yield case.finish()
    case = one("accumulate/two-graphs").op("mul", "w", 2, out="y").backward("y").op("exp", "w", out="z")
    yield case.backward("z").finish()
    case = one("accumulate/fan-out").op("add", "w", "w", out="a").op("add", "a", "w", out="y")
    yield case.backward("y").finish()
    case = one("accumulate/diamond").op("mul", "w", 2, out="a").op("mul", "w", 3, out="b")
    yield case.op("mul", "a", "b", out="y").backward("y").finish()
    case = one("accumulate/after-rebinding").op("mul", "w", "w", out="y").backward("y")
    case.op("clone", "w.grad", out="first")
    yield case.op("mul", "w", "w", out="y").backward("y").finish()
    case = one("accumulate/create-graph").op("mul", "w", "w", out="y").backward("y", create_graph=True)
    yield case.op("mul", "w", "w", out="z").backward("z").finish()


def freeing():
    yield kept(product("freed/mul", True).backward("y").backward("y"), "w.grad", "x.grad")
    case = product("freed/retained-then-not", True).backward("y", retain_graph=True).backward("y")
    yield case.backward("y").finish()
    yield one("freed/add-only").op("add", "w", "w", out="y").backward("y").backward("y").finish()
    case = one("freed/views-and-sums", (1.0, 2.0)).op("view", "w", [2, 1], out="a")
    yield case.op("sum", "a", out="y").backward("y").backward("y").finish()
    case = one("freed/shared-part", may_fail=True).op("exp", "w", out="a").op("add", "a", 1, out="y")
    case.op("add", "a", 2, out="z")
    yield kept(case.backward("y").backward("z"), "w.grad")
    case = one("freed/shared-retained").op("exp", "w", out="a").op("add", "a", 1, out="y")
    case.op("add", "a", 2, out="z")
    yield case.backward("y", retain_graph=True).backward("z").finish()
    case = one("freed/part-not-reached").op("exp", "w", out="a").op("detach", "a", out="d")
    case.op("add", "w", "d", out="y")
    yield case.backward("y").backward("a").finish()
    case = one("freed/by-grad", may_fail=True).op("mul", "w", "w", out="y").grad(["y"], ["w"], ["g"])
    case.backward("y")
    yield case.finish()
    case = one("freed/grad-retained").op("mul", "w", "w", out="y")
    yield case.grad(["y"], ["w"], ["g"], retain_graph=True).backward("y").finish()
    case = one("freed/create-graph-retains").op("mul", "w", "w", out="y")
    yield case.grad(["y"], ["w"], ["g"], create_graph=True).backward("y").finish()
    case = one("freed/create-graph-not-retained", may_fail=True).op("exp", "w", out="y")
    yield case.grad(["y"], ["w"], ["g"], create_graph=True, retain_graph=False).backward("y").finish()
    case = one("freed/values-stay", may_fail=True).op("mul", "w", "w", out="y").backward("y")
    case.op("mul", "y", 2, out="z")
    yield kept(case.backward("z"), "y", "w.grad")
    case = one("freed/deleted-names").op("mul", "w", "w", out="a").op("exp", "a", out="y").step(delete=["a"])
    yield case.backward("y").finish()
    case = one("freed/deleted-leaf").op("mul", "w", 2, out="a").step(delete=["w"])
    case.tensor("v", [1.0], grad=True)
    yield case.op("mul", "a", "v", out="y").backward("y").finish()


def functional():
    """torch.autograd.grad."""
    yield product("grad-of/leaves").grad(["y"], ["w", "x"], ["gw", "gx"]).finish()
    yield product("grad-of/non-leaf").grad(["y"], ["a", "b"], ["ga", "gb"]).finish()
    yield product("grad-of/itself").grad(["y"], ["y"], ["gy"]).finish()
    yield one("grad-of/leaf-itself").grad(["w"], ["w"], ["g"]).finish()
    case = one("grad-of/seeded", (1.0, 2.0)).op("mul", "w", "w", out="y").tensor("g", [1.0, -1.0])
    yield case.grad(["y"], ["w"], ["gw"], grad_outputs=["g"]).finish()
    case = one("grad-of/two-outputs").op("mul", "w", 2, out="y").op("exp", "w", out="z")
    yield case.grad(["y", "z"], ["w"], ["g"]).finish()
    case = one("grad-of/unused", may_fail=True).tensor("u", [1.0], grad=True).op("mul", "w", 2, out="y")
    yield case.grad(["y"], ["w", "u"], ["gw", "gu"]).finish()
    case = one("grad-of/allow-unused").tensor("u", [1.0], grad=True).op("mul", "w", 2, out="y")
    yield case.grad(["y"], ["w", "u"], ["gw", "gu"], allow_unused=True).finish()
    case = one("grad-of/plain-input", may_fail=True).tensor("u", [1.0]).op("mul", "w", "u", out="y")
    yield case.grad(["y"], ["u"], ["gu"]).finish()
    case = one("grad-of/plain-output", grad=False, may_fail=True).tensor("u", [1.0], grad=True)
    yield case.op("mul", "w", 2, out="y").grad(["y"], ["u"], ["g"]).finish()
    case = one("grad-of/not-scalar", (1.0, 2.0), True).op("mul", "w", 2, out="y")
    yield case.grad(["y"], ["w"], ["g"]).finish()
    case = one("grad-of/seed-shape", (1.0, 2.0), True).op("mul", "w", 2, out="y").tensor("g", [1.0])
    yield case.grad(["y"], ["w"], ["gw"], grad_outputs=["g"]).finish()
    case = one("grad-of/keeps-grad").op("mul", "w", "w", out="y").backward("y", retain_graph=True)
    yield case.grad(["y"], ["w"], ["g"]).finish()
    case = one("grad-of/same-input-twice").op("mul", "w", "w", out="y").grad(["y"], ["w", "w"], ["g", "h"])
    yield case.finish()


def higher():
    case = one("higher/cube").op("pow", "w", 3, out="y").grad(["y"], ["w"], ["g1"], create_graph=True)
    yield case.grad(["g1"], ["w"], ["g2"], create_graph=True).grad(["g2"], ["w"], ["g3"]).finish()
    case = one("higher/exp-four-times", (0.5,)).op("exp", "w", out="y")
    for n in range(4):
        case.grad([f"g{n}" if n else "y"], ["w"], [f"g{n + 1}"], create_graph=True)
    yield case.finish()
    case = one("higher/sin", (0.5,)).op("sin", "w", out="y").grad(["y"], ["w"], ["g1"], create_graph=True)
    case.grad(["g1"], ["w"], ["g2"], create_graph=True)
    yield case.grad(["g2"], ["w"], ["g3"], create_graph=True).finish()
    case = product("higher/mixed").grad(["y"], ["w"], ["gw"], create_graph=True)
    yield case.grad(["gw"], ["w", "x"], ["gww", "gwx"]).finish()
    case = one("higher/without-create-graph", may_fail=True).op("pow", "w", 3, out="y")
    yield case.grad(["y"], ["w"], ["g1"], retain_graph=True).grad(["g1"], ["w"], ["g2"]).finish()
    case = one("higher/linear", may_fail=True).op("mul", "w", 3.0, out="y")
    yield case.grad(["y"], ["w"], ["g1"], create_graph=True).grad(["g1"], ["w"], ["g2"]).finish()
    case = one("higher/penalty", (1.0, 2.0)).op("pow", "w", 3, out="a").op("sum", "a", out="y")
    case.grad(["y"], ["w"], ["g"], create_graph=True).op("mul", "g", "g", out="p")
    case.op("sum", "p", out="q").op("add", "y", "q", out="loss")
    yield case.backward("loss").finish()
    case = one("higher/backward-twice", (2.0,)).op("pow", "w", 3, out="y")
    case.backward("y", create_graph=True).op("clone", "w.grad", out="g")
    case.step(zero_grad=["w"]).backward("g")
    yield case.finish()
    case = Case("autograd/higher/hessian-vector").tensor("a", [0.5, 1.5], grad=True).tensor("v", [1.0, -2.0])
    case.op("mul", "a", "a", out="s").op("prod", "s", out="y").grad(["y"], ["a"], ["g"], create_graph=True)
    yield case.grad(["g"], ["a"], ["hv"], grad_outputs=["v"]).finish()
    case = Case("autograd/higher/seed-requires-grad").tensor("a", [2.0], grad=True)
    case.tensor("u", [3.0], grad=True)
    case.op("mul", "a", "a", out="y").grad(["y"], ["a"], ["g"], grad_outputs=["u"], create_graph=True)
    yield case.grad(["g"], ["u", "a"], ["gu", "ga"]).finish()


def zeroing():
    for mode in (True, False):
        label = "to-none" if mode else "to-zeros"
        yield product(f"zero/{label}").backward("y").step(zero_grad=["w", "x"], set_to_none=mode).finish()
        case = product(f"zero/{label}-then-again").backward("y", retain_graph=True)
        case.step(zero_grad=["w"], set_to_none=mode)
        yield case.backward("y").finish()
        yield one(f"zero/{label}-nothing-there").step(zero_grad=["w"], set_to_none=mode).finish()
        case = product(f"zero/{label}-retained").step(retain_grad="a").backward("y")
        yield case.step(zero_grad=["a"], set_to_none=mode).watch("a.grad").finish()
    yield product("zero/default").backward("y").step(zero_grad=["w"]).finish()
    case = one("zero/same-tensor").op("mul", "w", "w", out="y").backward("y")
    case.op("clone", "w.grad", out="seen")
    yield case.step(zero_grad=["w"], set_to_none=False).finish()
    case = one("zero/after-create-graph").op("mul", "w", "w", out="y").backward("y", create_graph=True)
    yield case.step(zero_grad=["w"], set_to_none=False).finish()
