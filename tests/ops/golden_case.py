"""Building one golden case: steps are run on PyTorch as they are added, `finish` writes down the answers."""

import zlib

import numpy
import torch

from golden_interpreter import Interpreter, error_code, flat_values, jsonable

# How near an answer has to be, by the coarsest floating dtype of the program.
TOLERANCE = {"float64": (1e-9, 1e-11), "float32": (5e-5, 2e-6), "exact": (0.0, 0.0)}

# The result of these has a version that tells how PyTorch composed it, which is nobody's business.
COMPOSED = {"matmul", "linear", "one_hot", "isclose"}


class Case:
    """A program under construction. Its random data depend on its id alone."""

    def __init__(self, ident, may_fail=False):
        self.ident = ident
        self.may_fail = may_fail
        self.rng = numpy.random.Generator(numpy.random.PCG64(zlib.crc32(ident.encode())))
        self.interpreter = Interpreter()
        self.steps = []
        self.error = None
        self.watched = []
        self.gradients = set()
        self.unversioned = set()
        self.leaves = []
        self.creates_graph = False
        self.keeps_answers = False

    def __getitem__(self, name):
        return self.interpreter.lookup(name)

    def step(self, **step):
        """Adds a step and runs it. After an error nothing more is added."""
        if self.error is not None:
            return self
        self.steps.append(step)
        try:
            self.interpreter.run(step)
        except Exception as error:
            if not self.may_fail:
                raise RuntimeError(f"{self.ident}: step {step} failed: {error}") from error
            self.error = {
                "step": len(self.steps) - 1,
                "code": error_code(error, step, self.interpreter.uses_absent_gradient(step)),
                "class": type(error).__name__,
                "message": str(error).split("\n")[0][:400],
            }
            return self
        self.note(step)
        return self

    def note(self, step):
        """Remembers which names the program made and which tensors may have a gradient."""
        if "tensor" in step and step.get("requires_grad"):
            self.leaves.append(step["tensor"])
        self.creates_graph = self.creates_graph or step.get("create_graph", False)
        for inner in step.get("no_grad", []):
            self.note(inner)
        made = step.get("out")
        made = made if isinstance(made, list) else [made] if made else []
        if "grad" in step:
            self.gradients.update(made)
        if step.get("op") in COMPOSED:
            self.unversioned.update(made)
        if step.get("op", "").endswith("_") and isinstance(step["args"][0], str):
            made = made + [step["args"][0]]
        for name in made:
            if not name.startswith("_") and name not in self.watched:
                self.watched.append(name)

    def tensor(self, name, data, dtype="float64", grad=False, shape=None):
        step = {"tensor": name, "data": data}
        if shape is not None:
            step["shape"] = list(shape)
        step["dtype"] = dtype
        if grad:
            step["requires_grad"] = True
        return self.step(**step)

    def numbers(self, count, dtype="float64", domain=(-2.0, 2.0)):
        """`count` numbers of two decimals, none of them an integer, so that no kink is hit by chance."""
        low, high = domain
        if dtype == "bool":
            return [bool(v) for v in self.rng.integers(0, 2, count)]
        if dtype == "int64":
            return [int(v) for v in self.rng.integers(int(low), int(high) + 1, count)]
        values = numpy.round(self.rng.uniform(low, high, count), 2)
        inward = numpy.where(values > (low + high) / 2, -0.03, 0.03)
        values = numpy.where(values == numpy.round(values), numpy.round(values + inward, 2), values)
        return [float(v) for v in values]

    def random(self, name, shape, dtype="float64", grad=False, domain=(-2.0, 2.0), layout="plain"):
        """A random tensor; `layout` says how it lies in memory: plain, transposed, strided or expanded."""
        shape = list(shape)
        stored = {
            "plain": shape,
            "transposed": shape[::-1],
            "strided": shape[:-1] + [2 * n for n in shape[-1:]],
            "expanded": [1] + shape[1:],
        }[layout]
        base = name if layout == "plain" else name + "0"
        count = int(numpy.prod(stored)) if stored else 1
        self.tensor(base, self.numbers(count, dtype, domain), dtype, grad, stored)
        if layout == "transposed":
            if len(shape) == 2:
                self.op("t", base, out="_" + name)
            else:
                self.op("permute", base, list(range(len(shape)))[::-1], out="_" + name)
        elif layout == "strided":
            self.op("getitem", base, ["...", "::2"], out="_" + name)
        elif layout == "expanded":
            self.op("expand", base, shape, out="_" + name)
        return base if layout == "plain" else "_" + name

    def op(self, op, *args, out=None, **kwargs):
        step = {"op": op, "args": list(args)}
        if kwargs:
            step["kwargs"] = kwargs
        if out is not None:
            step["out"] = out
        return self.step(**step)

    def no_grad(self, *steps):
        return self.step(no_grad=list(steps))

    def backward(self, root, gradient=None, **options):
        step = {"backward": root}
        if gradient is not None:
            step["gradient"] = gradient
        return self.step(**step, **options)

    def grad(self, outputs, inputs, out, **options):
        return self.step(grad=outputs, inputs=inputs, **options, out=out)

    def gradient_for(self, root, name="gy", grad=False):
        """A random tensor with the shape and dtype of `root`."""
        dtype = str(self[root].dtype).replace("torch.", "")
        shape = list(self[root].shape)
        return self.tensor(name, self.numbers(self[root].numel(), dtype, (-1.0, 1.0)), dtype, grad, shape)

    def differentiable(self, root):
        return self.error is None and isinstance(self[root], torch.Tensor) and self[root].requires_grad

    def seed_backward(self, root="y"):
        """backward() from `root` with a random gradient, if there is anything to differentiate."""
        if self.differentiable(root):
            self.gradient_for(root).backward(root, "gy")
        return self

    def second(self, inputs, root="y"):
        """Gradients with create_graph, then the gradient of the sum of their squares (and of the inputs)."""
        self.gradient_for(root, grad=True)
        outs = ["g" + name.lstrip("_") for name in inputs]
        self.grad([root], inputs, outs, grad_outputs=["gy"], create_graph=True)
        terms = []
        for name in outs + inputs:
            self.op("mul", name, name, out="_p").op("sum", "_p", out="_s" + name.lstrip("_"))
            terms.append("_s" + name.lstrip("_"))
        for left, right in zip(terms, terms[1:]):
            self.op("add", left, right, out=right)
        return self.backward(terms[-1])

    def watch(self, *names):
        """Names to answer for besides the results and the gradients of the leaves."""
        for name in names:
            if name not in self.watched:
                self.watched.append(name)
        return self

    def only(self, *names):
        """Answer for these names alone."""
        self.watched = list(names)
        self.leaves = []
        return self

    def describe(self, name):
        tensor = self[name]
        if tensor is None:
            return None
        record = {"dtype": str(tensor.dtype).replace("torch.", ""), "shape": list(tensor.shape)}
        if name.endswith(".grad") or name in self.gradients:
            if not self.creates_graph:
                record["requires_grad"] = tensor.requires_grad
        else:
            record["requires_grad"] = tensor.requires_grad
            record["is_leaf"] = tensor.is_leaf
            record["grad_fn"] = node_name(tensor.grad_fn)
            if tensor.retains_grad:
                record["retains_grad"] = True
            if name not in self.unversioned:
                record["version"] = tensor._version
        record["data"] = flat_values(tensor)
        return record

    def tolerance(self, expect):
        words = {r["dtype"] for r in expect.values() if r is not None} | {s.get("dtype") for s in self.steps}
        kind = "float32" if "float32" in words else "float64" if "float64" in words else "exact"
        rtol, atol = TOLERANCE[kind]
        return {"rtol": rtol, "atol": atol}

    def finish(self):
        names = [n for n in self.watched if n in self.interpreter.names or n.endswith(".grad")]
        names += [n + ".grad" for n in self.leaves if n in self.interpreter.names]
        if self.error is not None and not self.keeps_answers:
            names = []
        expect = {name: self.describe(name) for name in dict.fromkeys(names)}
        return {
            "id": self.ident,
            "steps": [clean(step) for step in self.steps],
            "expect": expect,
            "tol": self.tolerance(expect),
            "error": self.error,
        }


def node_name(node):
    """The name of a node; nodes written in C++ by hand come without their namespace."""
    return None if node is None else node.name().removeprefix("torch::autograd::")


def clean(value):
    """The step as JSON: floats that are NaN or infinite become words."""
    if isinstance(value, dict):
        return {key: clean(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean(v) for v in value]
    return jsonable(value)


def simple(ident, op, shapes, *extra, dtype="float64", domain=(-2.0, 2.0), layout="plain", grad=True,
           second=False,
           out="y", may_fail=False, **kwargs):
    """The common case: op(a, b, …, *extra, **kwargs) on random inputs of these shapes, with gradients."""
    case = Case(ident, may_fail)
    grad = grad and dtype in ("float32", "float64")
    names = []
    for name, shape in zip("abcd", shapes):
        names.append(case.random(name, shape, dtype, grad, domain, layout))
    case.op(op, *names, *extra, out=out, **kwargs)
    first = out if isinstance(out, str) else out[0]
    if case.error is None and grad and case.differentiable(first):
        if second:
            case.second(names, first)
        else:
            case.seed_backward(first)
    return case.finish()
