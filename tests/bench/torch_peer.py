"""Peers in process: reads a job a line, answers with the seconds it took. Jobs: chain N, matmul N, pointwise N, tutorial N."""
import sys
import time

import torch

torch.set_num_threads(int(sys.argv[1]))


def chain(n):
    w = torch.tensor(0.999, requires_grad=True)

    def run():
        y = w
        for i in range(n):
            y = y + w if i % 2 else y * w
        y.backward()
        w.grad = None
    return run


def matmul(n):
    a = torch.rand(n, n, requires_grad=True)
    b = torch.rand(n, n, requires_grad=True)

    def run():
        (a @ b).sum().backward()
        a.grad = b.grad = None
    return run


def pointwise(n):
    x = torch.rand(n, requires_grad=True)

    def run():
        (torch.exp(torch.sin(x) * 2 - x ** 2)).sum().backward()
        x.grad = None
    return run


def tutorial(n):
    def run():
        x = torch.tensor([2.0], requires_grad=True)
        w = torch.tensor([1.0], requires_grad=True)
        for i in range(n):
            a = torch.add(w, x)
            b = torch.add(w, 1)
            y = torch.mul(a, b)
            y.backward()
    return run


ready = {}
for line in sys.stdin:
    kind, n = line.split()
    run = ready.setdefault(line, globals()[kind](int(n)))
    start = time.perf_counter()
    run()
    print(time.perf_counter() - start, flush=True)
