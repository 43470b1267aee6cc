import torch

w = torch.tensor([1.], requires_grad=True)
x = torch.tensor([2.])

y = (x + w) * (w + 1)
y.backward()

with torch.no_grad():
    v = (x + w) * (w + 1)       # the same formula, unrecorded
    w -= 0.1 * w.grad           # a write into a leaf

print("y:", y)
print("v:", v)
print("w:", w, "leaf", w.is_leaf)
