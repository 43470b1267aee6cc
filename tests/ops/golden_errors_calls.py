"""Tables of wrong calls: op, what is wrong, shapes of the tensors, further arguments, keywords."""

UNARY = """neg abs sign exp log sqrt rsqrt reciprocal square sin cos tan tanh sigmoid relu log1p expm1 log2
log10 exp2 asin acos atan sinh cosh asinh acosh atanh erf floor ceil round trunc isnan isinf
isfinite logical_not clone detach leaky_relu softplus gelu silu elu hardtanh softsign logsigmoid t
float double long contiguous zeros_like ones_like sum mean max min amax amin argmax argmin any all
prod var std norm linalg.vector_norm linalg.norm squeeze flatten tril triu unbind""".split()
REDUCTIONS = "sum mean max min amax amin argmax argmin any all prod var std".split()
BINARY = """add sub mul div pow maximum minimum atan2 eq ne lt le gt ge mse_loss l1_loss huber_loss
smooth_l1_loss binary_cross_entropy_with_logits expand_as view_as""".split()
# What PyTorch says to null there is an accident of its Python wrappers.
WRAPPED = set(BINARY[14:19]) | {"softsign", "norm", "softmax", "log_softmax", "split"}
# Valid calls of the others: shapes, further arguments.
OTHERS = {
    "softmax": ([[2, 3]], [1]), "log_softmax": ([[2, 3]], [1]), "logsumexp": ([[2, 3]], [1]),
    "cumsum": ([[2, 3]], [1]),
    "clamp": ([[3]], [0, 1]), "reshape": ([[4]], [[2, 2]]), "view": ([[4]], [[2, 2]]),
    "transpose": ([[2, 3]], [0, 1]),
    "permute": ([[2, 3]], [[1, 0]]), "unsqueeze": ([[3]], [0]), "expand": ([[1, 3]], [[2, 3]]),
    "broadcast_to": ([[1, 3]], [[2, 3]]), "narrow": ([[4]], [0, 1, 2]), "select": ([[4]], [0, 1]),
    "flip": ([[3]], [[0]]),
    "repeat": ([[3]], [[2]]), "split": ([[4]], [2]), "chunk": ([[4]], [2]), "mm": ([[2, 3], [3, 2]], []),
    "bmm": ([[1, 2, 3], [1, 3, 2]], []), "mv": ([[2, 3], [3]], []), "dot": ([[3], [3]], []),
    "outer": ([[2], [3]], []),
    "matmul": ([[2, 3], [3, 2]], []), "addmm": ([[2, 2], [2, 3], [3, 2]], []),
    "linear": ([[2, 3], [4, 3]], []),
    "full_like": ([[2]], [1.0]),
}

# (op, label, shapes, further arguments, keywords): what is wrong is in the label
SHAPES = [(op, "not-broadcastable", [[2, 3], [2]], [], {}) for op in BINARY[:14]]
SHAPES += [(op, "not-broadcastable-rank-3", [[2, 3, 2], [3, 1, 2]], [], {}) for op in ("add", "mul",
                                                                                       "maximum", "eq")]
SHAPES += [(op, "not-broadcastable-empty", [[0], [2]], [], {}) for op in ("add", "div")]
SHAPES += [(op, "not-broadcastable", [[2, 3], [2]], [], {}) for op in ("mse_loss", "l1_loss", "huber_loss",
                                                                       "smooth_l1_loss")]
SHAPES += [
    ("reshape", "wrong-count", [[2, 3]], [[4]], {}), ("reshape", "two-inferred", [[2, 3]], [[-1, -1]], {}),
    ("reshape", "not-divisible", [[2, 3]], [[-1, 4]], {}), ("reshape", "negative", [[2, 3]], [[-2, 3]], {}),
    ("reshape", "inferred-empty", [[0, 3]], [[-1, 0]], {}), ("view", "wrong-count", [[2, 3]], [[5]], {}),
    ("view", "two-inferred", [[2, 3]], [[-1, -1]], {}), ("view", "negative", [[2, 3]], [[6, -3]], {}),
    ("t", "rank-3", [[2, 2, 2]], [], {}), ("permute", "too-few", [[2, 3]], [[0]], {}),
    ("permute", "repeated", [[2, 3]], [[0, 0]], {}), ("permute", "too-many", [[2]], [[0, 1]], {}),
    ("expand", "not-one", [[2, 3]], [[2, 4]], {}), ("expand", "fewer-dims", [[2, 3]], [[3]], {}),
    ("expand", "new-negative", [[3]], [[-1, 3]], {}), ("broadcast_to", "not-one", [[2, 3]], [[2, 4]], {}),
    ("broadcast_to", "fewer-dims", [[2, 3]], [[3]], {}), ("repeat", "too-few", [[2, 3]], [[2]], {}),
    ("repeat", "negative", [[2]], [[-1]], {}), ("flip", "repeated", [[2, 3]], [[0, 0]], {}),
    ("split", "zero", [[4]], [0], {}), ("split", "negative", [[4]], [-1], {}),
    ("split", "list-sum", [[4]], [[1, 2]], {}),
    ("split", "list-negative", [[4]], [[5, -1]], {}), ("chunk", "zero", [[4]], [0], {}),
    ("chunk", "scalar", [[]], [2], {}),
    ("split", "scalar", [[]], [1], {}), ("unbind", "scalar", [[]], [], {}),
    ("mm", "inner", [[2, 3], [2, 3]], [], {}), ("mm", "vector", [[2, 3], [3]], [], {}),
    ("mm", "rank-3", [[1, 2, 3], [1, 3, 2]], [], {}),
    ("bmm", "inner", [[2, 2, 3], [2, 2, 3]], [], {}), ("bmm", "batch", [[2, 2, 3], [1, 3, 2]], [], {}),
    ("bmm", "matrix", [[2, 3], [3, 2]], [], {}),
    ("mv", "inner", [[2, 3], [2]], [], {}), ("mv", "matrix", [[2, 3], [3, 1]], [], {}),
    ("mv", "vectors", [[3], [3]], [], {}),
    ("dot", "length", [[3], [2]], [], {}), ("dot", "matrix", [[2, 3], [2, 3]], [], {}),
    ("dot", "scalar", [[], []], [], {}),
    ("outer", "matrix", [[2, 3], [3]], [], {}), ("outer", "scalar", [[], [3]], [], {}),
    ("matmul", "inner", [[2, 3], [2, 3]], [], {}), ("matmul", "vectors", [[3], [2]], [], {}),
    ("matmul", "vector-inner", [[2, 3], [2]], [], {}),
    ("matmul", "left-vector-inner", [[2], [3, 2]], [], {}), ("matmul", "scalar", [[], [3]], [], {}),
    ("matmul", "scalars", [[], []], [], {}),
    ("matmul", "batch", [[2, 2, 3], [3, 3, 2]], [], {}),
    ("matmul", "batch-inner", [[2, 2, 3], [2, 2, 3]], [], {}),
    ("addmm", "inner", [[2, 2], [2, 3], [2, 2]], [], {}), ("addmm", "bias", [[3], [2, 3], [3, 2]], [], {}),
    ("addmm", "vector", [[2], [3], [3, 2]], [], {}),
    ("linear", "inner", [[2, 3], [4, 2]], [], {}), ("linear", "bias", [[2, 3], [4, 3], [3]], [], {}),
    ("linear", "rank-3-weight", [[2, 3], [1, 4, 3]], [], {}),
    ("expand_as", "not-one", [[2, 3], [2, 4]], [], {}), ("view_as", "wrong-count", [[2, 3], [2, 4]], [], {}),
    ("cross_entropy", "soft-shape", [[2, 3], [2, 4]], [], {}), ("tril", "vector", [[3]], [], {}),
    ("triu", "scalar", [[]], [], {}),
    ("linalg.norm", "rank-3", [[2, 2, 2]], ["fro"], {}),
]
DIMS = [(op, label, [[2, 3]], [dim], {}) for op in
        REDUCTIONS + "logsumexp softmax log_softmax cumsum squeeze unbind".split()
        for label, dim in (("dim-too-large", 2), ("dim-too-small", -3))]
DIMS += [(op, "dim-of-scalar", [[]], [1], {}) for op in ("sum", "max", "argmax", "softmax", "unsqueeze",
                                                         "squeeze", "cumsum", "prod")]
DIMS += [(op, "dim-repeated", [[2, 3]], [[0, 0]], {}) for op in ("sum", "mean", "amax", "logsumexp", "var")]
DIMS += [(op, "dim-repeated-negative", [[2, 3]], [[1, -1]], {}) for op in ("sum", "amin")]
DIMS += [
    ("unsqueeze", "dim-too-large", [[2, 3]], [3], {}), ("unsqueeze", "dim-too-small", [[2, 3]], [-4], {}),
    ("transpose", "dim-too-large", [[2, 3]], [0, 2], {}),
    ("transpose", "dim-too-small", [[2, 3]], [-3, 0], {}),
    ("permute", "dim-too-large", [[2, 3]], [[0, 2]], {}), ("flatten", "dim-too-large", [[2, 3]], [2], {}),
    ("flatten", "crossed", [[2, 3, 2]], [2, 0], {}), ("flip", "dim-too-large", [[2, 3]], [[2]], {}),
    ("narrow", "dim-too-large", [[2, 3]], [2, 0, 1], {}), ("narrow", "start-too-large", [[4]], [0, 5, 1], {}),
    ("narrow", "too-long", [[4]], [0, 2, 3], {}), ("narrow", "negative-length", [[4]], [0, 0, -1], {}),
    ("narrow", "start-too-small", [[4]], [0, -5, 1], {}),
    ("narrow", "scalar", [[]], [0, 0, 1], {}), ("select", "dim-too-large", [[2, 3]], [2, 0], {}),
    ("select", "index-too-large", [[2, 3]], [0, 2], {}),
    ("select", "index-too-small", [[2, 3]], [1, -4], {}), ("select", "scalar", [[]], [0, 0], {}),
    ("split", "dim-too-large", [[4]], [2, 1], {}),
    ("chunk", "dim-too-large", [[4]], [2, 1], {}),
    ("linalg.vector_norm", "dim-too-large", [[2, 3]], [2, 2], {}),
    ("norm", "dim-too-large", [[2, 3]], [2, 5], {}),
]
KINDS = [
    ("sum", "fraction-dim", [[2, 3]], [0.5], {}), ("max", "fraction-dim", [[2, 3]], [1.5], {}),
    ("sum", "keepdim-number", [[2, 3]], [0], {"keepdim": 7}),
    ("sum", "keepdim-without-dim", [[2, 3]], [], {"keepdim": True}),
    ("max", "keepdim-without-dim", [[2, 3]], [], {"keepdim": True}),
    ("max", "dim-list", [[2, 3]], [], {"dim": [0, 1]}),
    ("prod", "dim-list", [[2, 3]], [], {"dim": [0, 1]}),
    ("argmax", "dim-list", [[2, 3]], [], {"dim": [0, 1]}), ("cumsum", "no-dim", [[3]], [], {}),
    ("logsumexp", "no-dim", [[3]], [], {}), ("sum", "unknown-dtype", [[3]], [], {"dtype": "float99"}),
    ("mean", "to-int64", [[3]], [], {"dtype": "int64"}),
    ("reshape", "no-shape", [[4]], [], {}), ("reshape", "fraction", [[4]], [[2.5, 2]], {}),
    ("reshape", "string", [[4]], [], {"shape": "2,2"}),
    ("view", "no-shape", [[4]], [], {}), ("view", "fraction", [[4]], [[1.5]], {}),
    ("transpose", "one-dim", [[2, 3]], [0], {}), ("permute", "no-dims", [[2, 3]], [], {}),
    ("unsqueeze", "no-dim", [[3]], [], {}), ("unsqueeze", "fraction", [[3]], [0.5], {}),
    ("expand", "no-size", [[3]], [], {}), ("narrow", "no-length", [[3]], [0, 1], {}),
    ("select", "no-index", [[3]], [0], {}), ("flip", "no-dims", [[3]], [], {}),
    ("split", "no-size", [[3]], [], {}), ("chunk", "no-count", [[3]], [], {}),
    ("chunk", "fraction", [[3]], [1.5], {}),
    ("gelu", "unknown-approximate", [[3]], [], {"approximate": "sigmoid"}),
    ("tril", "fraction-diagonal", [[2, 2]], [0.5], {}),
    ("to", "unknown-dtype", [[3]], ["float99"], {}), ("norm", "unknown-p", [[3]], [], {"p": "manhattan"}),
    ("linalg.norm", "unknown-order", [[2, 2]], ["max"], {}),
    ("var", "unbiased-and-correction", [[3]], [], {"unbiased": True, "correction": 0}),
    ("masked_fill", "no-value", [[3]], [], {}), ("where", "two-arguments", [[3], [3]], [], {}),
    ("smooth_l1_loss", "negative-beta", [[3], [3]], [], {"beta": -1.0}),
    ("huber_loss", "zero-delta", [[3], [3]], [], {"delta": 0.0}), ("mm", "one-matrix", [[2, 2]], [], {}),
    ("addmm", "two-matrices", [[2, 2], [2, 2]], [], {}),
]
