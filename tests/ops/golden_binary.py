"""Elementwise functions of two tensors: values, gradients, broadcasting, numbers, ties, second derivatives."""

from golden_case import Case, simple

# op: (domain, whether it is smooth enough for a second derivative)
OPS = {
    "add": ((-2.0, 2.0), True), "sub": ((-2.0, 2.0), True), "mul": ((-2.0, 2.0), True),
    "div": ((0.4, 2.0), True),
    "pow": ((0.4, 2.0), True), "maximum": ((-2.0, 2.0), False), "minimum": ((-2.0, 2.0), False),
    "atan2": ((-2.0, 2.0), True),
}
SHAPES = [
    ([2, 3], [3]), ([3], [2, 3]), ([2, 1], [1, 3]), ([2, 3], []), ([], [2, 3]), ([1], [2, 2]),
    ([2, 1, 3], [4, 1]),
    ([0, 3], [1, 3]), ([2, 0], [2, 1]), ([], []), ([1, 1], [1]),
]
NUMBERS = [2, -1, 0.5, 1.5, True]
INF, NAN = "Infinity", "NaN"
SPECIALS = ([0.0, -0.0, INF, INF, NAN, 1.0, -1.0, 0.0], [0.0, 1.0, "-Infinity", INF, 1.0, NAN, 0.0, INF])


def cases():
    for op, (domain, smooth) in OPS.items():
        for dtype in ("float64", "float32"):
            yield simple(f"{op}/{dtype}", op, [[2, 3], [2, 3]], dtype=dtype, domain=domain)
        for n, shapes in enumerate(SHAPES):
            dtype = "float32" if n % 3 == 2 else "float64"
            yield simple(f"{op}/broadcast-{n}", op, shapes, dtype=dtype, domain=domain)
        yield simple(f"{op}/transposed", op, [[3, 2], [3, 2]], domain=domain, layout="transposed")
        yield simple(f"{op}/strided", op, [[2, 2], [2, 2]], dtype="float32", domain=domain, layout="strided")
        yield simple(f"{op}/expanded", op, [[3, 2], [1, 2]], domain=domain, layout="expanded")
        if smooth:
            yield simple(f"{op}/second", op, [[3], [3]], domain=domain, second=True)
            yield simple(f"{op}/second-broadcast", op, [[2, 1], [2]], domain=domain, second=True)
        yield same(op, domain)
        yield from one_sided(op, domain)
        yield keywords(op, domain)
        yield special(op)
        yield simple(f"{op}/int64", op, [[4], [4]], dtype="int64", domain=(1, 4))
        yield simple(f"{op}/bool", op, [[4], [4]], dtype="bool", may_fail=True)
        if op in ("add", "sub", "mul", "div", "pow"):
            yield from with_numbers(op, domain)
    yield from alpha()
    yield from ties()
    yield from zeros()
    yield from literals()


def same(op, domain):
    """Both arguments are one tensor: its gradient has two parts."""
    case = Case(f"{op}/same")
    case.random("a", [3], grad=True, domain=domain)
    return case.op(op, "a", "a", out="y").seed_backward().finish()


def one_sided(op, domain):
    """Only one argument requires grad; the other has no gradient at all."""
    for side in ("left", "right"):
        case = Case(f"{op}/only-{side}")
        case.random("a", [2, 2], grad=side == "left", domain=domain)
        case.random("b", [2], grad=side == "right", domain=domain)
        yield case.op(op, "a", "b", out="y").seed_backward().watch("a.grad", "b.grad").finish()


def keywords(op, domain):
    case = Case(f"{op}/keyword")
    case.random("a", [3], grad=True, domain=domain)
    case.random("b", [3], grad=True, domain=domain)
    name = "exponent" if op == "pow" else "other"
    return case.op(op, "a", out="y", **{name: "b"}).seed_backward().finish()


def special(op):
    left, right = SPECIALS
    return Case(f"{op}/special").tensor("a", left).tensor("b", right).op(op, "a", "b", out="y").finish()


def with_numbers(op, domain):
    for n, number in enumerate(NUMBERS):
        for dtype in ("float64", "float32"):
            yield simple(f"{op}/number-right-{n}-{dtype}", op, [[2, 2]], number, dtype=dtype, domain=domain,
                         may_fail=True)
        if op == "pow" and number is True:
            continue  # an internal assertion of PyTorch 1.13
        case = Case(f"{op}/number-left-{n}", may_fail=True)
        case.random("a", [3], grad=True, domain=domain)
        yield case.op(op, number, "a", out="y").seed_backward().finish()


def alpha():
    for op in ("add", "sub"):
        yield simple(f"{op}/alpha", op, [[2, 3], [3]], alpha=2)
        yield simple(f"{op}/alpha-fraction", op, [[2, 3], [2, 1]], alpha=-0.5)
        yield simple(f"{op}/alpha-float32", op, [[3], [3]], alpha=0.1, dtype="float32")
        yield simple(f"{op}/alpha-number", op, [[3]], 2, alpha=3)
        yield simple(f"{op}/alpha-int64", op, [[3], [3]], alpha=2, dtype="int64")
        yield simple(f"{op}/alpha-fraction-int64", op, [[3], [3]], alpha=0.5, dtype="int64", may_fail=True)
        yield simple(f"{op}/alpha-second", op, [[3], [3]], alpha=2, second=True)


def ties():
    """maximum and minimum give each side half of the gradient where the sides are equal; NaN wins."""
    for op in ("maximum", "minimum"):
        for dtype in ("float64", "float32"):
            case = Case(f"{op}/ties-{dtype}").tensor("a", [1.0, 2.0, 3.0, 0.0], dtype, True)
            case.tensor("b", [1.0, 3.0, 3.0, -0.0], dtype, True).op(op, "a", "b", out="y")
            yield case.tensor("gy", [1.0, 2.0, 4.0, 8.0], dtype).backward("y", "gy").finish()
        case = Case(f"{op}/nan").tensor("a", [NAN, 1.0, NAN], grad=True)
        case.tensor("b", [1.0, NAN, NAN], grad=True)
        yield case.op(op, "a", "b", out="y").tensor("gy", [1.0] * 3).backward("y", "gy").finish()
        case = Case(f"{op}/same-ties").tensor("a", [1.0, 2.0], grad=True).op(op, "a", "a", out="y")
        yield case.tensor("gy", [1.0, 2.0]).backward("y", "gy").finish()
    case = Case("atan2/origin").tensor("a", [0.0, 0.0, 1.0, -0.0], grad=True)
    case.tensor("b", [0.0, -1.0, 0.0, -0.0], grad=True).op("atan2", "a", "b", out="y")
    yield case.tensor("gy", [1.0] * 4).backward("y", "gy").finish()


def zeros():
    """Division by zero and powers of zero, with gradients."""
    case = Case("div/by-zero").tensor("a", [1.0, -1.0, 0.0], grad=True).tensor("b", [0.0, 0.0, 0.0])
    yield case.op("div", "a", "b", out="y").tensor("gy", [1.0] * 3).backward("y", "gy").finish()
    case = Case("div/by-zero-int64").tensor("a", [1, -1, 0], "int64").tensor("b", [0, 0, 0], "int64")
    yield case.op("div", "a", "b", out="y").finish()
    case = Case("pow/zero-tensor").tensor("a", [0.0, 0.0, 2.0, 0.0], grad=True)
    case.tensor("b", [0.0, 2.0, 0.0, 1.0], grad=True).op("pow", "a", "b", out="y")
    yield case.tensor("gy", [1.0] * 4).backward("y", "gy").finish()
    case = Case("pow/zero-base-number").tensor("b", [0.0, 1.0, 2.0], grad=True).op("pow", 0.0, "b", out="y")
    yield case.tensor("gy", [1.0] * 3).backward("y", "gy").finish()
    case = Case("mul/zero-by-infinity").tensor("a", [0.0, 2.0], grad=True).tensor("b", [INF, INF], grad=True)
    yield case.op("mul", "a", "b", out="y").tensor("gy", [1.0] * 2).backward("y", "gy").finish()


def literals():
    """A nested list stands for a tensor, torch.tensor(list)."""
    for op in ("add", "mul", "div", "maximum"):
        case = Case(f"{op}/literal")
        case.random("a", [2, 2], "float32", True, (0.5, 2.0))
        yield case.op(op, "a", [[1.0, 2.0], [3.0, 4.0]], out="y").seed_backward().finish()
        case = Case(f"{op}/literal-int")
        case.random("a", [2, 2], "float64", True, (0.5, 2.0))
        yield case.op(op, "a", [1, 2], out="y").seed_backward().finish()
    case = Case("sub/literal-both").op("sub", [5, 7], [1, 2], out="y")
    yield case.finish()
