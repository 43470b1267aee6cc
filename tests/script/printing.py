# ---- floats
print(torch.tensor([1., 2.5, -3.25]), torch.tensor(3.), torch.tensor([[1., 2.], [3., 4.5]]))
print(torch.tensor([1e-5, 1.]), torch.tensor([1e10, 1.]), torch.tensor([0.1, 0.25, 100.]), torch.tensor([float('nan'), float('inf'), 1.]))
# ---- other dtypes
print(torch.tensor([1, -2, 300]), torch.tensor([True, False]), torch.tensor([1., 2.], dtype=torch.float64), torch.tensor(5), torch.tensor(True))
print(torch.tensor([[1, 2], [3, 4]]), torch.zeros(2, dtype=torch.bool), torch.tensor([1.5], dtype=torch.double))
# ---- empty
print(torch.tensor([]), torch.zeros(0, 3), torch.ones(2, 0), torch.tensor([], dtype=torch.int64))
# ---- large, summarised
print(torch.arange(2000))
print(torch.arange(2000.).view(40, 50))
print(torch.zeros(12, 12, 12))
# ---- wrapped lines
print(torch.arange(40.) / 7)
print(torch.arange(30) * 1000)
# ---- requires_grad and grad_fn
w = torch.tensor([1., 2.], requires_grad=True)
print(w, w * 2, w.sum(), w.exp().view(2, 1), w @ w, -w, w ** 2, 1 - w, 2 / w, w / 2, w[0], w[:1], w.mean(), w.relu())
print(w.detach(), w.data, w.clone(), w.T if False else w.reshape(2, 1))
# ---- properties
x = torch.zeros(2, 3)
print(x.shape, x.size(), x.size(0), x.shape[1], x.dtype, x.dim(), x.ndim, x.numel(), x.requires_grad, x.is_leaf, x.grad, x.grad_fn)
print(torch.float32, torch.int64, torch.bool, torch.float, torch.double, torch.long, x.shape == (2, 3), list(x.shape), len(x))
print(x.t().shape, x.T.shape, x.view(-1).shape, torch.tensor(1.).shape)
# ---- grad_fn alone
w = torch.tensor([1.], requires_grad=True)
y = (w + 1) * w
print(y.grad_fn, w.grad_fn, y.grad_fn.name(), y.grad_fn.next_functions)
# ---- in lists and tuples
x = torch.ones(2)
print([x, 1], (x, None), [[x]], [x.shape, x.dtype])
# ---- item and tolist
print(torch.tensor(1.5).item(), torch.tensor([3]).item(), torch.tensor(True).item(), torch.tensor(0.1).item())
print(torch.tensor([[1, 2], [3, 4]]).tolist(), torch.tensor([0.5, 0.25]).tolist(), torch.tensor(2.).tolist(), torch.tensor([True]).tolist())
# ---- f-strings of tensors
t = torch.tensor(3.14159)
v = torch.tensor([1., 2.])
print(f"{t}", f"{t:.2f}", f"{t.item():.3f}", f"{v}", f"{t:>10.1f}|", "%.3f" % t, "{:.1f}".format(t), f"{torch.tensor(7):d}", f"{torch.tensor(7)}")
print("%s" % v, "loss: %f" % torch.tensor([0.25]), str(t), str(v) + "!")
# ---- id is stable
a = torch.ones(1)
i = id(a)
a += 1
print(id(a) == i, a)
a = a + 1
print(id(a) == i, a)
# ---- negative zeros and small numbers
print(torch.tensor([-0.0, 0.0]), torch.tensor([1e-8, 2e-8]), torch.tensor([0.001, 1000.]), torch.tensor([1e-4, 1e4]), torch.tensor([123456., 0.5]))
# ---- three dimensions
print(torch.arange(24).view(2, 3, 4))
print(torch.arange(8.).reshape(2, 2, 2) / 3)
# ---- results with two parts
v, i = torch.tensor([[1., 5.], [7., 2.]]).max(dim=1)
print(v, i)
r = torch.tensor([[1., 5.], [7., 2.]]).min(1)
print(r.values, r.indices)
# ---- mixed magnitudes
print(torch.tensor([1., 10., 100., 1000., 10000.]), torch.tensor([0.5, 12345.678]), torch.tensor([1e5, 1e-3]))
print(torch.linspace(0, 1, 7), torch.logical_not(torch.tensor([True, False])), torch.eye(3), torch.full((2, 2), 7.))
