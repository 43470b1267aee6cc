# ---- the graph of the first page
w = torch.tensor([2.], requires_grad=True)
x = torch.tensor([3.], requires_grad=True)
s = torch.add(w, x)
t = torch.add(w, 1)
z = torch.mul(s, t)
z.backward()
print("leaves:\n", w.is_leaf, x.is_leaf, s.is_leaf, t.is_leaf, z.is_leaf)
print("grads:\n", w.grad, x.grad, s.grad, t.grad, z.grad)
print("made by:\n", w.grad_fn, x.grad_fn, s.grad_fn, t.grad_fn, z.grad_fn)
# ---- retain_graph
w = torch.tensor([1.], requires_grad=True)
x = torch.tensor([2.], requires_grad=True)
y = (w + x) * (w + 1)
y.backward(retain_graph=True)
print(w.grad)
y.backward()
print(w.grad)
# ---- gradients add up
w = torch.tensor([1.], requires_grad=True)
x = torch.tensor([2.], requires_grad=True)
for i in range(4):
    y = torch.mul(torch.add(w, x), torch.add(w, 1))
    y.backward()
    print(w.grad)
# ---- gradients zeroed by hand
w = torch.tensor([1.], requires_grad=True)
x = torch.tensor([2.], requires_grad=True)
for i in range(3):
    y = torch.mul(torch.add(w, x), torch.add(w, 1))
    y.backward()
    print(w.grad)
    w.grad.zero_()
# ---- inherited flags
w = torch.tensor([1.], requires_grad=True)
c = torch.tensor([1.])
print((w + c).requires_grad, (c + c).requires_grad, (w * 0).is_leaf, (c * 2).is_leaf)
# ---- new tensor or the same
a = torch.zeros((2, ))
print(id(a), a)
a = a + torch.ones((2, ))
print(id(a), a)
a += torch.ones((2, ))
print(id(a), a)
# ---- detach shares
w = torch.tensor([1.], requires_grad=True)
d = w.detach()
d.data[0] = 42
print(w, d, d.requires_grad)
# ---- no_grad
w = torch.tensor([1.], requires_grad=True)
with torch.no_grad():
    y = w * 2
    print(y.requires_grad, y.grad_fn, torch.is_grad_enabled())
    with torch.enable_grad():
        print((w * 2).requires_grad)
    print((w * 2).requires_grad)
print((w * 2).requires_grad, torch.is_grad_enabled())
# ---- set_grad_enabled
w = torch.ones(1, requires_grad=True)
with torch.set_grad_enabled(False):
    print((w + 1).requires_grad)
torch.set_grad_enabled(False)
print((w + 1).requires_grad)
torch.set_grad_enabled(True)
print((w + 1).requires_grad)
# ---- return out of no_grad
def f(w):
    with torch.no_grad():
        for i in range(3):
            if i == 1:
                return w * 2
w = torch.ones(1, requires_grad=True)
print(f(w), (w * 2).requires_grad)
# ---- retain_grad
w = torch.tensor([1., 2.], requires_grad=True)
a = w * 3
a.retain_grad()
b = (a ** 2).sum()
b.backward()
print(a.grad, w.grad, a.retains_grad, w.retains_grad)
# ---- second derivative
x = torch.tensor(2., requires_grad=True)
y = x ** 3
g, = torch.autograd.grad(y, x, create_graph=True)
print(g)
h, = torch.autograd.grad(g, x, create_graph=True)
print(h)
print(torch.autograd.grad(h, x))
# ---- Newton's method for a root
x = torch.tensor(1.5, dtype=torch.float64, requires_grad=True)
for i in range(6):
    f = x ** 2 - 2
    g = torch.autograd.grad(f, x)[0]
    with torch.no_grad():
        x -= f / g
    print(f"{i} {x.item():.12f}")
# ---- Newton's method for a minimum
x = torch.tensor(3., dtype=torch.float64, requires_grad=True)
for i in range(8):
    f = x ** 4 - 3 * x ** 2 + x
    g, = torch.autograd.grad(f, x, create_graph=True)
    h, = torch.autograd.grad(g, x)
    x.data -= (g / h).data
print(f"{x.item():.10f} {f.item():.10f}")
# ---- gradient with a vector
w = torch.tensor([1., 2., 3.], requires_grad=True)
y = w * w
y.backward(torch.tensor([1., 0.1, 0.01]))
print(w.grad)
y = w.exp()
y.backward(gradient=torch.ones(3))
print(w.grad)
# ---- inputs of backward
a = torch.tensor([1.], requires_grad=True)
b = torch.tensor([2.], requires_grad=True)
(a * b).backward(inputs=[a])
print(a.grad, b.grad)
# ---- several roots
a = torch.tensor([1., 2.], requires_grad=True)
y1 = (a * 2).sum()
y2 = a * 3
torch.autograd.backward([y1, y2], [None, torch.tensor([1., 10.])])
print(a.grad)
# ---- grad of several inputs
a = torch.tensor(2., requires_grad=True)
b = torch.tensor(3., requires_grad=True)
c = torch.tensor(4., requires_grad=True)
print(torch.autograd.grad(a * b + a, [a, b]), torch.autograd.grad(a * b, [a, c], allow_unused=True))
# ---- Hessian by hand
x = torch.tensor([1., 2.], requires_grad=True)
f = x[0] ** 2 * x[1] + x[1] ** 3
g, = torch.autograd.grad(f, x, create_graph=True)
print(torch.stack([torch.autograd.grad(g[i], x, retain_graph=True)[0] for i in range(2)]))
# ---- Jacobian by hand
x = torch.tensor([1., 2., 3.], requires_grad=True)
y = torch.stack([x[0] * x[1], x[2] ** 2])
for i in range(2):
    g, = torch.autograd.grad(y[i], x, retain_graph=True)
    print(g)
# ---- ops and their gradients
for f in [torch.sin, torch.exp, torch.tanh, torch.sigmoid, torch.sqrt, torch.log, F.softplus, F.gelu, F.silu]:
    x = torch.tensor([0.5, 1.5], requires_grad=True)
    y = f(x)
    y.sum().backward()
    print(y.detach(), x.grad)
# ---- operators and their gradients
a = torch.tensor([2., 3.], requires_grad=True)
for y in [a + 1, 1 + a, a - 1, 1 - a, a * 2, 2 * a, a / 2, 2 / a, a ** 2, 2 ** a, -a, abs(a), a @ a, a ** a]:
    a.grad = None
    y.sum().backward()
    print(y, a.grad)
# ---- comparisons
a = torch.tensor([1., 2., 3.])
print(a > 2, a >= 2, a == 2, a != 2, 2 < a, (a > 1) & (a < 3), ~(a > 1), (a > 2).sum().item(), (a < 0) | (a > 2))
print(torch.tensor(1.) < 2, bool(torch.tensor([1.]) == 1), 3 if torch.tensor(0.) else 4)
# ---- the chain rule through a function
def model(x, w, b):
    return torch.tanh(x @ w + b)
x = torch.tensor([[1., 2.], [3., 4.]])
w = torch.tensor([[0.1], [0.2]], requires_grad=True)
b = torch.zeros(1, requires_grad=True)
loss = F.mse_loss(model(x, w, b), torch.ones(2, 1))
loss.backward()
print(loss, w.grad, b.grad)
# ---- losses
x = torch.tensor([[1., 2., 3.], [1., 0., -1.]], requires_grad=True)
t = torch.tensor([2, 0])
for y in [F.cross_entropy(x, t), F.nll_loss(F.log_softmax(x, dim=1), t), F.cross_entropy(x, t, reduction="sum")]:
    x.grad = None
    y.backward()
    print(y.item() == y.item(), y, x.grad)
print(F.softmax(x, dim=1), F.l1_loss(x, torch.zeros(2, 3)), F.binary_cross_entropy_with_logits(x, torch.ones(2, 3)))
# ---- reductions
x = torch.arange(6.).view(2, 3).requires_grad_()
print(x.sum(), x.sum(0), x.sum(dim=1, keepdim=True), x.mean(), x.mean(1), x.max(), x.min(), x.prod(), x.std(), x.var(0), x.norm(), x.argmax(), x.argmax(dim=1))
x.max().backward()
print(x.grad)
# ---- shapes
x = torch.arange(6.)
print(x.view(2, 3), x.reshape(3, -1), x.view(2, 3).t(), x.view(2, 3).permute(1, 0), x.unsqueeze(0).shape, x.view(1, 6, 1).squeeze().shape, x.view(2, 3).flatten())
print(torch.cat([x[:2], x[4:]]), torch.stack([x[:2], x[2:4]]), x.split(4), x.chunk(2), x.view(2, 3).unbind())
# ---- expand and repeat
x = torch.tensor([1., 2.], requires_grad=True)
(x.expand(3, 2) * torch.arange(6.).view(3, 2)).sum().backward()
print(x.grad, x.repeat(2), x.repeat(2, 2).shape)
# ---- where, clamp, relu
x = torch.tensor([-1., 0., 2.], requires_grad=True)
y = torch.where(x > 0, x, x * 0.1) + x.clamp(0, 1) + F.relu(x) + F.leaky_relu(x)
y.sum().backward()
print(y, x.grad)
# ---- grad of a grad's norm
w = torch.tensor([1., 2.], requires_grad=True)
loss = (w ** 3).sum()
g, = torch.autograd.grad(loss, w, create_graph=True)
penalty = (g ** 2).sum()
penalty.backward()
print(penalty, w.grad)
# ---- version counters
w = torch.ones(2, requires_grad=True)
a = w * 2
print(a._version)
a += 1
a.mul_(2)
print(a._version, a[0]._version, a.detach()._version, a.data._version)
# ---- grad is a tensor like others
w = torch.ones(2, requires_grad=True)
(w * 3).sum().backward()
g = w.grad
print(g, g.requires_grad, g is w.grad)
w.grad *= 2
print(g, w.grad)
w.grad = None
print(w.grad, g)
w.grad = torch.tensor([7., 8.])
print(w.grad)
# ---- requires_grad switched
w = torch.ones(2)
print(w.requires_grad)
w.requires_grad = True
print(w.requires_grad, (w * 2).grad_fn)
w.requires_grad_(False)
print(w.requires_grad, w.requires_grad_().requires_grad)
# ---- iterate over a tensor
w = torch.tensor([[1., 2.], [3., 4.]], requires_grad=True)
total = 0
for row in w:
    for v in row:
        total = total + v * v
print(total)
total.backward()
print(w.grad)
# ---- sums of lists of tensors
ws = [torch.tensor(float(i), requires_grad=True) for i in range(3)]
y = sum(w * w for w in ws)
y.backward()
print(y, [w.grad for w in ws])
