"""The batch step language of the service, interpreted on PyTorch.

A step is one JSON object; README.md lists the forms. The interpreter keeps the names of one program and
raises whatever PyTorch raises; `error_code` says which code of the wire contract stands for that exception.
"""

import os

# One code path on every machine: the answers then differ between machines by rounding alone.
os.environ.setdefault("ATEN_CPU_CAPABILITY", "default")

import re
import warnings

import numpy
import torch
import torch.nn.functional as functional

warnings.simplefilter("ignore")
torch.set_num_threads(1)

DTYPES = {"float32": torch.float32, "float64": torch.float64, "int64": torch.int64, "bool": torch.bool}
SPECIAL = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}

# Ops that are functions of torch.nn.functional; every other op is torch.NAME or a method of Tensor.
FUNCTIONAL = set(
    """softmax log_softmax leaky_relu softplus gelu silu elu hardtanh softsign logsigmoid linear mse_loss
    l1_loss cross_entropy nll_loss binary_cross_entropy binary_cross_entropy_with_logits huber_loss
    smooth_l1_loss relu6 selu celu hardswish hardsigmoid mish softmin kl_div cosine_similarity layer_norm
    pad one_hot embedding dropout""".split()
)
METHODS = set(
    "view view_as expand expand_as repeat unflatten to float double long bool contiguous scatter_add index_add".split()
)

# Ops whose arguments hold no tensor at all, and ops whose lists after the first argument are lists of ints.
CREATION = set("zeros ones full arange linspace eye".split())
INT_LISTS = set(
    """reshape view expand broadcast_to permute repeat flip sum mean amax amin logsumexp var std norm
    linalg.norm linalg.vector_norm split flatten full_like tile roll movedim unflatten pad layer_norm
    """.split()
)
# Keywords, and positions of an op, whose value is the word or the list of ints itself.
PLAIN_KEYWORDS = set(
    """dtype reduction approximate p ord dim dims size shape sizes split_size_or_sections split_size repeats device axis
    rounding_mode mode indexing normalized_shape pad shifts
    """.split()
)
PLAIN_POSITIONS = {("to", 1), ("norm", 1), ("linalg.norm", 1), ("linalg.vector_norm", 1)}

# (class, pattern of the message, code): the first row that fits wins.
ERRORS = [
    (NameError, "no tensor", "tensor_unknown"),
    (AttributeError, "no op", "op_unknown"),
    (AttributeError, "", "bad_argument"),
    (TypeError, "^not a sequence|^must be real number, not list", "shape_mismatch"),
    (RuntimeError, "^a leaf Variable that requires grad", "leaf_inplace"),
    (RuntimeError, "a view of a leaf Variable", "view_of_leaf_inplace"),
    (RuntimeError, "modified by an inplace operation", "saved_modified"),
    (RuntimeError, "backward through the graph a second time", "graph_freed"),
    (RuntimeError, "is a view and (is being|its base|was created)|view was created", "view_inplace"),
    (RuntimeError, "single memory location", "view_inplace"),
    (RuntimeError, "Can't detach views", "view_inplace"),
    (RuntimeError, "grad can be implicitly created only for scalar", "grad_not_scalar"),
    (RuntimeError, "Mismatch in shape: grad_output", "grad_output_shape"),
    (RuntimeError, "does not require grad and does not have", "no_graph"),
    (RuntimeError, "One of the differentiated Tensors does not require grad", "no_graph"),
    (RuntimeError, "appears to not have been used", "unused_input"),
    (RuntimeError, "can only change requires_grad flags of leaf", "not_a_leaf"),
    (RuntimeError,
     "only Tensors of floating point|only floating point (dtype|Tensor)|Only Tensors of floating point",
     "dtype_not_differentiable"),
    (RuntimeError, "can't retain_grad|retain_grad.* requires_grad=False", "retain_without_grad"),
    (RuntimeError, "inputs' argument to backward cannot be empty|len\\(.*grad_tensors|got [0-9]+ tensors and",
     "bad_argument"),
    (IndexError, "Target [0-9-]+ is out of bounds", "index_out_of_range"),
    (IndexError, "", "index_out_of_range"),
    (RuntimeError,
     "out of (bounds|range)|exceeds dimension size|start \\(.*length|Invalid index|index out of range",
     "index_out_of_range"),
    (ValueError, "(target|input|weight) size|size \\(|sequence of length|batch_size", "shape_mismatch"),
    (RuntimeError,
     "appears multiple times|duplicate dims|split_size can only|non-negative, but|only non-negative entries"
     "|Order .* not supported|should be between 0 and 1|valid string values", "bad_argument"),
    (RuntimeError,
     "dtype|scalar type|not implemented for|Bool|bool|type Long|Integers to negative|can't be cast"
     "|floating point|must be the same type|Long tensor|long tensor|int64", "dtype_mismatch"),
    (RuntimeError,
     "shape|[Ss]ize|0-dim|[Dd]imension|dims|[0-9]D|vector|numel|elements|matrix|matrices|tensors? of"
     "|non-empty|expected a non-empty list|must match|expand|1-D|2-D|broadcast", "shape_mismatch"),
    (RuntimeError, "", "bad_argument"),
    (TypeError, "", "bad_argument"),
    (ValueError, "", "bad_argument"),
]


def error_code(error, step, absent_gradient=False):
    """The code of the wire contract for what PyTorch raised; an op on an absent gradient has its own, and so has
    an element that its dtype cannot hold."""
    if absent_gradient:
        return "no_grad"
    if "tensor" in step and "without overflow" in str(error):
        return "bad_number"
    for kind, pattern, code in ERRORS:
        if isinstance(error, kind) and re.search(pattern, str(error)):
            return code
    raise error


def plain_number(value):
    return SPECIAL[value] if isinstance(value, str) else value


def nested(value):
    """A nested list of numbers, with the three words for NaN and infinities replaced."""
    return [nested(v) for v in value] if isinstance(value, list) else plain_number(value)


def is_literal(value):
    """True for a list that holds numbers at every depth: a tensor written out."""
    if isinstance(value, list):
        return all(is_literal(v) for v in value)
    return value in SPECIAL if isinstance(value, str) else isinstance(value, (int, float))


def flat_values(tensor):
    """The elements in row-major order as JSON values; float32 in its own shortest round-trip form."""
    array = tensor.detach().contiguous().numpy().reshape(-1)
    if tensor.dtype == torch.float32:
        values = [float(str(v)) for v in array]
    else:
        values = array.tolist()
    return [jsonable(v) for v in values]


def jsonable(value):
    if isinstance(value, float):
        if numpy.isnan(value):
            return "NaN"
        if numpy.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
    return value


def parse_index(value):
    """A basic index: int, "1:3", null, "...", or a list of them for a tuple."""
    if isinstance(value, list):
        return tuple(parse_index(v) for v in value)
    if value == "...":
        return Ellipsis
    if isinstance(value, str):
        return slice(*(int(part) if part else None for part in value.split(":")))
    return value


def lookup_dtype(word):
    if word not in DTYPES:
        raise TypeError(f"no dtype is named {word!r}")
    return DTYPES[word]


class Interpreter:
    """The names of one program and the meaning of its steps."""

    def __init__(self):
        self.names = {}

    def lookup(self, name):
        base, dot, attribute = name.rpartition(".")
        if dot and attribute == "grad" and name not in self.names:
            return self.lookup(base).grad
        if name not in self.names:
            raise NameError(f"no tensor is named {name!r}")
        return self.names[name]

    def reference(self, value):
        """A tensor reference: a name, NAME.grad, a number, a literal, or a list of references."""
        if isinstance(value, str):
            return SPECIAL[value] if value in SPECIAL else self.lookup(value)
        if isinstance(value, list):
            if value and is_literal(value):
                return torch.tensor(nested(value))
            return [self.reference(v) for v in value]
        return value

    def bind(self, out, result):
        if isinstance(out, list):
            for name, tensor in zip(out, result):
                self.names[name] = tensor
        elif out is not None:
            self.names[out] = result

    def run(self, step):
        for verb in ("tensor", "op", "backward", "grad", "zero_grad", "retain_grad", "no_grad", "delete"):
            if verb in step:
                return getattr(self, "step_" + verb)(step)
        if "requires_grad" in step:
            self.lookup(step["requires_grad"]).requires_grad = step["value"]
            return None
        raise ValueError(f"unknown step {step}")

    def step_tensor(self, step):
        dtype = lookup_dtype(step["dtype"]) if "dtype" in step else None
        tensor = torch.tensor(nested(step["data"]), dtype=dtype)
        if "shape" in step:
            tensor = tensor.reshape(step["shape"])
        self.names[step["tensor"]] = tensor.requires_grad_(step.get("requires_grad", False))

    def step_op(self, step):
        op = step["op"]
        args = [self.argument(op, i, value) for i, value in enumerate(step.get("args", []))]
        if op.endswith("_") and args and args[0] is None and step["args"][0] is not None:
            raise AttributeError(f"'NoneType' object has no attribute '{op}'")
        kwargs = {key: self.keyword(op, key, value) for key, value in step.get("kwargs", {}).items()}
        self.bind(step.get("out"), self.call(op, args, kwargs))

    def uses_absent_gradient(self, step):
        """True for an op step with an argument NAME.grad that is None."""
        words = [value for value in step.get("args", []) if isinstance(value,
                                                                       str) and value.endswith(".grad")]
        return any(word[: -len(".grad")] in self.names and self.lookup(word) is None for word in words)

    def argument(self, op, position, value):
        if op in CREATION:
            return value
        if op in ("getitem", "setitem_") and position == 1:
            return parse_index(value)
        if (op, position) in PLAIN_POSITIONS and isinstance(value, str):
            if op == "to" and value not in DTYPES:
                return value if value == "cpu" else self.reference(value)
            return lookup_dtype(value) if op == "to" else plain_number(value) if value in SPECIAL else value
        if op in FUNCTIONAL and value in ("mean", "sum", "none"):
            return value
        if position > 0 and op in INT_LISTS and isinstance(value, list):
            return value
        return self.reference(value)

    def keyword(self, op, key, value):
        if key == "dtype" and isinstance(value, str):
            return lookup_dtype(value)
        if key == "memory_format":
            return getattr(torch, value)
        if key in PLAIN_KEYWORDS or op in CREATION:
            return plain_number(value) if isinstance(value, str) and value in SPECIAL else value
        return self.reference(value)

    def call(self, op, args, kwargs):
        if op == "getitem":
            return args[0][args[1]]
        if op == "setitem_":
            args[0][args[1]] = args[2]
            return args[0]
        if "inplace" in kwargs:
            return getattr(functional, op)(*args, **kwargs)
        return self.function(op)(*args, **kwargs)

    @staticmethod
    def function(op):
        if op.startswith("linalg."):
            home, name = torch.linalg, op[len("linalg."):]
        elif op in FUNCTIONAL:
            home, name = functional, op
        elif op in METHODS or op.endswith("_"):
            home, name = torch.Tensor, op
        else:
            home, name = torch, op
        if not hasattr(home, name):
            raise AttributeError(f"no op is named {op!r}")
        return getattr(home, name)

    def step_backward(self, step):
        roots = step["backward"]
        single = isinstance(roots, str)
        roots = [roots] if single else roots
        gradients = step.get("gradient")
        if gradients is not None:
            gradients = [self.reference(g) for g in ([gradients] if single else gradients)]
        torch.autograd.backward(
            [self.lookup(r) for r in roots],
            gradients,
            retain_graph=step.get("retain_graph"),
            create_graph=step.get("create_graph", False),
            inputs=None if step.get("inputs") is None else [self.lookup(i) for i in step["inputs"]],
        )

    def step_grad(self, step):
        seeds = step.get("grad_outputs")
        result = torch.autograd.grad(
            [self.lookup(o) for o in step["grad"]],
            [self.lookup(i) for i in step["inputs"]],
            None if seeds is None else [self.reference(s) for s in seeds],
            retain_graph=step.get("retain_graph"),
            create_graph=step.get("create_graph", False),
            allow_unused=step.get("allow_unused", False),
        )
        self.bind(step["out"], result)

    def step_zero_grad(self, step):
        for name in step["zero_grad"]:
            tensor = self.lookup(name)
            if tensor.grad is None:
                continue
            if step.get("set_to_none", True):
                tensor.grad = None
            else:
                if tensor.grad.grad_fn is not None:
                    tensor.grad.detach_()
                else:
                    tensor.grad.requires_grad_(False)
                tensor.grad.zero_()

    def step_retain_grad(self, step):
        self.lookup(step["retain_grad"]).retain_grad()

    def step_no_grad(self, step):
        with torch.no_grad():
            for inner in step["no_grad"]:
                self.run(inner)

    def step_delete(self, step):
        for name in step["delete"]:
            self.lookup(name)
            del self.names[name]
