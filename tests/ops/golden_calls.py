"""The ways in which one op can be called: other names, other words, positions that PyTorch keeps for old calls."""

from golden_case import Case, simple


def cases():
    for section in (names, words, bounds, places, old_positions, comparisons_in_place):
        yield from section()


def names():
    for op, domain in (("absolute", None), ("arcsin", (-0.7, 0.7)), ("negative", None), ("fix", None)):
        yield simple(f"{op}/alias", op, [[3]], **({"domain": domain} if domain else {}))
    for op in ("multiply", "subtract", "divide", "greater", "less_equal", "not_equal", "true_divide"):
        yield simple(f"{op}/alias", op, [[3], [3]], domain=(0.5, 2.0))
    yield simple("clip/alias", "clip", [[4]], -0.5, 0.5)
    yield simple("clip_/unknown", "clipp", [[4]], -0.5, 0.5, may_fail=True)
    case = Case("clip_/alias").tensor("a", [1.0, 3.0], grad=True).op("mul", "a", 2.0, out="b")
    yield case.op("clip_", "b", 0.0, 4.0).seed_backward("b").finish()


def words():
    for op in ("sum", "mean"):
        yield simple(f"{op}/dim-none", op, [[2, 3]], None)
        yield simple(f"{op}/dim-none-keepdim", op, [[2, 3]], dim=None, keepdim=True)
        yield simple(f"{op}/axis", op, [[2, 3]], axis=1, keepdims=True)
    for op in ("softmax", "log_softmax"):
        for shape in ([3], [2, 3], [2, 2, 2], [1, 2, 2, 1]):
            yield simple(f"{op}/no-dim-{len(shape)}", op, [shape])
    for op in ("relu", "hardtanh", "silu"):
        case = Case(f"{op}/inplace-word").tensor("a", [1.5, -0.5], grad=True).op("mul", "a", 2.0, out="b")
        yield case.op(op, "b", inplace=True, out="y").seed_backward().watch("b").finish()
    yield simple("relu/not-inplace", "relu", [[3]], inplace=False)
    yield Case("zeros/device").op("zeros", [2], device="cpu", out="y").finish()
    yield simple("div/rounding-none", "div", [[3]], 2.0, grad=False, rounding_mode=None)
    yield simple("clone/format", "clone", [[2, 3]], layout="transposed", memory_format="contiguous_format")
    case = Case("to/other").tensor("a", [1.5], grad=True).tensor("b", [1], "int64").tensor("c", [1.0], "float32")
    yield case.op("to", "a", "b", out="i").op("to", "a", "c", out="y").op("to", "a", "cpu", out="s").finish()
    case = Case("to/copy").tensor("a", [1.5], grad=True).op("to", "a", "float64", copy=True, out="y")
    yield case.backward("y").finish()


def bounds():
    """clamp between tensors."""
    yield simple("clamp/tensors", "clamp", [[2, 3], [3], []])
    yield simple("clamp/tensors-second", "clamp", [[3], [3], [3]], second=True)
    case = Case("clamp/tensors-ties").tensor("a", [1.0, 5.0, -5.0, 2.0, 2.0, 0.0, "NaN", 1.0], grad=True)
    case.tensor("b", [0.0, 0.0, 0.0, 2.0, 3.0, 4.0, 0.0, "NaN"], grad=True)
    case.tensor("c", [2.0, 2.0, 2.0, 2.0, 1.0, 4.0, 2.0, 2.0], grad=True)
    yield case.op("clamp", "a", "b", "c", out="y").seed_backward().finish()
    case = Case("clamp/tensor-min").tensor("a", [1.0, -1.0], grad=True).tensor("b", [0.0], "float64", True)
    yield case.op("clamp", "a", min="b", out="y").seed_backward().finish()
    case = Case("clamp/tensor-wider").tensor("a", [1.0, -1.0], "float32").tensor("b", [0.0], "float64")
    yield case.op("clamp", "a", max="b", out="y").finish()


def places():
    case = Case("take/negative")
    case.random("a", [2, 3], grad=True)
    yield case.tensor("i", [[0, -1], [3, 3]], "int64").op("take", "a", "i", out="y").seed_backward().finish()
    case = Case("take/second")
    case.random("a", [4], grad=True)
    yield case.tensor("i", [0, 2, 2], "int64").op("take", "a", "i", out="y").second(["a"]).finish()
    for label, index, dtype in (("beyond", [6], "int64"), ("below", [-7], "int64"), ("float", [1.0], "float64"),
                                ("none", [], "int64")):
        case = Case(f"take/{label}", True)
        case.random("a", [2, 3])
        yield case.tensor("i", index, dtype, shape=[len(index)]).op("take", "a", "i", out="y").finish()


def old_positions():
    for op in ("mse_loss", "l1_loss", "smooth_l1_loss"):
        yield simple(f"{op}/old-positions", op, [[3], [3]], None, None, "sum")
    yield simple("huber_loss/positions", "huber_loss", [[3], [3]], "sum", 0.5)
    case = Case("binary_cross_entropy_with_logits/old-positions")
    for name in "at":
        case.random(name, [3], domain=(0.1, 0.9), grad=name == "a")
    case.tensor("p", [2.0])
    case.op("binary_cross_entropy_with_logits", "a", "t", None, None, None, "sum", "p", out="y")
    yield case.backward("y").finish()
    for op in ("cross_entropy", "nll_loss"):
        case = Case(f"{op}/old-positions")
        case.random("a", [3, 4], grad=True)
        case.tensor("t", [0, 2, 3], "int64").op(op, "a", "t", None, None, 2, None, "sum", out="y")
        yield case.backward("y").finish()


def comparisons_in_place():
    for op in ("eq_", "ne_", "lt_", "le_", "gt_", "ge_", "logical_and_", "logical_or_", "logical_not_"):
        case = Case(f"{op}/history").tensor("a", [1.0, 2.0, 0.0], grad=True).tensor("b", [1.0, 3.0, 0.0])
        case.op("mul", "a", 1.0, out="y").op(op, "y", *([] if op == "logical_not_" else ["b"]))
        yield case.seed_backward().finish()
        case = Case(f"{op}/int64").tensor("y", [1, 2, 0], "int64").tensor("b", [1, 3, 0], "int64")
        yield case.op(op, "y", *([] if op == "logical_not_" else ["b"])).finish()
    case = Case("addmm_/history")
    case.random("a", [2, 2], grad=True), case.random("b", [2, 3], grad=True), case.random("c", [3, 2])
    yield case.op("mul", "a", 2.0, out="y").op("addmm_", "y", "b", "c").seed_backward().finish()
