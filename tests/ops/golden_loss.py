"""Losses: reductions, targets of every kind, gradients with respect to both sides, second derivatives."""

from golden_case import Case

REDUCTIONS = ["mean", "sum", "none"]
UNIT = (0.05, 0.95)
# op: (domain of the input, domain of the target, whether the target may require grad, extra keywords)
PAIRWISE = {
    "mse_loss": ((-2.0, 2.0), (-2.0, 2.0), True, {}), "l1_loss": ((-2.0, 2.0), (-2.0, 2.0), True, {}),
    "smooth_l1_loss": ((-3.0, 3.0), (-3.0, 3.0), True, {"beta": 0.5}),
    "huber_loss": ((-3.0, 3.0), (-3.0, 3.0), True, {"delta": 1.5}),
    "binary_cross_entropy": (UNIT, UNIT, False, {}),
    "binary_cross_entropy_with_logits": ((-3.0, 3.0), UNIT, False, {}),
}
KINKS = {
    "l1_loss": ([1.0, 2.0], [1.0, 3.0], {}),
    "smooth_l1_loss": ([1.0, 2.0, 0.0], [1.0, 3.0, 1.0], {"beta": 1.0}),
    "huber_loss": ([1.0, 2.0, 0.0], [1.0, 3.0, 1.0], {"delta": 1.0}),
    "mse_loss": ([1.0, 2.0], [1.0, "NaN"], {}),
    "binary_cross_entropy": ([0.0, 1.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0], {}),
    "binary_cross_entropy_with_logits": ([0.0, 1000.0, -1000.0, 1000.0], [1.0, 1.0, 1.0, 0.0], {}),
}


def cases():
    for op, (domain, targets, both, extra) in PAIRWISE.items():
        yield from pairwise(op, domain, targets, both, extra)
    for op, (left, right, extra) in KINKS.items():
        case = Case(f"{op}/points").tensor("a", left, grad=True).tensor("t", right)
        case.op(op, "a", "t", reduction="none", out="y", **extra)
        yield case.tensor("gy", [1.0] * len(left)).backward("y", "gy").finish()
    for op in ("cross_entropy", "nll_loss"):
        yield from classes(op)
    yield from soft_targets()


def pair(ident, op, domain, targets, shapes=((2, 3), (2, 3)), dtype="float64", target_dtype=None,
         grads=(True, False),
         second=False, args=(), may_fail=False, layout="plain", **kwargs):
    case = Case(ident, may_fail)
    case.random("a", shapes[0], dtype, grads[0], domain, layout)
    case.random("t", shapes[1], target_dtype or dtype, grads[1], targets)
    name = "a" if layout == "plain" else "_a"
    case.op(op, name, "t", *args, out="y", **kwargs)
    if case.error is not None:
        return case.finish()
    if second:
        return case.second(["a", "t"] if grads[1] else ["a"]).finish()
    if case["y"].dim() == 0 and case.differentiable("y"):
        return case.backward("y").finish()
    return case.seed_backward().finish()


def pairwise(op, domain, targets, both, extra):
    short = (op, domain, targets)
    for reduction in REDUCTIONS:
        for dtype in ("float64", "float32"):
            yield pair(f"{op}/{reduction}-{dtype}", *short, dtype=dtype, reduction=reduction)
        yield pair(f"{op}/{reduction}-second", *short, shapes=([3], [3]), reduction=reduction, second=True)
        yield pair(f"{op}/{reduction}-scalar", *short, shapes=([], []), reduction=reduction)
        yield pair(f"{op}/{reduction}-empty", *short, shapes=([0], [0]), reduction=reduction)
        if both:
            yield pair(f"{op}/{reduction}-both", *short, grads=(True, True), reduction=reduction)
        if extra:
            yield pair(f"{op}/{reduction}-{next(iter(extra))}", *short, reduction=reduction, **extra)
    yield pair(f"{op}/default", *short)
    yield pair(f"{op}/transposed", *short, shapes=([3, 2], [3, 2]), layout="transposed")
    yield pair(f"{op}/unknown-reduction", *short, reduction="median", may_fail=True)
    if both:
        yield pair(f"{op}/broadcast", *short, shapes=([2, 3], [3]), grads=(True, True))
        yield pair(f"{op}/target-only", *short, grads=(False, True))
        yield pair(f"{op}/both-second", *short, shapes=([2], [2]), grads=(True, True), second=True)
        yield pair(f"{op}/int64-target", *short, target_dtype="int64", grads=(False, False))
    else:
        yield pair(f"{op}/other-shape", *short, shapes=([2, 3], [3]), may_fail=True)
    yield pair(f"{op}/plain", *short, grads=(False, False))
    yield pair(f"{op}/mixed-floats", *short, target_dtype="float32", grads=(False, False), may_fail=True)
    case = Case(f"{op}/keyword")
    case.random("a", [3], grad=True, domain=domain)
    case.random("t", [3], domain=targets)
    yield case.op(op, input="a", target="t", out="y").backward("y").finish()


def classify(ident, op, shape, target, target_shape, dtype="float64", second=False, may_fail=False,
             layout="plain",
             root=None, **kwargs):
    """A loss over classes with int64 targets. nll_loss is fed log-probabilities."""
    case = Case(ident, may_fail)
    domain = (-3.0, -0.1) if op == "nll_loss" else (-2.0, 2.0)
    case.random("a", shape, dtype, True, domain, layout)
    case.tensor("t", target, "int64", shape=target_shape)
    case.op(op, "a" if layout == "plain" else "_a", "t", out="y", **kwargs)
    if case.error is not None:
        return case.finish()
    if second:
        return case.second(["a"]).finish()
    return (case.backward("y") if case["y"].dim() == 0 else case.seed_backward()).finish()


def classes(op):
    for reduction in REDUCTIONS:
        for dtype in ("float64", "float32"):
            yield classify(f"{op}/{reduction}-{dtype}", op, [3, 4], [0, 3, 1], [3], dtype,
                           reduction=reduction)
        yield classify(f"{op}/{reduction}-second", op, [2, 3], [2, 0], [2], second=True, reduction=reduction)
        yield classify(f"{op}/{reduction}-one-sample", op, [4], [2], [], reduction=reduction)
        yield classify(f"{op}/{reduction}-pixels", op, [2, 3, 2], [0, 2, 1, 0], [2, 2], reduction=reduction)
        yield classify(f"{op}/{reduction}-empty", op, [0, 3], [], [0], reduction=reduction)
        yield classify(f"{op}/{reduction}-ignored", op, [3, 2], [0, -100, 1], [3], reduction=reduction)
    yield classify(f"{op}/default", op, [2, 3], [1, 2], [2])
    yield classify(f"{op}/one-class", op, [2, 1], [0, 0], [2])
    yield classify(f"{op}/transposed", op, [3, 2], [0, 1, 0], [3], layout="transposed")
    yield classify(f"{op}/same-class", op, [3, 2], [1, 1, 1], [3])
    yield classify(f"{op}/images", op, [1, 2, 2, 2], [0, 1, 1, 0], [1, 2, 2])
    yield classify(f"{op}/class-too-large", op, [2, 3], [0, 3], [2], may_fail=True)
    yield classify(f"{op}/class-negative", op, [2, 3], [0, -1], [2], may_fail=True)
    yield classify(f"{op}/batch-differs", op, [2, 3], [0, 1, 2], [3], may_fail=True)
    yield classify(f"{op}/unknown-reduction", op, [2, 3], [0, 1], [2], reduction="median", may_fail=True)
    case = Case(f"{op}/float-target", may_fail=True)
    case.random("a", [2, 3], grad=True)
    yield case.tensor("t", [0.0, 1.0]).op(op, "a", "t", out="y").finish()
    case = Case(f"{op}/keyword")
    case.random("a", [2, 3], grad=True)
    yield case.tensor("t", [0, 1], "int64").op(op, input="a", target="t", out="y").backward("y").finish()
    case = Case(f"{op}/large")
    case.tensor("a", [1000.0, -1000.0, 0.0, 0.0, 1000.0, 999.0], grad=True, shape=[2, 3])
    yield case.tensor("t", [1, 2], "int64").op(op, "a", "t", out="y").backward("y").finish()


def soft_targets():
    """cross_entropy takes a distribution over the classes too."""
    op = "cross_entropy"
    for reduction in REDUCTIONS:
        yield pair(f"{op}/soft-{reduction}", op, (-2.0, 2.0), UNIT, reduction=reduction)
    yield pair(f"{op}/soft-both", op, (-2.0, 2.0), UNIT, grads=(True, True))
    yield pair(f"{op}/soft-float32", op, (-2.0, 2.0), UNIT, dtype="float32")
    yield pair(f"{op}/soft-one-sample", op, (-2.0, 2.0), UNIT, shapes=([3], [3]))
