"""Activation functions: parameters, kinks, far arguments, softmax along every dim."""

from golden_case import Case, simple

INF, NAN = "Infinity", "NaN"
# (op, label, keywords)
ELEMENTWISE = [
    ("leaky_relu", "default", {}), ("leaky_relu", "slope", {"negative_slope": 0.2}),
    ("softplus", "default", {}),
    ("softplus", "beta", {"beta": 2.0}), ("softplus", "threshold", {"beta": 3, "threshold": 2}),
    ("gelu", "default", {}),
    ("gelu", "none", {"approximate": "none"}), ("gelu", "tanh", {"approximate": "tanh"}),
    ("silu", "default", {}),
    ("elu", "default", {}), ("elu", "alpha", {"alpha": 0.5}), ("hardtanh", "default", {}),
    ("hardtanh", "bounds", {"min_val": -0.5, "max_val": 0.75}), ("softsign", "default", {}),
    ("logsigmoid", "default", {}),
]
# Points at and near a kink, and so far out that a naive formula overflows.
POINTS = {
    "leaky_relu": [0.0, -0.0, INF, "-Infinity", NAN],
    "softplus": [0.0, 20.0, 20.5, 100.0, -100.0, 1000.0, NAN],
    "gelu": [0.0, 10.0, -10.0, -40.0, NAN], "silu": [0.0, 100.0, -100.0, 800.0, -800.0, NAN],
    "elu": [0.0, -0.0, -100.0, 800.0, NAN], "hardtanh": [1.0, -1.0, 0.0, INF, NAN],
    "softsign": [0.0, -0.0, 1e30, NAN],
    "logsigmoid": [0.0, 100.0, -100.0, 800.0, -800.0, NAN], "sigmoid": [36.0, -36.0, 750.0, -750.0],
    "tanh": [20.0, -20.0, 1e-9], "relu": [1e30, -1e30],
}
POSITIONAL = [
    ("leaky_relu", [0.3]), ("softplus", [2, 10]), ("elu", [2.0]), ("hardtanh", [-0.25, 0.25]),
    ("softmax", [0]),
    ("log_softmax", [-1]),
]


def cases():
    for op, label, kwargs in ELEMENTWISE:
        yield simple(f"{op}/{label}-float64", op, [[2, 4]], **kwargs)
        yield simple(f"{op}/{label}-float32", op, [[2, 4]], dtype="float32", **kwargs)
        yield simple(f"{op}/{label}-second", op, [[4]], second=True, **kwargs)
    for op in dict.fromkeys(op for op, _, _ in ELEMENTWISE):
        yield simple(f"{op}/scalar", op, [[]])
        yield simple(f"{op}/empty", op, [[0, 2]])
        yield simple(f"{op}/transposed", op, [[3, 2]], layout="transposed")
        yield simple(f"{op}/strided", op, [[2, 2]], dtype="float32", layout="strided")
        yield simple(f"{op}/int64", op, [[3]], dtype="int64", may_fail=True)
    for op, points in POINTS.items():
        for dtype in ("float64", "float32"):
            case = Case(f"{op}/points-{dtype}").tensor("a", points, dtype, True).op(op, "a", out="y")
            yield case.tensor("gy", [1.0] * len(points), dtype).backward("y", "gy").finish()
    case = Case("gelu/points-tanh").tensor("a", POINTS["gelu"], grad=True)
    case.op("gelu", "a", approximate="tanh", out="y")
    yield case.tensor("gy", [1.0] * 5).backward("y", "gy").finish()
    for op, args in POSITIONAL:
        yield simple(f"{op}/positional", op, [[2, 3]], *args)
    for op in ("softmax", "log_softmax"):
        yield from softmax(op)


def softmax(op):
    for dim in (0, 1, 2, -1, -3):
        yield simple(f"{op}/dim-{dim}", op, [[2, 3, 2]], dim=dim)
    yield simple(f"{op}/float32", op, [[2, 5]], dtype="float32", dim=1)
    yield simple(f"{op}/vector", op, [[4]], dim=0)
    yield simple(f"{op}/one", op, [[3, 1]], dim=1)
    yield simple(f"{op}/scalar", op, [[]], dim=0)
    yield simple(f"{op}/scalar-negative", op, [[]], dim=-1)
    yield simple(f"{op}/empty", op, [[0, 3]], dim=1)
    yield simple(f"{op}/empty-dim", op, [[2, 0]], dim=1)
    yield simple(f"{op}/second", op, [[3]], dim=0, second=True)
    yield simple(f"{op}/second-matrix", op, [[2, 2]], dim=1, second=True)
    yield simple(f"{op}/transposed", op, [[3, 2]], layout="transposed", dim=1)
    yield simple(f"{op}/strided", op, [[2, 3]], layout="strided", dim=1)
    yield simple(f"{op}/int64", op, [[3]], dtype="int64", dim=0, may_fail=True)
    for label, data in (("large", [1000.0, 1001.0, 999.0]), ("small", [-1000.0, -1001.0, -1000.0]),
                        ("masked", [1.0, "-Infinity", 2.0]), ("infinite", [1.0, INF, 2.0]),
                        ("nan", [1.0, NAN, 2.0]),
                        ("all-masked", ["-Infinity"] * 3)):
        for dtype in ("float64", "float32"):
            yield Case(f"{op}/{label}-{dtype}").tensor("a", data, dtype).op(op, "a", dim=0, out="y").finish()
    for label in ("large", "masked"):
        data = [1000.0, 1001.0, 999.0] if label == "large" else [1.0, "-Infinity", 2.0]
        case = Case(f"{op}/{label}-grad").tensor("a", data, grad=True).op(op, "a", dim=0, out="y")
        yield case.tensor("gy", [1.0, 0.5, -1.0]).backward("y", "gy").finish()
    case = Case(f"{op}/cast").tensor("a", [1, 2, 3], "int64").op(op, "a", 0, dtype="float64", out="y")
    yield case.finish()
    case = Case(f"{op}/cast-grad").tensor("a", [0.1, 0.2, 0.3], "float32", True)
    yield case.op(op, "a", 0, dtype="float64", out="y").seed_backward().finish()
