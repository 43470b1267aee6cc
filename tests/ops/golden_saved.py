"""What each op saves for backward, shown from outside: a write to what it saved makes backward fail, a write
to anything else does not; a second backward fails exactly when something was saved."""

from golden_case import Case

POSITIVE, UNIT, REAL = (0.2, 2.0), (-0.9, 0.9), (-2.0, 2.0)
# (op, shapes, domain, further arguments, keywords)
ROWS = [(op, [[3]], REAL, [], {}) for op in
        """neg abs sign exp sin cos tanh sigmoid relu square expm1 exp2 atan sinh cosh asinh erf floor ceil
        round trunc""".split()]
ROWS += [(op, [[3]], POSITIVE, [], {}) for op in "log sqrt rsqrt reciprocal log1p log2 log10".split()]
ROWS += [(op, [[3]], UNIT, [], {}) for op in "tan asin acos atanh".split()]
ROWS += [("acosh", [[3]], (1.1, 3.0), [], {}), ("clamp", [[3]], REAL, [-0.5, 0.5], {})]
ROWS += [("pow", [[3]], POSITIVE, [exponent], {}) for exponent in (0, 1, 2, 0.5)]
ROWS += [(op, [[3]], REAL, [], {}) for op in
         "leaky_relu softplus gelu silu elu hardtanh softsign logsigmoid".split()]
ROWS += [(op, [[3]], REAL, [0], {}) for op in "softmax log_softmax cumsum logsumexp".split()]
ROWS += [(op, [[3], [3]], POSITIVE, [], {}) for op in "add sub mul div pow maximum minimum atan2".split()]
ROWS += [(op, [[2, 3]], POSITIVE, [], {}) for op in
         """sum mean max min amax amin prod var std norm linalg.vector_norm t clone flatten squeeze tril
         triu""".split()]
ROWS += [(op, [[2, 3]], POSITIVE, [1], {}) for op in "sum mean amax prod var std unsqueeze".split()]
ROWS += [("reshape", [[2, 3]], REAL, [[6]], {}), ("expand", [[1, 3]], REAL, [[2, 3]], {}),
         ("permute", [[2, 3]], REAL, [[1, 0]], {}), ("transpose", [[2, 3]], REAL, [0, 1], {}),
         ("flip", [[3]], REAL, [[0]], {}), ("repeat", [[3]], REAL, [[2]], {}),
         ("narrow", [[3]], REAL, [0, 0, 2], {}),
         ("select", [[3]], REAL, [0, 1], {}), ("getitem", [[3]], REAL, ["::2"], {}),
         ("to", [[3]], REAL, ["float32"], {}),
         ("mm", [[2, 3], [3, 2]], REAL, [], {}), ("bmm", [[1, 2, 3], [1, 3, 2]], REAL, [], {}),
         ("mv", [[2, 3], [3]], REAL, [], {}), ("dot", [[3], [3]], REAL, [], {}),
         ("outer", [[2], [3]], REAL, [], {}),
         ("matmul", [[2, 3], [3, 2]], REAL, [], {}), ("addmm", [[2, 2], [2, 3], [3, 2]], REAL, [], {}),
         ("linear", [[2, 3], [2, 3], [2]], REAL, [], {})]
ROWS += [(op, [[3], [3]], REAL, [], {}) for op in "mse_loss l1_loss smooth_l1_loss huber_loss".split()]


def cases():
    for op, shapes, domain, args, kwargs in ROWS:
        label = f"saved/{op}/"
        if args and op in ("pow", "sum", "mean", "amax", "prod", "var", "std"):
            label += f"{args[0]}-"
        names = list("abcd"[: len(shapes)])
        # The output of a view shares its storage with the input: one write covers both.
        for changed in [*names, "y"]:
            yield written(f"{label}{changed}-written", op, shapes, domain, args, kwargs, names,
                          changed)
        yield twice(f"{label}twice", op, shapes, domain, args, kwargs, names)
    yield from one_sided()
    yield from others()


def prepared(ident, op, shapes, domain, args, kwargs, names):
    """Leaves la, lb, …, their clones, which may be written to (clone saves nothing), and the op on those."""
    case = Case(ident, may_fail=True)
    for name, shape in zip(names, shapes):
        case.random("l" + name, shape, grad=True, domain=domain)
        case.op("clone", "l" + name, out=name)
    return case.op(op, *names, *args, out="y", **kwargs)


def written(ident, op, shapes, domain, args, kwargs, names, changed):
    case = prepared(ident, op, shapes, domain, args, kwargs, names)
    case.op("add", "y", 0.0, out="z").op("add_", changed, 1.0)
    return case.seed_backward("z").only(*["l" + n + ".grad" for n in names]).finish()


def twice(ident, op, shapes, domain, args, kwargs, names):
    case = prepared(ident, op, shapes, domain, args, kwargs, names)
    case.seed_backward().backward("y", "gy")
    return case.only(*["l" + n + ".grad" for n in names]).finish()


def one_sided():
    """An operand is saved only if the other side requires grad."""
    for op in ("mul", "div", "pow", "matmul", "mm", "dot", "maximum"):
        shapes = {"matmul": ([2, 2], [2, 2]), "mm": ([2, 2], [2, 2])}.get(op, ([3], [3]))
        for needs in ("a", "b"):
            for changed in ("a", "b"):
                case = Case(f"saved/{op}/only-{needs}-{changed}-written", may_fail=True)
                for name, shape in zip("ab", shapes):
                    case.random("l" + name, shape, grad=name == needs, domain=POSITIVE)
                    case.op("clone", "l" + name, out=name)
                case.op(op, "a", "b", out="y").op("add_", changed, 1.0).seed_backward()
                yield case.only(f"l{needs}.grad").finish()


def others():
    """Ops with an index or a mask: the index is saved, the values are not."""
    rows = (("gather", ["a", 0, "i"]), ("index_select", ["a", 0, "i"]), ("scatter_add", ["a", 0, "i", "b"]),
            ("index_add", ["a", 0, "i", "b"]), ("masked_fill", ["a", "m", 0.0]), ("where", ["m", "a", "b"]))
    for op, args in rows:
        for changed in ("a", "i" if "i" in args else "m", *(["b"] if "b" in args else [])):
            case = Case(f"saved/{op}/{changed}-written", may_fail=True)
            for name in ("a", "b"):
                case.random("l" + name, [3], grad=True)
                case.op("clone", "l" + name, out=name)
            case.tensor("i", [2, 0, 1], "int64").tensor("m", [True, False, True], "bool")
            case.op(op, *args, out="y").op("zero_", changed)
            yield case.seed_backward().only("la.grad", "lb.grad").finish()
    for op in ("cat", "stack"):
        case = Case(f"saved/{op}/a-written", may_fail=True)
        case.random("la", [2], grad=True)
        case.op("clone", "la", out="a").op(op, ["a", "a"], out="y").op("zero_", "a")
        yield case.seed_backward().only("la.grad").finish()
