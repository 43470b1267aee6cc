"""Division with remainders, bits, numbers that win over NaN, three operands, and activations with corners."""

from golden_case import Case, simple

FLOATS = ([7.5, -7.5, 7.5, -7.5, 0.0, 1.0, "Infinity", 5.0, 6.0], [2.0, 2.0, -2.0, -2.0, 3.0, 0.0, 2.0, "NaN", 0.1])
INTS = ([7, -7, 7, -7, 0, 6], [2, 2, -2, -2, 3, 3])
NAN = [1.0, "NaN", 3.0, "NaN", 2.0]
OTHER = [2.0, 1.0, "NaN", "NaN", 2.0]
# Not NaN, and not the upper end of hardswish: PyTorch answers one or the other with the place in the tensor.
POINTS = [0.0, 6.0, -3.0, -1.0, 1.0, -4.0, 7.0]


def cases():
    for section in (division, bits, pairs, three, comparing, corners):
        yield from section()


def two(ident, op, left, right, dtype="float64", grad=False, may_fail=False, **kwargs):
    case = Case(ident, may_fail).tensor("a", left, dtype, grad).tensor("b", right, dtype, grad)
    return case.op(op, "a", "b", out="y", **kwargs).seed_backward()


def division():
    modes = [("remainder", {}), ("fmod", {}), ("floor_divide", {}), ("div", {"rounding_mode": "floor"}),
             ("div", {"rounding_mode": "trunc"})]
    for op, extra in modes:
        label = op + "".join("-" + m for m in extra.values())
        for dtype in ("float64", "float32"):
            yield two(f"{label}/{dtype}", op, *FLOATS, dtype, **extra).finish()
        yield two(f"{label}/int64", op, *INTS, "int64", **extra).finish()
        yield two(f"{label}/int64-by-0", op, [1, 2], [1, 0], "int64", may_fail=True, **extra).finish()
        yield two(f"{label}/bool", op, [True], [True], "bool", may_fail=True, **extra).finish()
        yield simple(f"{label}/int64-by-number", op, [[3]], 2, dtype="int64", **extra)
        yield simple(f"{label}/int64-by-0-number", op, [[3]], 0, dtype="int64", may_fail=True, **extra)
        yield simple(f"{label}/int64-by-float", op, [[3]], 1.5, dtype="int64", **extra)
        if op != "floor_divide":
            yield two(f"{label}/gradient", op, [7.5, -7.3], [2.0, 1.7], grad=True, **extra).finish()
            yield simple(f"{label}/number", op, [[3]], 0.7, **extra)
    case = Case("remainder_/number").tensor("a", [7.5, -7.5], grad=True).op("mul", "a", 1.0, out="b")
    yield case.op("remainder_", "b", 2).seed_backward("b").finish()


def bits():
    for op in ("bitwise_and", "bitwise_or", "bitwise_xor", "logical_xor"):
        yield two(f"{op}/int64", op, [5, -3, 0], [3, 6, -1], "int64").finish()
        yield two(f"{op}/bool", op, [True, True, False], [True, False, False], "bool").finish()
        if op != "logical_xor":
            yield simple(f"{op}/number", op, [[3]], 3, dtype="int64")
            yield simple(f"{op}/float", op, [[3]], 3, grad=False, may_fail=True)
            yield Case(f"{op}_/int64").tensor("a", [5, 1], "int64").op(op + "_", "a", 3).finish()
    yield simple("bitwise_not/int64", "bitwise_not", [[3]], dtype="int64")
    yield simple("bitwise_not/bool", "bitwise_not", [[3]], dtype="bool")
    yield simple("bitwise_not/float", "bitwise_not", [[3]], grad=False, may_fail=True)


def pairs():
    for op in ("hypot", "logaddexp", "copysign", "fmax", "fmin"):
        yield simple(f"{op}/broadcast", op, [[2, 3], [3]])
        yield simple(f"{op}/second", op, [[3], [3]], second=True)
        yield simple(f"{op}/int64", op, [[3], [3]], dtype="int64", may_fail=True)
        yield two(f"{op}/nan", op, NAN, OTHER, grad=True).finish()
        yield two(f"{op}/infinite", op, ["Infinity", "-Infinity", "Infinity", 0.0, -0.0],
                  ["Infinity", "-Infinity", 1.0, -0.0, 1.0], grad=op in ("fmax", "fmin")).finish()
    yield simple("copysign/number", "copysign", [[3]], -1.0, grad=False)
    for label, options in (("default", {}), ("given", {"nan": 1.0, "posinf": 2.0, "neginf": -2.0})):
        for dtype in ("float64", "float32"):
            case = Case(f"nan_to_num/{label}-{dtype}").tensor("a", ["NaN", "Infinity", "-Infinity", 1.5], dtype, True)
            yield case.op("nan_to_num", "a", out="y", **options).seed_backward().finish()
    yield simple("nan_to_num/int64", "nan_to_num", [[3]], dtype="int64")


def three():
    for weight in (0.3, 0.8):
        yield simple(f"lerp/number-{weight}", "lerp", [[2, 3], [3]], weight)
    yield simple("lerp/tensor", "lerp", [[2, 3], [3], [2, 1]])
    yield simple("lerp/second", "lerp", [[3], [3], [3]], second=True)
    yield simple("lerp/int64", "lerp", [[3], [3]], 0.5, dtype="int64", may_fail=True)
    for op in ("addcmul", "addcdiv"):
        yield simple(f"{op}/broadcast", op, [[2, 3], [3], [2, 1]], domain=(0.5, 2.0), value=2)
        yield simple(f"{op}/second", op, [[3], [3], [3]], domain=(0.5, 2.0), second=True, value=-0.5)
        yield simple(f"{op}/int64", op, [[3], [3], [3]], dtype="int64", domain=(1, 3), may_fail=True)
    case = Case("addcmul_/history")
    case.random("a", [3], grad=True), case.random("b", [3], grad=True)
    yield case.op("mul", "a", 2.0, out="y").op("addcmul_", "y", "b", "b", value=2).seed_backward().finish()


def comparing():
    close = ([1.0, 1.0, "NaN", "Infinity", 0.0], [1.000001, 1.1, "NaN", "Infinity", 1e-9])
    for op in ("isclose",):
        yield two(f"{op}/default", op, *close).finish()
        yield two(f"{op}/nan", op, *close, equal_nan=True).finish()
        yield two(f"{op}/wide", op, *close, rtol=0.2).finish()
        yield two(f"{op}/negative", op, *close, rtol=-0.2, may_fail=True).finish()
        yield two(f"{op}/int64", op, *INTS, "int64").finish()
        case = Case(f"{op}/dtypes", True).tensor("a", [1.0], "float32").tensor("b", [1.0])
        yield case.op(op, "a", "b", out="y").finish()
    for dim in ([], [1]):
        yield simple(f"count_nonzero/{dim}", "count_nonzero", [[2, 3]], *dim, grad=False)


def corners():
    for op in ("relu6", "selu", "celu", "hardswish", "hardsigmoid", "mish"):
        case = Case(f"{op}/points").tensor("a", POINTS, "float32", True).op(op, "a", out="y")
        yield case.tensor("gy", [1.0] * len(POINTS), "float32").backward("y", "gy").finish()
        if op != "hardsigmoid":
            case = Case(f"{op}/second-at-points").tensor("a", POINTS, grad=True).op(op, "a", out="_y")
            case.op("sum", "_y", out="s").grad(["s"], ["a"], ["g"], create_graph=True).op("sum", "g", out="z")
            yield case.grad(["z"], ["a"], ["h"]).finish()
        yield simple(f"{op}/int64", op, [[3]], dtype="int64", may_fail=True)
    yield simple("celu/alpha", "celu", [[4]], 0.5)
    yield simple("softmin/dim", "softmin", [[2, 3]], 1)
