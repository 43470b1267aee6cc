# ---- linear regression by hand
x = torch.tensor([1., 2., 3., 4.])
t = torch.tensor([3., 5., 7., 9.])
w = torch.zeros(1, requires_grad=True)
b = torch.zeros(1, requires_grad=True)
lr = 0.05
for step in range(200):
    y = w * x + b
    loss = ((y - t) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    w.grad.zero_()
    b.grad.zero_()
    if step % 50 == 0:
        print(f"step {step} loss {loss.item():.4f}")
print(f"w = {w.item():.3f}, b = {b.item():.3f}")
# ---- linear regression with .data
x = torch.arange(10.).view(10, 1) / 10
t = 2 * x + 0.5
w = torch.tensor([[0.]], requires_grad=True)
b = torch.tensor([0.], requires_grad=True)
for i in range(100):
    loss = F.mse_loss(x @ w + b, t)
    loss.backward()
    for p in [w, b]:
        p.data -= 0.5 * p.grad
        p.grad = None
print(loss.item() < 0.01, w, b)
# ---- SGD
w = torch.tensor([5., -3.], requires_grad=True)
opt = torch.optim.SGD([w], lr=0.1)
for i in range(5):
    opt.zero_grad()
    loss = (w ** 2).sum()
    loss.backward()
    opt.step()
    print(i, f"{loss.item():.5f}", w)
print(w.grad, w._version)
# ---- SGD with momentum
w = torch.tensor([5., -3.], requires_grad=True)
opt = torch.optim.SGD([w], lr=0.1, momentum=0.9)
for i in range(5):
    opt.zero_grad()
    (w ** 2).sum().backward()
    opt.step()
    print([round(v, 5) for v in w.tolist()])
# ---- SGD with everything
w = torch.tensor([5., -3.], dtype=torch.float64, requires_grad=True)
opt = torch.optim.SGD([w], lr=0.1, momentum=0.9, dampening=0.5, weight_decay=0.01)
for i in range(5):
    opt.zero_grad()
    (w ** 3).sum().backward()
    opt.step()
print(w)
opt = torch.optim.SGD([w], lr=0.01, momentum=0.5, nesterov=True)
for i in range(5):
    opt.zero_grad(set_to_none=True)
    (w ** 2).sum().backward()
    opt.step()
print(w, w.grad)
opt.zero_grad()
print(w.grad)
# ---- Adam
w = torch.tensor([1., 2., -3.], requires_grad=True)
opt = torch.optim.Adam([w], lr=0.1)
for i in range(10):
    opt.zero_grad()
    loss = ((w - 1) ** 2).sum()
    loss.backward()
    opt.step()
    print(f"{loss.item():.5f}", w)
# ---- Adam with everything
w = torch.tensor([1., 2.], dtype=torch.float64, requires_grad=True)
opt = torch.optim.Adam([w], lr=0.05, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1, amsgrad=True)
for i in range(10):
    opt.zero_grad()
    (w ** 4).sum().backward()
    opt.step()
print(w)
print(f"{w[0].item():.14f}")
# ---- AdamW
w = torch.tensor([1., 2.], dtype=torch.float64, requires_grad=True)
opt = torch.optim.AdamW([w], lr=0.05)
for i in range(10):
    opt.zero_grad()
    (w ** 4).sum().backward()
    opt.step()
print(w, f"{w[1].item():.14f}")
# ---- two groups of parameters in one list
w = torch.ones(2, 2, requires_grad=True)
b = torch.zeros(2, requires_grad=True)
unused = torch.ones(1, requires_grad=True)
opt = torch.optim.SGD([w, b, unused], lr=0.5)
x = torch.tensor([[1., 2.]])
for i in range(3):
    loss = F.mse_loss(x @ w + b, torch.zeros(1, 2))
    opt.zero_grad()
    loss.backward()
    opt.step()
print(w, b, unused, unused.grad)
# ---- logistic regression
x = torch.tensor([[0., 0.], [0., 1.], [1., 0.], [1., 1.]])
t = torch.tensor([[0.], [0.], [0.], [1.]])
w = torch.zeros(2, 1, requires_grad=True)
b = torch.zeros(1, requires_grad=True)
for step in range(300):
    p = torch.sigmoid(x @ w + b)
    loss = F.binary_cross_entropy(p, t)
    loss.backward()
    with torch.no_grad():
        for q in (w, b):
            q -= 1.0 * q.grad
            q.grad.zero_()
print(f"{loss.item():.4f}", (p > 0.5).view(-1).tolist(), w, b)
# ---- MLP on two moons
n = 20
xs, ts = [], []
for i in range(n):
    a = math.pi * i / (n - 1)
    xs.append([math.cos(a), math.sin(a)])
    ts.append(0)
    xs.append([1 - math.cos(a), 0.5 - math.sin(a)])
    ts.append(1)
X = torch.tensor(xs)
T = torch.tensor(ts)
W1 = (torch.arange(16.).view(2, 8) / 10 - 0.7).requires_grad_()
b1 = torch.zeros(8, requires_grad=True)
W2 = (torch.arange(16.).view(8, 2) / 16 - 0.5).requires_grad_()
b2 = torch.zeros(2, requires_grad=True)
params = [W1, b1, W2, b2]
opt = torch.optim.Adam(params, lr=0.05)
def forward(x):
    h = torch.tanh(x @ W1 + b1)
    return h @ W2 + b2
for epoch in range(100):
    loss = F.cross_entropy(forward(X), T)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if epoch % 25 == 0:
        print(f"epoch {epoch}: {loss.item():.3f}")
accuracy = (forward(X).argmax(dim=1) == T).float().mean().item()
print(f"accuracy {accuracy:.2f}")
# ---- XOR with a hidden layer
X = torch.tensor([[0., 0.], [0., 1.], [1., 0.], [1., 1.]])
Y = torch.tensor([0., 1., 1., 0.])
W = torch.tensor([[0.5, -0.6, 0.7], [0.4, 0.8, -0.9]], requires_grad=True)
c = torch.tensor([0.1, -0.1, 0.2], requires_grad=True)
v = torch.tensor([0.3, -0.5, 0.6], requires_grad=True)
opt = optim.SGD([W, c, v], lr=0.5, momentum=0.9)
for i in range(200):
    out = torch.sigmoid(torch.relu(X @ W + c) @ v)
    loss = F.binary_cross_entropy(out, Y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if i in (0, 10, 50):
        print(f"{i:4d} {loss:.4f}")
# ---- minibatches
X = torch.arange(16.).view(8, 2) / 8
T = X @ torch.tensor([[2.], [-1.]]) + 0.3
w = torch.zeros(2, 1, requires_grad=True)
b = torch.zeros(1, requires_grad=True)
for epoch in range(20):
    total = 0.0
    for i in range(0, len(X), 4):
        x, t = X[i:i + 4], T[i:i + 4]
        loss = F.mse_loss(x @ w + b, t)
        loss.backward()
        total += loss.item()
        with torch.no_grad():
            for p in [w, b]:
                p -= 0.1 * p.grad
                p.grad.zero_()
print(f"{total:.4f}", w.view(-1), b)
# ---- polynomial fit
x = torch.linspace(-1, 1, 20)
t = torch.sin(2 * x)
c = torch.zeros(4, requires_grad=True)
for i in range(300):
    y = c[0] + c[1] * x + c[2] * x ** 2 + c[3] * x ** 3
    loss = (y - t).pow(2).sum()
    loss.backward()
    with torch.no_grad():
        c -= 0.02 * c.grad
        c.grad.zero_()
print([f"{abs(v):.3f}" for v in c.tolist()], f"{loss.item():.5f}")
# ---- gradient descent on Rosenbrock
p = torch.tensor([-1., 1.], dtype=torch.float64, requires_grad=True)
for i in range(1000):
    f = (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2
    g, = torch.autograd.grad(f, p)
    p = (p - 0.001 * g).detach().requires_grad_()
print(p, f"{f.item():.6f}")
# ---- gradient clipping by hand
w = torch.tensor([3., 4.], requires_grad=True)
(w ** 3).sum().backward()
norm = w.grad.norm()
if norm > 1:
    w.grad /= norm
print(f"{norm:.4f}", w.grad)
# ---- learning rate decay
w = torch.tensor(10., requires_grad=True)
lr = 0.4
history = []
for i in range(6):
    loss = w ** 2
    loss.backward()
    w.data -= lr * w.grad
    w.grad.zero_()
    lr *= 0.5
    history.append(round(w.item(), 4))
print(history)
# ---- recurrent cell
w = torch.tensor([[0.5, -0.3], [0.2, 0.8]], requires_grad=True)
h = torch.zeros(2)
for t in range(4):
    h = torch.tanh(h @ w + torch.tensor([1.0 * t, -0.5]))
h.sum().backward()
print(h, w.grad)
# ---- softmax regression
X = torch.tensor([[1., 0.], [0., 1.], [1., 1.]])
t = torch.tensor([0, 1, 2])
W = torch.zeros(2, 3, requires_grad=True)
for i in range(50):
    loss = F.nll_loss(F.log_softmax(X @ W, dim=1), t)
    g, = torch.autograd.grad(loss, W)
    with torch.no_grad():
        W -= g
print(W, f"{loss.item():.4f}", F.softmax(X @ W, dim=1).argmax(1))
# ---- a model as lists of layers
sizes = [2, 4, 3, 1]
layers = []
for i in range(len(sizes) - 1):
    a, b = sizes[i], sizes[i + 1]
    layers.append((torch.arange(float(a * b)).view(a, b).div(a * b).sub(0.5).requires_grad_(), torch.zeros(b, requires_grad=True)))
def net(x):
    for i, (w, b) in enumerate(layers):
        x = x @ w + b
        if i < len(layers) - 1:
            x = torch.relu(x)
    return x
y = net(torch.tensor([[1., -1.]]))
y.backward()
print(y, [w.grad.sum().item() for w, b in layers])
