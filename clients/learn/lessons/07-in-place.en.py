import torch

w = torch.tensor([1.], requires_grad=True)
x = torch.tensor([2.], requires_grad=True)

a = x + w
b = w + 1
a += 1                          # a write before a is used
print("a:", a, "version", a._version)

y = a * b                       # mul saves a and b for backward
a += 1                          # a write after
print("a:", a, "version", a._version)

y.backward()
