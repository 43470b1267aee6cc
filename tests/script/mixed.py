# ---- in-place whole division
x = torch.tensor([7., -7.])
v = x
x //= 2
print(v)
x %= 3
print(v, x is v)
# ---- bool in place
m = torch.tensor([True, False])
n = m
m &= torch.tensor([True, True])
m |= torch.tensor([False, False])
print(n, n is m)
# ---- loss as a function of a step size
def loss_at(t, w, g):
    return ((w - t * g) ** 2).sum()
w = torch.tensor([3., -1.], requires_grad=True)
g, = torch.autograd.grad((w ** 2).sum(), w)
print([round(loss_at(t / 10, w, g).item(), 3) for t in range(0, 11, 2)])
# ---- a small report
names = ["a", "b"]
values = [torch.tensor(1.5), torch.tensor(-2.25)]
print("-" * 20)
for n, v in zip(names, values):
    print(f"{n:<4}|{v.item():>10.3f}|{'neg' if v < 0 else 'pos':^6}|")
print("%-10s %8.2e" % ("total", sum(values).item()))
# ---- early stopping
w = torch.tensor(4., requires_grad=True)
for epoch in range(1000):
    loss = (w - 1) ** 2
    if loss < 1e-6:
        print("stopped", epoch)
        break
    loss.backward()
    with torch.no_grad():
        w -= 0.1 * w.grad
        w.grad = None
else:
    print("never")
print(f"{w:.4f}")
# ---- gradient check by differences
def f(x):
    return (x ** 3 + 2 * x).sum()
x = torch.tensor([1., 2.], dtype=torch.float64, requires_grad=True)
f(x).backward()
eps = 1e-6
for i in range(2):
    with torch.no_grad():
        d = torch.zeros(2, dtype=torch.float64)
        d[i] = eps
        approx = (f(x + d) - f(x - d)) / (2 * eps)
    print(abs(approx - x.grad[i]).item() < 1e-6, x.grad[i])
# ---- grads of grads of grads
x = torch.tensor(1.5, requires_grad=True)
y = x.sin()
out = []
for i in range(5):
    out.append(y)
    y, = torch.autograd.grad(y, x, create_graph=True)
print([f"{v.item():.4f}" for v in out])
# ---- freed graph and a shared part
w = torch.ones(1, requires_grad=True)
a = w.exp()
b = a * 2
c = a * 3
b.backward()
print(w.grad)
c.backward()
# ---- detached part
w = torch.tensor([2.], requires_grad=True)
y = w * w.detach()
y.backward()
print(w.grad)
z = (w * 3).detach()
print(z.requires_grad, z.is_leaf, z.grad_fn)
z.backward()
# ---- no gradient inside no_grad
w = torch.ones(1, requires_grad=True)
with torch.no_grad():
    y = w * 2
y.backward()
# ---- zero_grad and accumulation
w = torch.ones(2, requires_grad=True)
opt = torch.optim.SGD([w], lr=1.0)
for i in range(3):
    (w * torch.tensor([1., 2.])).sum().backward()
print(w.grad)
opt.step()
print(w)
opt.zero_grad()
print(w.grad)
opt.zero_grad(set_to_none=True)
print(w.grad)
# ---- view then backward
x = torch.arange(4., requires_grad=True)
m = x.view(2, 2)
y = (m @ m).sum() + m.t()[0, 1] * 10
y.backward()
print(m.grad_fn, y, x.grad)
# ---- stack and cat gradients
a = torch.tensor([1., 2.], requires_grad=True)
b = torch.tensor([3.], requires_grad=True)
(torch.cat([a, b, a]) * torch.arange(5.)).sum().backward()
print(a.grad, b.grad)
# ---- max and argmax gradients
x = torch.tensor([[1., 5., 5.], [7., 2., 3.]], requires_grad=True)
v, i = x.max(1)
v.sum().backward()
print(v, i, x.grad)
# ---- softmax by hand
x = torch.tensor([1., 2., 3.], requires_grad=True)
e = (x - x.max()).exp()
p = e / e.sum()
p[2].backward()
print(p, x.grad, torch.allclose(p, F.softmax(x, dim=0)))
# ---- norms and distances
a = torch.tensor([3., 4.], requires_grad=True)
n = torch.linalg.norm(a)
n.backward()
print(n, a.grad, torch.dist(a, a) if False else (a - 1).norm(), torch.linalg.vector_norm(a, 1))
# ---- cumulative sums
x = torch.tensor([1., 2., 3.], requires_grad=True)
y = x.cumsum(0)
y[1].backward()
print(y, x.grad)
# ---- batched matrices
a = torch.arange(12.).view(2, 2, 3).requires_grad_()
b = torch.ones(2, 3, 1)
y = torch.bmm(a, b)
y.sum().backward()
print(y.shape, y.view(-1), a.grad.shape, (a @ b).shape)
# ---- printing in a loop with enumerate
for i, row in enumerate(torch.eye(2)):
    print(i, row, row.sum().item())
# ---- functions of functions
def compose(f, g):
    return f(g(2))
print(compose(lambda x: x + 1, lambda x: x * 5))
def apply_n(f, n, x):
    for _ in range(n):
        x = f(x)
    return x
print(apply_n(lambda v: v * 2, 5, 1))
_ = 3
print(_)
# ---- keyword arguments of ops
x = torch.arange(6.).view(2, 3)
print(torch.sum(input=x, dim=1), x.sum(dim=(0, 1)), torch.mean(x, 0, True), torch.full(size=(2,), fill_value=1.5), torch.arange(start=1, end=4, step=2))
# ---- dtypes by name
print(torch.zeros(2, dtype=torch.double), torch.tensor([1, 0]).bool(), torch.ones(1).long(), torch.tensor(2.7).long(), torch.tensor([1.9, -1.9]).int() if False else 0)
# ---- names that are functions elsewhere
sum = 5
print(sum)
list = [1]
print(list)
max = lambda a: a
print(max(3))
# ---- pairs in lists
pairs = [(1, "a"), (2, "b")]
for n, s in pairs:
    print(n, s)
print([s * n for n, s in pairs], pairs[0][1], pairs[-1])
# ---- multiplication table
for i in range(1, 4):
    print(" ".join([f"{i * j:3d}" for j in range(1, 5)]))
# ---- a matrix by hand
m = [[0] * 3 for _ in range(2)]
m[0][1] = 5
m[1][2] += 7
print(m, torch.tensor(m), [row[1] for row in m])
# ---- comparison chains with tensors
x = torch.tensor(3.)
print(bool(1 < x), 1 < x < 5, x == 3, x is x)
# ---- in and not in
print(2 in (1, 2), "x" not in "abc", None in [None], 1.0 in [1])
# ---- global constants in functions
LR = 0.5
w = torch.tensor(2., requires_grad=True)
def train_step():
    loss = w * w
    loss.backward()
    with torch.no_grad():
        w.sub_(LR * w.grad)
    w.grad.zero_()
    return loss.item()
print(train_step(), train_step(), w)
# ---- message of a failing op inside a function
def bad(x):
    return x.view(5)
bad(torch.ones(4))
# ---- adding a shape that does not fit in a function
def layer(x, w):
    return x @ w
print("start")
layer(torch.ones(2, 3), torch.ones(4, 2))
# ---- calling with too few
torch.add(torch.ones(1))
# ---- string times float
"a" * 1.5
# ---- tensor as a bool in while
n = torch.tensor(3)
while n > 0:
    n -= 1
print(n)
# ---- negative step and reversed
print([i for i in range(5, 0, -1)], [10, 20, 30][::-1][0], (1, 2, 3)[-2:])
# ---- float formatting in lists
print([0.1, 1.0, 1e-7, 1e20, 100000000000000000.0, -2.5], (1.0,), [float("nan")])
# ---- nested functions without closure
def outer(x):
    def inner(y):
        return y * 2
    return inner(x) + 1
print(outer(4))
# ---- default arguments are evaluated once
def add_to(x, to=[]):
    to.append(x)
    return to
print(add_to(1), add_to(2))
# ---- unused loop variables stay
for i in range(3):
    j = i * 2
print(i, j)
# ---- a deep recursion
def depth(n):
    return 0 if n == 0 else 1 + depth(n - 1)
print(depth(150))
# ---- a scalar has a dim that can be named
x = torch.tensor(3., requires_grad=True)
y = torch.movedim(x, -1, 0) * x.movedim(0, -1) + x.sum(-1) * x.transpose(0, -1) + x.unsqueeze(-1).squeeze(-1)
y.backward()
print(y, x.grad, x.flatten(), x.softmax(-1), x.cumsum(-1))
