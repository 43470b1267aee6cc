# ---- element assignment
a = torch.zeros(3)
a[0] = 5
a[-1] += 2
a[1] -= 1.5
print(a, a._version)
b = torch.zeros(2, 3)
b[0, 1] = 7
b[1] = torch.tensor([1., 2., 3.])
b[:, 0] = 9
b[0][2] = 4
print(b)
# ---- views share
a = torch.arange(6.)
v = a.view(2, 3)
v[0, 0] = 100
a[5] = -1
print(a, v, a[1:3], v.t())
s = a[2:4]
s *= 10
s.zero_()
print(a)
# ---- in place in the middle of a graph
w = torch.tensor([1., 2.], requires_grad=True)
a = w * 2
a += 3
a *= w
a.sum().backward()
print(a, w.grad)
# ---- in place on a view
w = torch.ones(4, requires_grad=True)
a = w * 2
v = a[:2]
v *= 5
print(a, v)
a.sum().backward()
print(w.grad)
# ---- assignment into a graph
w = torch.tensor([1., 2., 3.], requires_grad=True)
a = torch.zeros(3)
a[1] = w[2] * 2
a[0] = w.sum()
print(a)
a.sum().backward()
print(w.grad)
# ---- every in-place operator
a = torch.tensor([8., 4.])
i = id(a)
a += 2; a -= 1; a *= 3; a /= 2; a **= 2
print(a, id(a) == i)
# ---- rebinding is another tensor
a = torch.ones(2)
b = a
a = a + 1
print(a, b)
a = b
a += 1
print(a, b)
# ---- through .data
w = torch.tensor([1., 2.], requires_grad=True)
w.data[0] = 999
w.data *= 2
print(w, w._version)
w.data = torch.tensor([5., 6.])
print(w, w.is_leaf, w.requires_grad)
w.data -= 0.5 * torch.ones(2)
print(w)
# ---- under no_grad
w = torch.tensor([1., 2.], requires_grad=True)
(w ** 2).sum().backward()
with torch.no_grad():
    w -= 0.1 * w.grad
    w[0] = 7
print(w, w.grad, w._version)
# ---- named methods
a = torch.tensor([4., -9.])
print(a.abs_().sqrt_(), a, a.fill_(3), a.zero_(), a.copy_(torch.tensor([1., 2.])), a.clamp_(0, 1.5), a.neg_(), a.exp_())
# ---- detach in place
w = torch.ones(2, requires_grad=True)
a = w * 2
a.detach_()
print(a, a.is_leaf, a.requires_grad)
# ---- clone does not share
w = torch.ones(2)
c = w.clone()
c[0] = 5
print(w, c)
# ---- transposed writes
a = torch.zeros(2, 3)
t = a.t()
t[0] = torch.tensor([1., 2.])
t[2, 1] = 9
print(a)
# ---- masks by where
a = torch.tensor([-1., 2., -3.])
a = torch.where(a < 0, torch.zeros(3), a)
print(a, a.masked_fill(a > 1, 7.))
# ---- negative and stepped slices
a = torch.arange(10)
print(a[-3:], a[::2], a[1:-1:3], a[-1], a[None].shape, a[..., 0], a.view(2, 5)[:, ::2], a.view(2, 5)[1, -2:], a.view(2, 5)[..., None].shape)
a[::3] = 0
print(a)
# ---- rows by a list or by indices
a = torch.arange(12).view(4, 3)
i = torch.tensor([2, 0])
print(a[[0, 3]], a[i], a.index_select(1, torch.tensor([0, 2])), torch.gather(a, 1, torch.tensor([[0], [1], [2], [0]])))
# ---- broadcasting
a = torch.arange(3.).view(3, 1)
b = torch.arange(4.)
print(a + b, (a * b).shape, (a - b).sum(0), torch.ones(2, 1, 3) * torch.ones(4, 1) == 1 if False else (torch.ones(2, 1, 3) * torch.ones(4, 1)).shape)
# ---- broadcasting and gradients
a = torch.ones(3, 1, requires_grad=True)
b = torch.arange(4.).requires_grad_()
(a * b).sum().backward()
print(a.grad, b.grad)
# ---- dtypes mix
i = torch.tensor([1, 2])
print(i + 1.5, i / 2, i * True, i + torch.tensor([0.5]), (i + torch.tensor(0.5, dtype=torch.float64)).dtype, i.float(), i.double().dtype, (i > 1).long(), i.to(torch.float32))
print(torch.tensor([1, 2.5]), torch.tensor([True, 2]), torch.ones(2, dtype=torch.int64).dtype, torch.tensor(3) * 1.0, 2 ** torch.tensor([1, 2]), torch.tensor([1., 2.]) * 2)
# ---- masks as index
x = torch.tensor([[1., -2.], [-3., 4.]])
print(x[x > 0], x[torch.tensor([True, False])], (x[x < 0]).sum())
x[x < 0] = 0
print(x, x._version)
x[torch.tensor([False, True])] = 7
print(x)
w = torch.tensor([1., 2., 3.], requires_grad=True)
w[w > 1].sum().backward()
print(w.grad)
# ---- whole division and remainders of tensors
x = torch.tensor([7, -7, 8])
print(x // 2, x % 3, 20 // x, x % 2 == 0, torch.tensor([7.5, -7.5]) // 2, torch.tensor([7.5, -7.5]) % 2)
# ---- axis for dim
x = torch.arange(6.).view(2, 3)
print(x.sum(axis=0), torch.mean(x, axis=1, keepdims=True), x.sum((0, 1)))
